//! `tidemill online-endpoint show`.

use clap::Args;

use super::NOUN;
use crate::error::Result;
use crate::local;
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
    /// On this machine, without a server
    #[arg(long)]
    local: bool,
}

impl Show {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        if self.local {
            return session.show(local::endpoint(&self.name)?);
        }
        session.show(session.client.get(&session.path(&[NOUN, &self.name])).await?)
    }
}
