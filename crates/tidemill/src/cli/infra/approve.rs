//! `tidemill infra approve`.

use clap::Args;
use serde_json::json;

use super::render;
use crate::client::path;
use crate::error::Result;
use crate::session::Session;

/// Agree to a plan, where a stage that it touches asks you
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill infra approve 01JD8W3Q8Y4V7T2N6M5K0R9XZA --comment \"as agreed in the board\"")]
pub struct Approve {
    /// Id of the plan
    #[arg(value_name = "PLAN")]
    plan: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
}

impl Approve {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let route = path(&["infra", "plans", &self.plan]);
        let plan = session
            .client
            .post(&format!("{route}:approve"), &json!({ "comment": self.comment }))
            .await?;
        render::show(session, plan, "approve")
    }
}
