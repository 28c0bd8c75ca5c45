//! `tidemill service-principal add-secret`.

use clap::Args;
use serde_json::json;

use crate::client::path;
use crate::error::Result;
use crate::session::Session;

/// Make a secret; it is shown this once
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidemill service-principal add-secret --name ci --days 90 --query token -o tsv"
)]
pub struct AddSecret {
    /// Name of the service principal
    #[arg(long, short)]
    name: String,
    /// What it is for
    #[arg(long, default_value = "", hide_default_value = true)]
    label: String,
    /// Days that it counts, 366 at most [default: 90]
    #[arg(long)]
    days: Option<i64>,
}

impl AddSecret {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let mut body = json!({ "label": self.label });
        if let Some(days) = self.days {
            body["days"] = days.into();
        }
        let place = path(&["service-principals", &self.name, "secrets"]);
        session.show(session.client.post(&place, &body).await?)
    }
}
