//! `tidemill group delete`.

use clap::Args;

use crate::cli::confirm;
use crate::client::path;
use crate::error::Result;
use crate::session::Session;

/// Delete a group without workspaces
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill group delete --name europe --yes")]
pub struct Delete {
    /// Name
    #[arg(long, short)]
    name: String,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

impl Delete {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        confirm::delete(&format!("group {}", self.name), self.yes)?;
        session.client.delete(&path(&["groups", &self.name])).await?;
        session.note(&format!("Deleted group {}.", self.name));
        Ok(())
    }
}
