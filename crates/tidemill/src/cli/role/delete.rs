//! `tidemill role delete`.

use clap::Args;

use crate::cli::confirm;
use crate::client::path;
use crate::error::Result;
use crate::session::Session;

/// Remove a role that nobody has
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill role delete --name \"Model Steward\" --yes")]
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
        confirm::delete(&format!("role {}", self.name), self.yes)?;
        session.client.delete(&path(&["roles", &self.name])).await?;
        session.note(&format!("Removed role {}.", self.name));
        Ok(())
    }
}
