//! `tidemill environment show`.

use clap::Args;

use crate::cli::asset::{Which, show};
use crate::error::Result;
use crate::session::Session;

/// Show a version of an environment; the latest where none is named
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidemill environment show --name training\n  tidemill environment show --name training --version 3 --query id -o tsv\n  tidemill environment show --name sklearn-1.5 --label latest --registry-name azureml"
)]
pub struct Show {
    #[command(flatten)]
    which: Which,
    /// Registry that has it: azureml, which has the curated environments
    #[arg(long, value_name = "NAME")]
    registry_name: Option<String>,
}

impl Show {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        match &self.registry_name {
            Some(registry) => super::registry::show(session, registry, &self.which).await,
            None => show::show(session, super::KIND, &self.which).await,
        }
    }
}
