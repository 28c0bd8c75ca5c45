//! `tidemill user list`.

use clap::Args;

use crate::cli::args::Most;
use crate::error::Result;
use crate::session::Session;

/// List users
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill user list")]
pub struct List {
    #[command(flatten)]
    most: Most,
}

impl List {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let rows = session.client.list("/users", &[], self.most.max_results).await?;
        session.list(rows, super::COLUMNS)
    }
}
