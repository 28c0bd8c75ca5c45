//! `tidemill compute request list`.

use clap::Args;

use crate::cli::args::Most;
use crate::error::Result;
use crate::session::Session;

/// List requests, newest first: all for who decides, yours otherwise
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill compute request list -o table")]
pub struct List {
    #[command(flatten)]
    most: Most,
}

impl List {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let rows = session
            .client
            .list(&session.path(&["compute-requests"]), &[], self.most.max_results)
            .await?;
        session.list(rows, super::COLUMNS)
    }
}
