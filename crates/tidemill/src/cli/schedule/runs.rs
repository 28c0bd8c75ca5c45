//! `tidemill schedule runs`.

use clap::Args;
use serde_json::Value;

use super::NOUN;
use super::times::utc;
use crate::error::Result;
use crate::output::Column;
use crate::session::Session;

const COLUMNS: &[Column] = &[
    Column::text("due", "due"),
    Column::text("why", "why"),
    Column::text("job", "job"),
    Column::text("state", "state"),
    Column::text("job status", "job_status"),
    Column::text("missed", "missed"),
    Column::text("reason", "reason"),
];

/// List what a schedule did, newest first: when it fell due, and the job that it submitted
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill schedule runs --name nightly -o table")]
pub struct Runs {
    /// Name
    #[arg(long, short)]
    name: String,
    /// Rows at most
    #[arg(long, short = 'r', value_name = "COUNT", default_value_t = 100)]
    max_results: u64,
}

impl Runs {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let path = session.path(&[NOUN, &self.name, "runs"]);
        let mut found = session
            .client
            .get(&format!("{path}?limit={}", self.max_results))
            .await?;
        let mut rows = match found["items"].take() {
            Value::Array(rows) => rows,
            _ => Vec::new(),
        };
        for row in &mut rows {
            row["due"] = utc(&row["due_at"]).into();
        }
        session.output.list(rows, COLUMNS)
    }
}
