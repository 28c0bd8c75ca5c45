//! `tidemill release break-glass list`.

use clap::Args;
use serde_json::Value;

use super::NOUN;
use crate::error::Result;
use crate::output::Column;
use crate::session::Session;

const COLUMNS: &[Column] = &[
    Column::text("id", "id"),
    Column::text("state", "state"),
    Column::text("asked by", "asked_by"),
    Column::text("approved by", "approved_by"),
    Column::text("changes", "uses"),
    Column::text("reason", "reason"),
    Column::time("asked", "asked_at"),
];

/// List when a workspace was opened to changes without a release, why, and who agreed; newest first
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill release break-glass list -w prd")]
pub struct List {}

impl List {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let mut found = session.client.get(&session.path(&[NOUN])).await?;
        let rows = match found["items"].take() {
            Value::Array(rows) => rows,
            _ => Vec::new(),
        };
        session.output.list(rows, COLUMNS)
    }
}
