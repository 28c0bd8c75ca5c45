//! `tidemill compute start`.

use clap::Args;

use super::power;
use crate::cli::args::NoWait;
use crate::error::Result;
use crate::session::Session;

/// Start a compute instance
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill compute start --name my-instance")]
pub struct Start {
    /// Name
    #[arg(long, short)]
    name: String,
    #[command(flatten)]
    no_wait: NoWait,
}

impl Start {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        power::switch(session, &self.name, "start").await
    }
}
