//! `tidemill release break-glass approve`.

use clap::Args;
use serde_json::json;

use super::NOUN;
use crate::error::Result;
use crate::session::Session;

/// Agree that who asked may change the workspace for the time that they asked for
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill release break-glass approve -w prd --id 01kxyz")]
pub struct Approve {
    /// Its id
    #[arg(long)]
    id: String,
}

impl Approve {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let path = session.path(&[NOUN, &format!("{}:approve", self.id)]);
        session.show(session.client.post(&path, &json!({})).await?)
    }
}
