//! `tidemill schedule show`.

use clap::Args;

use super::NOUN;
use super::times::told;
use crate::error::Result;
use crate::session::Session;

/// Show a schedule, with its next five times
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill schedule show --name nightly
  tidemill schedule show --name nightly --query next_runs")]
pub struct Show {
    /// Name
    #[arg(long, short)]
    name: String,
}

impl Show {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        session.show(told(
            session.client.get(&session.path(&[NOUN, &self.name])).await?,
        ))
    }
}
