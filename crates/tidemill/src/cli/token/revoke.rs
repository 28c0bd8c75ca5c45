//! `tidemill token revoke`.

use clap::Args;

use crate::client::path;
use crate::error::Result;
use crate::session::Session;

/// End a token, at once
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill token revoke --name 01K8Z3J5N6")]
pub struct Revoke {
    /// The token, as `token list` names it
    #[arg(long, short)]
    name: String,
}

impl Revoke {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        session.client.delete(&path(&["tokens", &self.name])).await?;
        session.note(&format!("Token {} no longer counts.", self.name));
        Ok(())
    }
}
