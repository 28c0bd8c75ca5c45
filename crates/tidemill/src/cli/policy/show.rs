//! `tidemill policy show`.

use clap::Args;

use crate::error::Result;
use crate::session::Session;

/// Show the policy of the workspace
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill policy show\n  tidemill policy show -w team-a --query quota")]
pub struct Show {}

impl Show {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        session.show(session.client.get(&session.path(&["policy"])).await?)
    }
}
