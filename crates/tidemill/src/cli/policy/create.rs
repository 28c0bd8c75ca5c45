//! `tidemill policy create`.

use clap::Args;
use tidemill_spec::kinds::Family;

use crate::cli::args::Written;
use crate::document;
use crate::error::Result;
use crate::session::Session;

/// Set the policy of the workspace, in place of the one that it has
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill policy create -f policy.yml
  tidemill policy create --set quota.user_jobs=4 budget.month=500 prices.local=0.4")]
pub struct Create {
    #[command(flatten)]
    written: Written,
}

impl Create {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let changes = self.written.set.overrides()?;
        let loaded = document::load(self.written.file.as_deref(), &changes, Family::Policy)?;
        document::tell(session, &loaded);
        let body = document::body(&loaded.spec)?;
        session.show(
            session
                .client
                .put(&session.path(&["policy"]), &body, None)
                .await?,
        )
    }
}
