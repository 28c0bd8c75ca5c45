//! `tidemill workspace archive`.

use clap::Args;
use serde_json::json;

use crate::client::path;
use crate::error::Result;
use crate::session::Session;

/// Archive a workspace: it is read alone, and nothing starts in it
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill workspace archive --name churn")]
pub struct Archive {
    /// Name
    #[arg(long, short)]
    name: String,
}

impl Archive {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let place = path(&["workspaces", &format!("{}:archive", self.name)]);
        let view = session.client.post(&place, &json!({})).await?;
        session.note(&format!("Workspace {} is read alone now.", self.name));
        session.show(super::view(session, view))
    }
}
