//! `tidemill policy tags`.

use clap::Args;
use serde_json::Value;

use crate::error::Result;
use crate::output::Column;
use crate::session::Session;

const COLUMNS: &[Column] = &[
    Column::text("rule", "name"),
    Column::text("of", "of"),
    Column::text("tag", "tag"),
    Column::text("pattern", "pattern"),
    Column::text("effect", "effect"),
    Column::text("checked", "checked"),
];

/// Show the rules for tags and names that hold in the workspace: its own, and those of its group
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidemill policy tags\n  tidemill policy tags -o json --query \"[?effect=='refuse']\""
)]
pub struct Tags {}

impl Tags {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let mut rules = session.client.get(&session.path(&["policy", "tags"])).await?;
        match rules["items"].take() {
            Value::Array(rows) => session.output.list(rows, COLUMNS),
            _ => session.output.list(Vec::new(), COLUMNS),
        }
    }
}
