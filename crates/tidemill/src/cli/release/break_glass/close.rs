//! `tidemill release break-glass close`.

use clap::Args;
use serde_json::json;

use super::NOUN;
use crate::error::Result;
use crate::session::Session;

/// End it before its time
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill release break-glass close -w prd --id 01kxyz")]
pub struct Close {
    /// Its id
    #[arg(long)]
    id: String,
}

impl Close {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let path = session.path(&[NOUN, &format!("{}:close", self.id)]);
        session.show(session.client.post(&path, &json!({})).await?)
    }
}
