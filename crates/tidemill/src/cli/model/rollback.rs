//! `tidemill model rollback`.

use clap::Args;
use serde_json::json;

use crate::error::Result;
use crate::session::Session;

/// Let an alias name the version that it named before
///
/// Doing it twice goes back two steps.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill model rollback --name flights-delay --alias champion")]
pub struct Rollback {
    /// Name
    #[arg(long, short)]
    name: String,
    /// Alias
    #[arg(long)]
    alias: String,
}

impl Rollback {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let alias = format!("{}:rollback", self.alias);
        let path = session.path(&["models", &self.name, "aliases", &alias]);
        let view = session.client.post(&path, &json!({})).await?;
        session.show(view)
    }
}
