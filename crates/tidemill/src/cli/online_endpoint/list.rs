//! `tidemill online-endpoint list`.

use clap::Args;

use super::NOUN;
use crate::cli::args::Most;
use crate::error::Result;
use crate::local;
use crate::session::Session;

/// List online endpoints
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill online-endpoint list")]
pub struct List {
    #[command(flatten)]
    most: Most,
    /// On this machine, without a server
    #[arg(long)]
    local: bool,
}

impl List {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        if self.local {
            return session.list(local::endpoints()?, super::COLUMNS);
        }
        let path = session.path(&[NOUN]);
        let rows = session.client.list(&path, &[], self.most.max_results).await?;
        session.list(rows, super::COLUMNS)
    }
}
