//! `tidemill data show`.

use clap::Args;

use crate::cli::asset::{Which, show};
use crate::error::Result;
use crate::session::Session;

/// Show a version of a data asset; the latest where none is named
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidemill data show --name flights\n  tidemill data show --name flights --version 3 --query id -o tsv"
)]
pub struct Show {
    #[command(flatten)]
    which: Which,
}

impl Show {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        show::show(session, super::KIND, &self.which).await
    }
}
