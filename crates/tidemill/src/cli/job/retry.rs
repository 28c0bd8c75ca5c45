//! `tidemill job retry`.

use clap::Args;

use super::act::act;
use super::stream::follow;
use crate::error::Result;
use crate::session::Session;

/// Run a job again that failed or was cancelled, from its start
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill job retry --name calm_tide_4k7w2hx9qz --stream")]
pub struct Retry {
    /// Name
    #[arg(long, short)]
    name: String,
    /// Show the logs, and wait for the end
    #[arg(long, short)]
    stream: bool,
}

impl Retry {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let view = act(session, &self.name, "retry").await?;
        match self.stream {
            true => follow(session, &self.name).await,
            false => session.show(super::with_id(view)),
        }
    }
}
