//! `tidemill group list`.

use clap::Args;

use crate::cli::args::Most;
use crate::error::Result;
use crate::session::Session;

/// List groups
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill group list")]
pub struct List {
    #[command(flatten)]
    most: Most,
}

impl List {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let rows = session.client.list("/groups", &[], self.most.max_results).await?;
        session.list(rows, super::COLUMNS)
    }
}
