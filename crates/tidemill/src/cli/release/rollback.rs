//! `tidemill release rollback`.

use clap::Args;
use serde_json::json;

use crate::error::Result;
use crate::session::Session;

/// Take back a release that answers in a stage: what answered before it answers again, at once
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidemill release rollback flights --stage PRD --comment \"late by hours\""
)]
pub struct Rollback {
    #[command(flatten)]
    which: super::Which,
    /// The stage
    #[arg(long)]
    stage: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
}

impl Rollback {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let body = json!({ "stage": self.stage, "comment": self.comment });
        session.show(super::act(session, self.which.text(), "rollback", body).await?)
    }
}
