//! `tidemill compute request reject`.

use clap::Args;
use serde_json::json;

use crate::error::Result;
use crate::session::Session;

/// Say no
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidemill compute request reject 01K8Z3J5N6QW0V2T4R8Y1XABCD --comment \"the small one is enough\""
)]
pub struct Reject {
    /// Id of the request
    #[arg(value_name = "REQUEST")]
    request: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
}

impl Reject {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let route = session.path(&["compute-requests", &self.request]);
        let body = json!({ "comment": self.comment });
        session.show(session.client.post(&format!("{route}:reject"), &body).await?)
    }
}
