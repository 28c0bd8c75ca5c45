//! `tidemill run show`.

use clap::Args;

use crate::error::Result;
use crate::session::Session;

/// Show a run: its parameters, the latest value of each metric, its tags
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill run show --name calm_tide_4k7w2hx9qz
  tidemill run show -n 7d69beb6a52949708d8b5289c9e1135a --query metrics")]
pub struct Show {
    /// Run id; of a job its name
    #[arg(long, short)]
    name: String,
}

impl Show {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        session.output.show(super::one(session, &self.name).await?)
    }
}
