//! `tidemill policy usage`.

use clap::Args;
use serde_json::Value;

use crate::error::Result;
use crate::output::Column;
use crate::session::Session;

const COLUMNS: &[Column] = &[
    Column::text("of", "of"),
    Column::text("jobs", "shown_jobs"),
    Column::text("nodes", "shown_nodes"),
    Column::text("spent this month", "shown_spent"),
];

/// Show what is in use of the workspace, of how much, and what was spent this month
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidemill policy usage\n  tidemill policy usage -o json --query \"[?user!=null]\""
)]
pub struct Usage {}

impl Usage {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let mut usage = session.client.get(&session.path(&["policy", "usage"])).await?;
        let Value::Array(mut rows) = usage["items"].take() else {
            return session.output.list(Vec::new(), COLUMNS);
        };
        if session.output.is_table() {
            rows.iter_mut().for_each(shown);
        }
        session.output.list(rows, COLUMNS)
    }
}

/// Adds `2 of 4` where there is a limit.
fn shown(row: &mut Value) {
    let of = |have: String, most: &Value| match most.is_null() {
        true => have,
        false => format!("{have} of {most}"),
    };
    row["of"] = row["user"].as_str().unwrap_or("workspace").into();
    row["shown_jobs"] = of(row["jobs"].to_string(), &row["most_jobs"]).into();
    row["shown_nodes"] = of(row["nodes"].to_string(), &row["most_nodes"]).into();
    let spent = format!("{:.2}", row["spent"].as_f64().unwrap_or_default());
    row["shown_spent"] = of(spent, &row["budget"]).into();
}
