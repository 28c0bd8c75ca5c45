//! `tidemill datastore delete`.

use clap::Args;

use crate::cli::confirm;
use crate::error::Result;
use crate::session::Session;

/// Remove a datastore; the files in it stay where they are
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill datastore delete --name lake --yes")]
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
        // `az ml` never asks here, so that its scripts have no `--yes`.
        confirm::delete(&format!("datastore {}", self.name), self.yes || session.azure)?;
        session
            .client
            .delete(&session.path(&["datastores", &self.name]))
            .await?;
        session.note(&format!("Removed datastore {}; its files stay.", self.name));
        Ok(())
    }
}
