//! `tidemill datastore list`.

use clap::Args;

use crate::cli::args::Most;
use crate::error::Result;
use crate::session::Session;

/// List datastores
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidemill datastore list\n  tidemill datastore list --query \"[?type=='s3'].name\" -o tsv"
)]
pub struct List {
    #[command(flatten)]
    most: Most,
}

impl List {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let rows = session
            .client
            .list(&session.path(&["datastores"]), &[], self.most.max_results)
            .await?;
        session.list(rows, super::COLUMNS)
    }
}
