//! `tidemill data retention restore`.

use clap::Args;
use serde_json::json;

use crate::error::Result;
use crate::session::Session;

/// Bring back a version that was taken out, while its time of grace lasts
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill data retention restore --name flights --version 3")]
pub struct Restore {
    /// Name
    #[arg(long, short)]
    name: String,
    /// Version
    #[arg(long, short)]
    version: String,
}

impl Restore {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let path = session.path(&["data", &self.name, "retention", "restore"]);
        session
            .client
            .post(&path, &json!({ "version": self.version }))
            .await?;
        session.note(&format!("Brought back {}:{}.", self.name, self.version));
        Ok(())
    }
}
