//! `tidemill job archive`.

use clap::Args;

use super::act::act;
use crate::error::Result;
use crate::session::Session;

/// Leave a job out of lists
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill job archive --name calm_tide_4k7w2hx9qz")]
pub struct Archive {
    /// Name
    #[arg(long, short)]
    name: String,
}

impl Archive {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        act(session, &self.name, "archive").await?;
        session.note(&format!("Archived job {}.", self.name));
        Ok(())
    }
}
