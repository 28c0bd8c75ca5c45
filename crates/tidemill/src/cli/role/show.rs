//! `tidemill role show`.

use clap::Args;

use crate::client::path;
use crate::error::Result;
use crate::session::Session;

/// Show a role, with every action that it comes to
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill role show --name \"Data Scientist\"")]
pub struct Show {
    /// Name
    #[arg(long, short)]
    name: String,
}

impl Show {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        session.show(session.client.get(&path(&["roles", &self.name])).await?)
    }
}
