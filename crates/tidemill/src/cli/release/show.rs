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
    #[command(flatten)]
    which: super::Which,
}

impl Show {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        super::named(self.which.text())?;
        session.show(
            session
                .client
                .get(&session.path(&[super::NOUN, self.which.text()]))
                .await?,
        )
    }
}
