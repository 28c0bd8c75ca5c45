//! `tidemill online-endpoint list`.

use clap::Args;

use super::NOUN;
use crate::cli::args::Most;
use crate::error::Result;
use crate::session::Session;

/// List online endpoints
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill online-endpoint list")]
pub struct List {
    #[command(flatten)]
    most: Most,
}

impl List {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let path = session.path(&[NOUN]);
        let rows = session.client.list(&path, &[], self.most.max_results).await?;
        session.list(rows, super::COLUMNS)
    }
}
