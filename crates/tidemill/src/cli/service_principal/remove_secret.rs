//! `tidemill service-principal remove-secret`.

use clap::Args;

use crate::client::path;
use crate::error::Result;
use crate::session::Session;

/// End a secret, at once
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill service-principal remove-secret --name ci --secret 01K8Z3J5N6")]
pub struct RemoveSecret {
    /// Name of the service principal
    #[arg(long, short)]
    name: String,
    /// The secret, as list-secrets names it
    #[arg(long)]
    secret: String,
}

impl RemoveSecret {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        session
            .client
            .delete(&path(&[
                "service-principals",
                &self.name,
                "secrets",
                &self.secret,
            ]))
            .await?;
        session.note(&format!("Secret {} no longer counts.", self.secret));
        Ok(())
    }
}
