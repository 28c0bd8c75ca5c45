//! `tidemill online-endpoint get-credentials`.

use clap::Args;
use serde_json::json;

use super::NOUN;
use crate::error::Result;
use crate::session::Session;

/// Show what callers of an online endpoint send: its keys, or a token
///
/// Reading keys is written into the audit log.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill online-endpoint get-credentials --name flights
  tidemill online-endpoint get-credentials --name flights --query primaryKey -o tsv")]
pub struct GetCredentials {
    /// Name
    #[arg(long, short)]
    name: String,
}

impl GetCredentials {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let path = session.path(&[NOUN, &format!("{}:credentials", self.name)]);
        session.show(session.client.post(&path, &json!({})).await?)
    }
}
