//! `tidemill service-principal show`.

use clap::Args;

use crate::client::path;
use crate::error::Result;
use crate::session::Session;

/// Show a service principal
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill service-principal show --name ci")]
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
                .get(&path(&["service-principals", &self.name]))
                .await?,
        )
    }
}
