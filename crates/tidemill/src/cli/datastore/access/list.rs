//! `tidemill datastore access list`.

use clap::Args;

use crate::error::Result;
use crate::session::Session;

/// List who may read or write what lies where: all for who shares, yours otherwise
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill datastore access list --name lake -o table")]
pub struct List {
    /// Name of the datastore
    #[arg(long, short)]
    name: String,
}

impl List {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let path = session.path(&["datastores", &self.name, "access"]);
        super::show(session, &self.name, &session.client.get(&path).await?)
    }
}
