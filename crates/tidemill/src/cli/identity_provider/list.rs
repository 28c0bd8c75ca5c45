//! `tidemill identity-provider list`.

use clap::Args;

use crate::cli::args::Most;
use crate::error::Result;
use crate::session::Session;

/// List identity providers
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill identity-provider list")]
pub struct List {
    #[command(flatten)]
    most: Most,
}

impl List {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let rows = session
            .client
            .list("/identity-providers", &[], self.most.max_results)
            .await?;
        session.list(rows, super::COLUMNS)
    }
}
