//! `tidemill online-deployment delete`.

use clap::Args;

use super::Which;
use crate::cli::args::NoWait;
use crate::cli::confirm;
use crate::error::Result;
use crate::local;
use crate::session::Session;

/// Remove an online deployment that gets no traffic
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidemill online-deployment delete --name blue --endpoint-name flights --yes"
)]
pub struct Delete {
    #[command(flatten)]
    which: Which,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    no_wait: NoWait,
}

impl Delete {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        confirm::delete(&format!("deployment {}", self.which.name), self.yes)?;
        if self.which.local {
            return local::delete_deployment(&self.which.endpoint_name, &self.which.name);
        }
        session.client.delete(&self.which.path(session)).await?;
        session.note(&format!("Removed deployment {}.", self.which.name));
        Ok(())
    }
}
