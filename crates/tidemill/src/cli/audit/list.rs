//! `tidemill audit list`.

use clap::Args;
use serde_json::Value;

use super::Rows;
use crate::error::Result;
use crate::output::Column;
use crate::session::Session;

/// So many rows are shown when nothing else is said.
const MOST: usize = 50;

const COLUMNS: &[Column] = &[
    Column::text("row", "seq"),
    Column::time("time", "time"),
    Column::text("principal", "principal"),
    Column::text("action", "action"),
    Column::text("scope", "scope"),
    Column::text("outcome", "outcome"),
    Column::text("from", "from"),
];

/// List rows of the audit log, newest first
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill audit list --since 1d
  tidemill audit list --outcome refused --principal job:default/train-7
  tidemill audit list --action \"datastores/*\" --scope /workspaces/default -o json")]
pub struct List {
    #[command(flatten)]
    rows: Rows,
    /// Rows at most [default: 50]
    #[arg(long, short = 'r', value_name = "COUNT")]
    max_results: Option<usize>,
}

impl List {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let given = self.rows.filters();
        let filters: Vec<(&str, &str)> = given
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let most = self.max_results.unwrap_or(MOST);
        let rows = session.client.list("/audit", &filters, Some(most)).await?;
        let full = rows.len() == most && self.max_results.is_none();
        session
            .output
            .list(rows.into_iter().map(view).collect(), COLUMNS)?;
        if full && crate::terminal::is_watched() {
            session.note(&format!(
                "The newest {MOST}; --max-results shows more, and `tidemill audit export` all."
            ));
        }
        Ok(())
    }
}

/// The row with its time as text, and where it came from in one word.
fn view(mut row: Value) -> Value {
    let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let time = row["at"]
        .as_i64()
        .and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok())
        .map(|time| format!("{time:.3}"));
    let from = format!("{} {}", text("surface"), text("address"));
    row["time"] = time.into();
    row["from"] = from.trim().into();
    row
}
