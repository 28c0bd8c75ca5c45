//! `tidemill workspace recover`.

use clap::Args;
use serde_json::json;

use crate::client::path;
use crate::error::Result;
use crate::session::Session;

/// Bring a deleted workspace back, as it was
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill workspace recover --name churn")]
pub struct Recover {
    /// Name
    #[arg(long, short)]
    name: String,
}

impl Recover {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let place = path(&["workspaces", &format!("{}:recover", self.name)]);
        let view = session.client.post(&place, &json!({})).await?;
        session.note(&format!("Workspace {} is back.", self.name));
        session.show(super::view(session, view))
    }
}
