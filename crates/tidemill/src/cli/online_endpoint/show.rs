//! `tidemill online-endpoint show`.

use clap::Args;

use super::NOUN;
use crate::error::Result;
use crate::session::Session;

/// Show an online endpoint
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill online-endpoint show --name flights
  tidemill online-endpoint show --name flights --query scoring_uri -o tsv")]
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
