//! `tidemill online-deployment show`.

use clap::Args;

use super::Which;
use crate::error::Result;
use crate::session::Session;

/// Show an online deployment, with its instances
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill online-deployment show --name blue --endpoint-name flights")]
pub struct Show {
    #[command(flatten)]
    which: Which,
}

impl Show {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        session.show(session.client.get(&self.which.path(session)).await?)
    }
}
