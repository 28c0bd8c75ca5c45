//! `tidemill data contract list`.

use clap::Args;

use super::COLUMNS;
use crate::error::Result;
use crate::session::Session;

/// List contracts
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidemill data contract list\n  tidemill data contract list --data flights"
)]
pub struct List {
    /// Those of this data asset alone
    #[arg(long, short)]
    data: Option<String>,
}

impl List {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let path = session.path(&["data-contracts"]);
        let filters: Vec<(&str, &str)> = self.data.iter().map(|data| ("data", data.as_str())).collect();
        session
            .output
            .list(session.client.list(&path, &filters, None).await?, &COLUMNS)
    }
}
