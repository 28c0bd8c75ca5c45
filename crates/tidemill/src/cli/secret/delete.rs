//! `tidemill secret delete`.

use clap::Args;

use crate::cli::confirm;
use crate::error::Result;
use crate::session::Session;

/// Delete a secret; it can be restored, unless it is purged
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill secret delete --name db-password --yes
  tidemill secret delete --name db-password --purge")]
pub struct Delete {
    /// Name
    #[arg(long, short)]
    name: String,
    /// Remove its values for good
    #[arg(long)]
    purge: bool,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

impl Delete {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let what = match self.purge {
            true => format!("secret {} for good", self.name),
            false => format!("secret {}", self.name),
        };
        confirm::delete(&what, self.yes)?;
        let purge = if self.purge { "?purge=true" } else { "" };
        let path = super::place(session, &[&self.name]);
        session.client.delete(&format!("{path}{purge}")).await?;
        session.note(&match self.purge {
            true => format!("Removed secret {} for good.", self.name),
            false => format!(
                "Deleted secret {0}; `tidemill secret restore --name {0}` brings it back.",
                self.name
            ),
        });
        Ok(())
    }
}
