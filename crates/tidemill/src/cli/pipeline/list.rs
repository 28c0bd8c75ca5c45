//! `tidemill pipeline list`.

use clap::Args;
use serde_json::Value;

use super::NOUN;
use crate::error::Result;
use crate::session::Session;

/// List published pipelines, each with what became of the last model that it made
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidemill pipeline list -w prd")]
pub struct List {}

impl List {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let mut found = session.client.get(&session.path(&[NOUN])).await?;
        let mut rows = match found["items"].take() {
            Value::Array(rows) => rows,
            _ => Vec::new(),
        };
        for row in &mut rows {
            row["last_candidate"] = row["candidates"][0]["state"].clone();
            row["last_release"] = row["candidates"][0]["release"].clone();
        }
        session.output.list(rows, super::COLUMNS)
    }
}
