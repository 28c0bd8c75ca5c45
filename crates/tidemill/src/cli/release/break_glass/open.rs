//! `tidemill release break-glass open`.

use clap::Args;
use serde_json::json;

use super::NOUN;
use crate::error::Result;
use crate::session::Session;

/// Ask to change a workspace of the last stage without a release; somebody else has to agree within an hour
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidemill release break-glass open -w prd --reason \"it answers nothing since 14:02\" --minutes 30"
)]
pub struct Open {
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// How long it counts once it is agreed to, at most 240
    #[arg(long, default_value_t = 60)]
    minutes: i64,
}

impl Open {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let body = json!({ "reason": self.reason, "minutes": self.minutes });
        session.show(session.client.post(&session.path(&[NOUN]), &body).await?)
    }
}
