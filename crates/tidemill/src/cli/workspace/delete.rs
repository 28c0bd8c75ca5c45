//! `tidemill workspace delete`.

use clap::Args;

use crate::cli::args::NoWait;
use crate::cli::confirm;
use crate::client::path;
use crate::error::Result;
use crate::session::Session;

/// Delete an empty workspace
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill workspace delete --name churn --yes")]
pub struct Delete {
    /// Name
    #[arg(long, short)]
    name: String,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    /// Taken for scripts of `az ml`: there is nothing else to delete here.
    #[arg(long, hide = true)]
    all_resources: bool,
    /// Taken for scripts of `az ml`: what is deleted here is gone.
    #[arg(long, short, hide = true)]
    permanently_delete: bool,
    #[command(flatten)]
    no_wait: NoWait,
}

impl Delete {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let Self {
            name,
            yes,
            all_resources: _,
            permanently_delete: _,
            no_wait: _,
        } = self;
        confirm::delete(&format!("workspace {name}"), yes)?;
        session.client.delete(&path(&["workspaces", &name])).await?;
        session.note(&format!("Deleted workspace {name}."));
        Ok(())
    }
}
