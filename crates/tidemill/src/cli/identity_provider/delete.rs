//! `tidemill identity-provider delete`.

use clap::Args;

use crate::cli::confirm;
use crate::client::path;
use crate::error::Result;
use crate::session::Session;

/// Remove an identity provider; its users stay, and sign in some other way
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill identity-provider delete --name company --yes")]
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
        confirm::delete(&format!("identity provider {}", self.name), self.yes)?;
        session
            .client
            .delete(&path(&["identity-providers", &self.name]))
            .await?;
        session.note(&format!("Removed identity provider {}.", self.name));
        Ok(())
    }
}
