//! `tidemill compute restart`.

use clap::Args;

use super::power;
use crate::cli::args::NoWait;
use crate::error::Result;
use crate::session::Session;

/// Restart a compute instance
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill compute restart --name my-instance")]
pub struct Restart {
    /// Name
    #[arg(long, short)]
    name: String,
    #[command(flatten)]
    no_wait: NoWait,
}

impl Restart {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        // Nothing of it stays between jobs: one that is started is as new.
        power::switch(session, &self.name, "start").await
    }
}
