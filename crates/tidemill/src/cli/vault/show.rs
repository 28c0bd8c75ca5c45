//! `tidemill vault show`.

use clap::Args;

use crate::error::Result;
use crate::session::Session;

/// Show which master key there is, where it is kept, and which groups it opens
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill vault show")]
pub struct Show {}

impl Show {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        session.show(super::shown(session.client.get("/vault").await?))
    }
}
