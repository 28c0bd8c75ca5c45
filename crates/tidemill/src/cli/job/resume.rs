//! `tidemill job resume`.

use clap::Args;

use super::act::act;
use super::stream::follow;
use crate::error::Result;
use crate::session::Session;

/// Go on with a pipeline that failed: steps that completed are kept
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill job resume --name calm_tide_4k7w2hx9qz --stream")]
pub struct Resume {
    /// Name
    #[arg(long, short)]
    name: String,
    /// Show the logs, and wait for the end
    #[arg(long, short)]
    stream: bool,
}

impl Resume {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let view = act(session, &self.name, "resume").await?;
        match self.stream {
            true => follow(session, &self.name).await,
            false => session.show(super::with_id(view)),
        }
    }
}
