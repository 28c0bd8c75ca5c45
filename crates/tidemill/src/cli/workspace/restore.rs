//! `tidemill workspace restore`.

use clap::Args;
use serde_json::json;

use crate::client::path;
use crate::error::Result;
use crate::session::Session;

/// Bring an archived workspace back to work
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill workspace restore --name churn")]
pub struct Restore {
    /// Name
    #[arg(long, short)]
    name: String,
}

impl Restore {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let place = path(&["workspaces", &format!("{}:restore", self.name)]);
        let view = session.client.post(&place, &json!({})).await?;
        session.note(&format!("Workspace {} is at work again.", self.name));
        session.show(super::view(session, view))
    }
}
