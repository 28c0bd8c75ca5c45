//! `tidemill environment update`.

use clap::Args;

use crate::cli::asset::update::{self, UpdateOptions};
use crate::error::Result;
use crate::session::Session;

/// Change the description and tags of a version of an environment
///
/// What a version holds never changes: create a new version instead.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidemill environment update --name training --version 3 --description \"Checked by hand\"\n  tidemill environment update --name training --label latest --set tags.team=blue"
)]
pub struct Update {
    #[command(flatten)]
    options: UpdateOptions,
}

impl Update {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        update::update(session, super::KIND, self.options, None).await
    }
}
