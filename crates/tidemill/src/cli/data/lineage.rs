//! `tidemill data lineage`.

use clap::Args;

use crate::cli::asset::Which;
use crate::cli::lineage::LineageOptions;
use crate::error::Result;
use crate::session::Session;

/// Show where a version comes from, and what came of it: jobs, models, deployments, endpoints, releases
///
/// What you may not see is counted and not shown.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill data lineage --name flights --version 3
  tidemill data lineage --name flights --direction down -o json
  tidemill data lineage --name flights --format openlineage > events.ndjson
  tidemill data lineage --name flights --post http://127.0.0.1:5000")]
pub struct Lineage {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    options: LineageOptions,
}

impl Lineage {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        self.options.run(session, super::KIND, &self.which).await
    }
}
