//! `tidemill environment archive`.

use clap::Args;

use crate::cli::asset::{Which, archive};
use crate::error::Result;
use crate::session::Session;

/// Leave an environment, or one version of it, out of lists
///
/// What is archived can still be used by name and version.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidemill environment archive --name training\n  tidemill environment archive --name training --version 3"
)]
pub struct Archive {
    #[command(flatten)]
    which: Which,
}

impl Archive {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        archive::archive(session, super::KIND, &self.which).await
    }
}
