//! `tidemill compute attach`.

use clap::Args;

use super::create::Create;
use crate::error::Result;
use crate::session::Session;

/// Attach a compute that is there already, as create does
///
/// A Kubernetes cluster, a virtual machine or a Spark pool is kept with what is said of it; jobs that name it run on the server's machine.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill compute attach -f kubernetes.yml
  tidemill compute attach --name inference --type Kubernetes --namespace default --resource-id /subscriptions/…/managedClusters/c")]
pub struct Attach {
    #[command(flatten)]
    create: Create,
}

impl Attach {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        self.create.run(session).await
    }
}
