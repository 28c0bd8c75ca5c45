//! `tidemill workspace move`.

use clap::Args;
use serde_json::json;

use crate::client::path;
use crate::error::Result;
use crate::session::Session;

/// Move a workspace to another group, whose vault, stages and roles hold for it from then on
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill workspace move --name churn --to-group europe")]
pub struct Move {
    /// Name
    #[arg(long, short)]
    name: String,
    /// The group that it goes to
    #[arg(long, value_name = "GROUP")]
    to_group: String,
    /// Also when something breaks by it; what breaks is told
    #[arg(long)]
    anyway: bool,
}

impl Move {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let place = path(&["workspaces", &format!("{}:move", self.name)]);
        let body = json!({ "group": self.to_group, "anyway": self.anyway });
        let view = session.client.post(&place, &body).await?;
        for warning in view["warnings"].as_array().into_iter().flatten() {
            session.warn(warning.as_str().unwrap_or_default());
        }
        session.show(super::view(session, view))
    }
}
