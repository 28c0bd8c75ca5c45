//! `tidemill release approve`.

use clap::Args;
use serde_json::json;

use crate::error::Result;
use crate::session::Session;

/// Agree that a release enters the stage that it waits for
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidemill release approve flights --comment \"as agreed on Monday\"\n  tidemill release approve flights:3"
)]
pub struct Approve {
    #[command(flatten)]
    which: super::Which,
    /// Why
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
}

impl Approve {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let body = json!({ "comment": self.comment });
        session.show(super::act(session, self.which.text(), "approve", body).await?)
    }
}
