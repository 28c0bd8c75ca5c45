//! `tidemill team delete`.

use clap::Args;

use crate::cli::confirm;
use crate::client::path;
use crate::error::Result;
use crate::session::Session;

/// Remove a team, with its roles; its members stay
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill team delete --name analysts --yes")]
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
        confirm::delete(&format!("team {}", self.name), self.yes)?;
        session.client.delete(&path(&["teams", &self.name])).await?;
        session.note(&format!("Removed team {}.", self.name));
        Ok(())
    }
}
