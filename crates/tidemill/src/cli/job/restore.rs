//! `tidemill job restore`.

use clap::Args;

use super::act::act;
use crate::error::Result;
use crate::session::Session;

/// Bring a job back to lists
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill job restore --name calm_tide_4k7w2hx9qz")]
pub struct Restore {
    /// Name
    #[arg(long, short)]
    name: String,
}

impl Restore {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        act(session, &self.name, "restore").await?;
        session.note(&format!("Restored job {}.", self.name));
        Ok(())
    }
}
