//! `tidemill workspace list`.

use clap::Args;

use crate::cli::args::Most;
use crate::error::Result;
use crate::output::text;
use crate::session::Session;

/// List workspaces
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidemill workspace list\n  tidemill workspace list -g marketing --query \"[].name\" -o tsv"
)]
pub struct List {
    /// Those that were deleted and can be recovered
    #[arg(long)]
    deleted: bool,
    #[command(flatten)]
    most: Most,
}

impl List {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let asked: &[(&str, &str)] = if self.deleted { &[("deleted", "true")] } else { &[] };
        let mut rows = session.client.list("/workspaces", asked, None).await?;
        if let Some(group) = &session.group {
            rows.retain(|row| text(row, "group") == Some(group));
        }
        rows.truncate(self.most.max_results.unwrap_or(usize::MAX));
        let rows = rows.into_iter().map(|row| super::view(session, row)).collect();
        session.list(
            rows,
            if self.deleted {
                super::DELETED
            } else {
                super::COLUMNS
            },
        )
    }
}
