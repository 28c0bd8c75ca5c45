//! `tidemill model list`.

use clap::Args;

use crate::cli::asset::list::{self, ListOptions};
use crate::error::Result;
use crate::session::Session;

/// List models, or the versions of one
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidemill model list\n  tidemill model list --name flights-delay\n  tidemill model list --include-archived --query \"[].name\" -o tsv"
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
