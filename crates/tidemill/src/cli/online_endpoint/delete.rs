//! `tidemill online-endpoint delete`.

use clap::Args;

use super::NOUN;
use crate::cli::args::NoWait;
use crate::cli::confirm;
use crate::error::Result;
use crate::local;
use crate::session::Session;

/// Remove an online endpoint with all its deployments
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill online-endpoint delete --name flights --yes")]
pub struct Delete {
    /// Name
    #[arg(long, short)]
    name: String,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    /// On this machine, without a server
    #[arg(long)]
    local: bool,
    #[command(flatten)]
    no_wait: NoWait,
}

impl Delete {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        confirm::delete(&format!("endpoint {}", self.name), self.yes)?;
        if self.local {
            return local::delete_endpoint(&self.name);
        }
        session.client.delete(&session.path(&[NOUN, &self.name])).await?;
        session.note(&format!("Removed endpoint {} with its deployments.", self.name));
        Ok(())
    }
}
