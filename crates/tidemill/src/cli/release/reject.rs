//! `tidemill release reject`.

use clap::Args;
use serde_json::json;

use crate::error::Result;
use crate::session::Session;

/// Reject a release: it does not enter the stage that it waits for
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidemill release reject flights --comment \"as agreed on Monday\"\n  tidemill release reject flights:3"
)]
pub struct Reject {
    #[command(flatten)]
    which: super::Which,
    /// Why
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
}

impl Reject {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let body = json!({ "comment": self.comment });
        session.show(super::act(session, self.which.text(), "reject", body).await?)
    }
}
