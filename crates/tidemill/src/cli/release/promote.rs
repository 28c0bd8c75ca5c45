//! `tidemill release promote`.

use clap::Args;
use serde_json::json;

use super::wait::until_it_rests;
use crate::error::Result;
use crate::session::Session;

/// Bring a release into a stage: the next one where none is named
///
/// Waits until it answers there, or somebody must act first. Ctrl-C leaves it going on.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill release promote flights
  tidemill release promote flights:3 --stage PRD --no-wait")]
pub struct Promote {
    #[command(flatten)]
    which: super::Which,
    /// The stage
    #[arg(long)]
    stage: Option<String>,
    /// Do not wait
    #[arg(long)]
    no_wait: bool,
}

impl Promote {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let view = super::act(
            session,
            self.which.text(),
            "promote",
            json!({ "stage": self.stage }),
        )
        .await?;
        let view = match self.no_wait {
            true => view,
            false => until_it_rests(session, view).await?,
        };
        session.show(view)
    }
}
