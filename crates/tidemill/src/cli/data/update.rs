//! `tidemill data update`.

use clap::Args;

use crate::cli::asset::update::{self, UpdateOptions};
use crate::error::Result;
use crate::session::Session;

/// Change the description and tags of a version of a data asset
///
/// What a version holds never changes: create a new version instead.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidemill data update --name flights --version 3 --description \"Checked by hand\"\n  tidemill data update --name flights --label latest --set tags.team=blue"
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
