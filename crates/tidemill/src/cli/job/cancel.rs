//! `tidemill job cancel`.

use clap::Args;

use super::act::act;
use crate::cli::args::NoWait;
use crate::error::Result;
use crate::output::text;
use crate::session::Session;

/// Cancel a job and its steps: they are asked to end, then made to
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill job cancel --name calm_tide_4k7w2hx9qz")]
pub struct Cancel {
    /// Name
    #[arg(long, short)]
    name: String,
    #[command(flatten)]
    no_wait: NoWait,
}

impl Cancel {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let view = act(session, &self.name, "cancel").await?;
        session.note(&format!(
            "Job {}: {}.",
            self.name,
            text(&view, "status").unwrap_or("cancelled")
        ));
        Ok(())
    }
}
