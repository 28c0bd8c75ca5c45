//! `tidemill pipeline delete`.

use clap::Args;

use super::NOUN;
use crate::cli::confirm;
use crate::error::Result;
use crate::session::Session;

/// Remove a published pipeline with all its versions; its runs stay
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill pipeline delete --name retrain --yes")]
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
        confirm::delete(&format!("published pipeline {}", self.name), self.yes)?;
        session.client.delete(&session.path(&[NOUN, &self.name])).await?;
        session.note(&format!("Removed published pipeline {}.", self.name));
        Ok(())
    }
}
