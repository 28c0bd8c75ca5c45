//! `tidemill user delete`.

use clap::Args;

use crate::cli::confirm;
use crate::client::path;
use crate::error::Result;
use crate::session::Session;

/// Remove a user, with its roles, tokens and sessions, at once
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill user delete --name ada --yes")]
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
        confirm::delete(&format!("user {}", self.name), self.yes)?;
        session.client.delete(&path(&["users", &self.name])).await?;
        session.note(&format!("Removed user {}.", self.name));
        Ok(())
    }
}
