//! `tidemill data retention plan`.

use clap::Args;

use crate::error::Result;
use crate::session::Session;

/// Show what would go, what stays and what uses it, and the bytes that it would free
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill data retention plan --name flights")]
pub struct Plan {
    /// Name
    #[arg(long, short)]
    name: String,
}

impl Plan {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let plan = session
            .client
            .get(&session.path(&["data", &self.name, "retention", "plan"]))
            .await?;
        super::shown(session, plan, false)
    }
}
