//! `tidemill schedule delete`.

use clap::Args;

use super::NOUN;
use crate::cli::args::NoWait;
use crate::cli::confirm;
use crate::error::Result;
use crate::session::Session;

/// Remove a schedule with the history of its runs; the jobs that it submitted stay
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill schedule delete --name nightly --yes")]
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
        confirm::delete(&format!("schedule {}", self.name), self.yes)?;
        session.client.delete(&session.path(&[NOUN, &self.name])).await?;
        session.note(&format!("Removed schedule {}.", self.name));
        Ok(())
    }
}
