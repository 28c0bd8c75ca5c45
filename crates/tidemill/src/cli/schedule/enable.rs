//! `tidemill schedule enable`.

use clap::Args;
use serde_json::json;

use super::NOUN;
use super::times::told;
use crate::cli::args::NoWait;
use crate::error::Result;
use crate::session::Session;

/// Switch a schedule on; what fell due while it was off is not made up for
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill schedule enable --name nightly")]
pub struct Enable {
    /// Name
    #[arg(long, short)]
    name: String,
    #[command(flatten)]
    no_wait: NoWait,
}

impl Enable {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let path = session.path(&[NOUN, &format!("{}:enable", self.name)]);
        session.show(told(session.client.post(&path, &json!({})).await?))
    }
}
