//! `tidemill compute list`.

use clap::Args;

use crate::cli::args::Most;
use crate::error::Result;
use crate::output::text;
use crate::session::Session;

/// List computes
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidemill compute list\n  tidemill compute list --type amlcompute --query \"[].name\" -o tsv"
)]
pub struct List {
    /// Only of this type
    #[arg(long, short)]
    r#type: Option<String>,
    #[command(flatten)]
    most: Most,
}

impl List {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let mut rows = session
            .client
            .list(&session.path(&["computes"]), &[], None)
            .await?;
        if let Some(wanted) = &self.r#type {
            rows.retain(|row| text(row, "type").is_some_and(|kind| kind.eq_ignore_ascii_case(wanted)));
        }
        rows.truncate(self.most.max_results.unwrap_or(usize::MAX));
        let rows = rows.into_iter().map(|row| super::view(session, row)).collect();
        session.list(rows, super::COLUMNS)
    }
}
