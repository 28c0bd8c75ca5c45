//! `tidemill online-deployment list`.

use clap::Args;

use crate::cli::args::Most;
use crate::error::Result;
use crate::local;
use crate::session::Session;

/// List the deployments of an online endpoint
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill online-deployment list --endpoint-name flights")]
pub struct List {
    /// Endpoint
    #[arg(long, short, value_name = "NAME", alias = "endpoint")]
    endpoint_name: String,
    #[command(flatten)]
    most: Most,
    /// On this machine, without a server
    #[arg(long)]
    local: bool,
}

impl List {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        if self.local {
            return session.list(local::deployments(&self.endpoint_name)?, super::COLUMNS);
        }
        let path = session.path(&["online-endpoints", &self.endpoint_name, "deployments"]);
        let rows = session.client.list(&path, &[], self.most.max_results).await?;
        session.list(rows, super::COLUMNS)
    }
}
