//! `tidemill datastore show`.

use clap::Args;

use crate::error::Result;
use crate::session::Session;

/// Show a datastore; its secrets are hidden
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill datastore show --name workspaceblobstore")]
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
                .get(&session.path(&["datastores", &self.name]))
                .await?,
        )
    }
}
