//! `tidemill workspace show`.

use clap::Args;

use crate::client::path;
use crate::error::Result;
use crate::session::Session;

/// Show a workspace
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidemill workspace show\n  tidemill workspace show --name churn -o json"
)]
pub struct Show {
    /// Name [default: the workspace in use]
    #[arg(long, short)]
    name: Option<String>,
}

impl Show {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let name = self.name.as_deref().unwrap_or(&session.workspace);
        let view = session.client.get(&path(&["workspaces", name])).await?;
        session.show(super::view(session, view))
    }
}
