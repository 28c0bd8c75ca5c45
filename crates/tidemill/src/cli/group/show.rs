//! `tidemill group show`.

use clap::Args;

use crate::client::path;
use crate::error::Result;
use crate::session::Session;

/// Show a group
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill group show --name europe")]
pub struct Show {
    /// Name
    #[arg(long, short)]
    name: String,
}

impl Show {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        session.show(session.client.get(&path(&["groups", &self.name])).await?)
    }
}
