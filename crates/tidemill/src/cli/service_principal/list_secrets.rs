//! `tidemill service-principal list-secrets`.

use clap::Args;

use crate::cli::token::COLUMNS;
use crate::client::path;
use crate::error::Result;
use crate::session::Session;

/// List the secrets of a service principal, without their texts
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill service-principal list-secrets --name ci")]
pub struct ListSecrets {
    /// Name of the service principal
    #[arg(long, short)]
    name: String,
}

impl ListSecrets {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let place = path(&["service-principals", &self.name, "secrets"]);
        session.list(session.client.list(&place, &[], None).await?, COLUMNS)
    }
}
