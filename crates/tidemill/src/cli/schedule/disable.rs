//! `tidemill schedule disable`.

use clap::Args;
use serde_json::json;

use super::NOUN;
use super::times::told;
use crate::cli::args::NoWait;
use crate::error::Result;
use crate::session::Session;

/// Switch a schedule off
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill schedule disable --name nightly")]
pub struct Disable {
    /// Name
    #[arg(long, short)]
    name: String,
    #[command(flatten)]
    no_wait: NoWait,
}

impl Disable {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let path = session.path(&[NOUN, &format!("{}:disable", self.name)]);
        session.show(told(session.client.post(&path, &json!({})).await?))
    }
}
