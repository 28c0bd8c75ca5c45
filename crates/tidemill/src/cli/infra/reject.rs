//! `tidemill infra reject`.

use clap::Args;
use serde_json::json;

use super::render;
use crate::client::path;
use crate::error::Result;
use crate::session::Session;

/// Reject a plan: it is not applied while that stands
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill infra reject 01JD8W3Q8Y4V7T2N6M5K0R9XZA --comment \"not before the holidays\"")]
pub struct Reject {
    /// Id of the plan
    #[arg(value_name = "PLAN")]
    plan: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
}

impl Reject {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let route = path(&["infra", "plans", &self.plan]);
        let plan = session
            .client
            .post(&format!("{route}:reject"), &json!({ "comment": self.comment }))
            .await?;
        render::show(session, plan, "reject")
    }
}
