//! `tidemill release show`.

use clap::Args;

use crate::error::Result;
use crate::session::Session;

/// Show a release: what it carries, where it stands, its gates and all that happened
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill release show flights
  tidemill release show flights:3 --query \"stages[].{stage: stage, state: state, reason: reason}\"")]
pub struct Show {
    /// The release, such as flights (its newest number) or flights:3
    release: String,
}

impl Show {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        super::named(&self.release)?;
        session.show(
            session
                .client
                .get(&session.path(&[super::NOUN, &self.release]))
                .await?,
        )
    }
}
