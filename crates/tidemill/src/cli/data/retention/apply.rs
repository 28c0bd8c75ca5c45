//! `tidemill data retention apply`.

use clap::Args;
use serde_json::json;

use crate::error::Result;
use crate::session::Session;

/// Do what the plan says
///
/// Versions are taken out first: hidden, and brought back with `retention restore`. Those whose time of grace is over go for good, with
/// the copies of their files that nothing else names; files in a datastore stay where they are. Run it from a schedule or by hand.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill data retention apply --name flights")]
pub struct Apply {
    /// Name
    #[arg(long, short)]
    name: String,
}

impl Apply {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let path = session.path(&["data", &self.name, "retention", "apply"]);
        let plan = session.client.post(&path, &json!({})).await?;
        super::shown(session, plan, true)
    }
}
