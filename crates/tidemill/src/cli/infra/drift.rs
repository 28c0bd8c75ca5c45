//! `tidemill infra drift`.

use clap::Args;

use super::folder::Folder;
use super::{detailed, render};
use crate::client::path;
use crate::error::Result;
use crate::session::Session;

/// Show what was changed by hand since a stack was applied
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill infra drift --stack flights
  tidemill infra drift -f infrastructure/ --parameters prd.yaml --detailed-exitcode

Exit codes with --detailed-exitcode: 0 nothing has moved, 1 an error, 2 something has.")]
pub struct Drift {
    #[command(flatten)]
    folder: Folder,
    /// End with 2 when something has moved, 0 when nothing has, and 1 on every error
    #[arg(long)]
    detailed_exitcode: bool,
}

impl Drift {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        detailed(self.detailed_exitcode, self.drifted(session).await)
    }

    async fn drifted(&self, session: &Session) -> Result<bool> {
        let stack = self.folder.stack(session)?;
        let drift = session
            .client
            .get(&path(&["infra", "stacks", &stack, "drift"]))
            .await?;
        let moved = drift["items"].as_array().is_some_and(|items| !items.is_empty());
        render::drift(session, drift)?;
        Ok(moved)
    }
}
