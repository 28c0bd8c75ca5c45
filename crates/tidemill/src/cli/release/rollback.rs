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
    /// The release, such as flights (its newest number) or flights:3
    release: String,
    /// The stage
    #[arg(long)]
    stage: String,
    /// Why
    #[arg(long)]
    comment: Option<String>,
}

impl Rollback {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let body = json!({ "stage": self.stage, "comment": self.comment });
        session.show(super::act(session, &self.release, "rollback", body).await?)
    }
}
