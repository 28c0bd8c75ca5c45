//! `tidemill data contract show`.

use clap::Args;

use crate::error::Result;
use crate::session::Session;

/// Show a contract
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill data contract show --name delay-model")]
pub struct Show {
    /// Name
    #[arg(long, short)]
    name: String,
}

impl Show {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let path = session.path(&["data-contracts", &self.name]);
        session.show(session.client.get(&path).await?)
    }
}
