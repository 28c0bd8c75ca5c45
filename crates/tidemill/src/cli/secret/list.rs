//! `tidemill secret list`.

use clap::Args;

use crate::cli::args::Most;
use crate::error::Result;
use crate::output::Column;
use crate::session::Session;

const COLUMNS: &[Column] = &[
    Column::text("name", "name"),
    Column::text("version", "version"),
    Column::text("description", "description"),
    Column::time("changed", "updated_at"),
    Column::time("deleted", "deleted_at"),
];

/// List secrets; never their values
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill secret list
  tidemill secret list --group marketing --deleted")]
pub struct List {
    /// Those that were deleted and can be restored
    #[arg(long)]
    deleted: bool,
    #[command(flatten)]
    most: Most,
}

impl List {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let filters: &[(&str, &str)] = if self.deleted { &[("deleted", "true")] } else { &[] };
        let path = super::place(session, &[]);
        let rows = session.client.list(&path, filters, self.most.max_results).await?;
        session.list(rows, COLUMNS)
    }
}
