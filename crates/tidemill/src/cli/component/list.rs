//! `tidemill component list`.

use clap::Args;

use crate::cli::asset::list::{self, ListOptions};
use crate::error::Result;
use crate::session::Session;

/// List components, or the versions of one
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidemill component list\n  tidemill component list --name train\n  tidemill component list --include-archived --query \"[].name\" -o tsv"
)]
pub struct List {
    #[command(flatten)]
    options: ListOptions,
}

impl List {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        list::list(session, super::KIND, self.options).await
    }
}
