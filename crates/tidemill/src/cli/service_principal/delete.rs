//! `tidemill service-principal delete`.

use clap::Args;

use crate::cli::confirm;
use crate::client::path;
use crate::error::Result;
use crate::session::Session;

/// Remove a service principal, with its roles and secrets, at once
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill service-principal delete --name ci --yes")]
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
        confirm::delete(&format!("service principal {}", self.name), self.yes)?;
        session
            .client
            .delete(&path(&["service-principals", &self.name]))
            .await?;
        session.note(&format!("Removed service principal {}.", self.name));
        Ok(())
    }
}
