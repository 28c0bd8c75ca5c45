//! `tidemill team show`.

use clap::Args;

use crate::client::path;
use crate::error::Result;
use crate::session::Session;

/// Show a team
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill team show --name analysts")]
pub struct Show {
    /// Name
    #[arg(long, short)]
    name: String,
}

impl Show {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        session.show(session.client.get(&path(&["teams", &self.name])).await?)
    }
}
