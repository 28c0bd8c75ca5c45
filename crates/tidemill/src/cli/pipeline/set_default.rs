//! `tidemill pipeline set-default`.

use clap::Args;
use serde_json::json;

use super::NOUN;
use crate::error::Result;
use crate::session::Session;

/// Say which version is meant when none is named
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill pipeline set-default --name retrain --version 2")]
pub struct SetDefault {
    /// Name
    #[arg(long, short)]
    name: String,
    /// Version
    #[arg(long, short)]
    version: i64,
}

impl SetDefault {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let path = session.path(&[NOUN, &format!("{}:set-default", self.name)]);
        let acted = session
            .client
            .post(&path, &json!({ "version": self.version }))
            .await?;
        session.show(acted["pipeline"].clone())
    }
}
