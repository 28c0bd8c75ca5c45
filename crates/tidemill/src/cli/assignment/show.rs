//! `tidemill assignment show`.

use clap::Args;

use crate::client::path;
use crate::error::Result;
use crate::session::Session;

/// Show an assignment
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill assignment show --name ada-reads-dev")]
pub struct Show {
    /// Name
    #[arg(long, short)]
    name: String,
}

impl Show {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        session.show(session.client.get(&path(&["assignments", &self.name])).await?)
    }
}
