//! `tidemill token create`.

use clap::Args;
use serde_json::json;

use crate::error::Result;
use crate::session::Session;

/// Make a token; it is shown this once
///
/// It gives what you have, or less with --scope and --actions.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill token create --label laptop --query token -o tsv
  tidemill token create --label tracking --scope /workspaces/dev --actions \"runs/*\" \"*/read\" --days 30
  tidemill token create --principal service-principal:ci --label nightly --days 7")]
pub struct Create {
    /// What it is for
    #[arg(long, default_value = "", hide_default_value = true)]
    label: String,
    /// Days that it counts, 366 at most [default: 90]
    #[arg(long)]
    days: Option<i64>,
    /// Where alone it counts, such as /workspaces/dev
    #[arg(long, value_name = "PLACE")]
    scope: Option<String>,
    /// Whose it shall be, such as service-principal:ci; it may do no more than you
    #[arg(long, value_name = "PRINCIPAL")]
    principal: Option<String>,
    /// For which actions alone it counts
    #[arg(long, value_name = "ACTION", num_args = 1..)]
    actions: Vec<String>,
}

impl Create {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let body =
            json!({ "label": self.label, "days": self.days, "scope": self.scope, "actions": self.actions });
        let route = super::route(self.principal.as_deref());
        session.show(session.client.post(&route, &body).await?)
    }
}
