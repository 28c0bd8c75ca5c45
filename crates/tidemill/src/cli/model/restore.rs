//! `tidemill model restore`.

use clap::Args;

use crate::cli::asset::{Which, archive};
use crate::error::Result;
use crate::session::Session;

/// Bring a model, or one version of it, back to lists
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidemill model restore --name flights-delay\n  tidemill model restore --name flights-delay --version 3"
)]
pub struct Restore {
    #[command(flatten)]
    which: Which,
}

impl Restore {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        archive::restore(session, super::KIND, &self.which).await
    }
}
