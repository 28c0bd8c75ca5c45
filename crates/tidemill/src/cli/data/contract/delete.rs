//! `tidemill data contract delete`.

use clap::Args;

use crate::error::Result;
use crate::session::Session;

/// Remove a contract: nobody lives by it any more
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill data contract delete --name delay-model")]
pub struct Delete {
    /// Name
    #[arg(long, short)]
    name: String,
}

impl Delete {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let path = session.path(&["data-contracts", &self.name]);
        session.client.delete(&path).await?;
        session.note(&format!("Removed the contract {}", self.name));
        Ok(())
    }
}
