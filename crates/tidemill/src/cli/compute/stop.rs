//! `tidemill compute stop`.

use clap::Args;

use super::power;
use crate::cli::args::NoWait;
use crate::error::Result;
use crate::session::Session;

/// Stop a compute instance
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill compute stop --name my-instance")]
pub struct Stop {
    /// Name
    #[arg(long, short)]
    name: String,
    #[command(flatten)]
    no_wait: NoWait,
}

impl Stop {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        power::switch(session, &self.name, "stop").await
    }
}
