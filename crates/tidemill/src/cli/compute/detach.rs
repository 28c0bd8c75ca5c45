//! `tidemill compute detach`.

use clap::Args;

use super::delete::Delete;
use crate::error::Result;
use crate::session::Session;

/// Detach a compute, as delete does; what it stands for is left alone
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill compute detach --name inference --yes")]
pub struct Detach {
    #[command(flatten)]
    delete: Delete,
}

impl Detach {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        self.delete.run(session).await
    }
}
