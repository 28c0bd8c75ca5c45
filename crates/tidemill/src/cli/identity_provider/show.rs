//! `tidemill identity-provider show`.

use clap::Args;

use crate::client::path;
use crate::error::Result;
use crate::session::Session;

/// Show an identity provider
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill identity-provider show --name company")]
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
                .get(&path(&["identity-providers", &self.name]))
                .await?,
        )
    }
}
