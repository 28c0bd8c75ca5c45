//! `tidemill compute show`.

use clap::Args;

use crate::error::Result;
use crate::session::Session;

/// Show a compute
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill compute show --name cpu-cluster")]
pub struct Show {
    /// Name
    #[arg(long, short)]
    name: String,
}

impl Show {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let found = session
            .client
            .get(&session.path(&["computes", &self.name]))
            .await?;
        session.show(super::view(session, found))
    }
}
