//! `tidemill assignment delete`.

use clap::Args;

use crate::cli::confirm;
use crate::client::path;
use crate::error::Result;
use crate::session::Session;

/// Take a role away, at once
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill assignment delete --name ada-reads-dev --yes")]
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
        confirm::delete(&format!("assignment {}", self.name), self.yes)?;
        session.client.delete(&path(&["assignments", &self.name])).await?;
        session.note(&format!("Assignment {} no longer counts.", self.name));
        Ok(())
    }
}
