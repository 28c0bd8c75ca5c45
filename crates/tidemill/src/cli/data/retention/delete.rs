//! `tidemill data retention delete`.

use clap::Args;

use crate::error::Result;
use crate::session::Session;

/// Remove the rule: all versions that are there stay
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill data retention delete --name flights")]
pub struct Delete {
    /// Name
    #[arg(long, short)]
    name: String,
}

impl Delete {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        session
            .client
            .delete(&session.path(&["data", &self.name, "retention"]))
            .await?;
        session.note(&format!("All versions of {} stay.", self.name));
        Ok(())
    }
}
