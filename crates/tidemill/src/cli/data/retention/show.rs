//! `tidemill data retention show`.

use clap::Args;

use crate::error::Result;
use crate::session::Session;

/// Show how long the versions of a data asset are kept
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill data retention show --name flights")]
pub struct Show {
    /// Name
    #[arg(long, short)]
    name: String,
}

impl Show {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        session.show(
            session
                .client
                .get(&session.path(&["data", &self.name, "retention"]))
                .await?,
        )
    }
}
