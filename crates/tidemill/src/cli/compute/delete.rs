//! `tidemill compute delete`.

use clap::Args;

use crate::cli::args::NoWait;
use crate::cli::confirm;
use crate::error::Result;
use crate::session::Session;

/// Delete a compute; jobs that run on it go on
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill compute delete --name cpu-cluster --yes")]
pub struct Delete {
    /// Name
    #[arg(long, short)]
    name: String,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    no_wait: NoWait,
}

impl Delete {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        confirm::delete(&format!("compute {}", self.name), self.yes)?;
        session
            .client
            .delete(&session.path(&["computes", &self.name]))
            .await?;
        session.note(&format!("Deleted compute {}.", self.name));
        Ok(())
    }
}
