//! `tidemill pipeline show`.

use clap::Args;

use super::NOUN;
use crate::error::Result;
use crate::session::Session;

/// Show a published pipeline: its versions, and the models that its runs made
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill pipeline show --name retrain
  tidemill pipeline show --name retrain --query \"candidates[0].{state: state, release: release, reason: reason}\"")]
pub struct Show {
    /// Name
    #[arg(long, short)]
    name: String,
}

impl Show {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        session.show(session.client.get(&session.path(&[NOUN, &self.name])).await?)
    }
}
