//! `tidemill online-deployment show`.

use clap::Args;

use super::Which;
use crate::error::Result;
use crate::local;
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
        if self.which.local {
            return session.show(local::deployment(&self.which.endpoint_name, &self.which.name)?);
        }
        session.show(session.client.get(&self.which.path(session)).await?)
    }
}
