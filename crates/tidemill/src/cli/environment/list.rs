//! `tidemill environment list`.

use clap::Args;

use crate::cli::asset::list::{self, ListOptions};
use crate::error::Result;
use crate::session::Session;

/// List environments, or the versions of one
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidemill environment list\n  tidemill environment list --name training\n  tidemill environment list --include-archived --query \"[].name\" -o tsv\n  tidemill environment list --registry-name azureml"
)]
pub struct List {
    #[command(flatten)]
    options: ListOptions,
    /// Registry to list instead of the workspace: azureml, which has the curated environments
    #[arg(long, value_name = "NAME")]
    registry_name: Option<String>,
}

impl List {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let ListOptions { name, most, .. } = &self.options;
        match &self.registry_name {
            Some(registry) => super::registry::list(session, registry, name.as_deref(), most).await,
            None => list::list(session, super::KIND, self.options).await,
        }
    }
}
