//! `tidemill workspace list`.

use clap::Args;
use serde_json::Value;

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
    /// Only of these kinds: default, hub, project; with a comma between them
    #[arg(long, value_name = "KINDS", value_delimiter = ',')]
    filtered_kinds: Vec<String>,
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
        if !self.filtered_kinds.is_empty() {
            let kind = |row: &Value| {
                let kind = row.pointer("/spec/kind").and_then(Value::as_str);
                kind.unwrap_or("default").to_owned()
            };
            let is_wanted = |row: &Value| {
                self.filtered_kinds
                    .iter()
                    .any(|wanted| wanted.eq_ignore_ascii_case(&kind(row)))
            };
            rows.retain(is_wanted);
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
