//! `tidemill policy delete`.

use clap::Args;

use crate::cli::confirm;
use crate::error::Result;
use crate::session::Session;

/// Remove the policy of the workspace: then everything is allowed
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill policy delete --yes")]
pub struct Delete {
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

impl Delete {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        confirm::delete(
            &format!("the policy of workspace {}", session.workspace),
            self.yes,
        )?;
        session.client.delete(&session.path(&["policy"])).await
    }
}
