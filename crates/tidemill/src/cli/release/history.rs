//! `tidemill release history`.

use clap::Args;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::output::Column;
use crate::session::Session;

const COLUMNS: &[Column] = &[
    Column::time("when", "at"),
    Column::text("release", "release"),
    Column::text("stage", "stage"),
    Column::text("what", "kind"),
    Column::text("who", "who"),
    Column::text("why", "why"),
];

/// Show what happened to releases in the workspace, newest first: what answered when, why, and who agreed
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill release history -w prd
  tidemill release history -w prd --at 2026-03-01T12:00:00Z --query \"[?kind=='live'] | [0]\"")]
pub struct History {
    /// What happened up to this moment
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

impl History {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let until = match self.at {
            None => String::new(),
            Some(text) => {
                let time: jiff::Timestamp = text.parse().map_err(|error| {
                    Error::usage(&format!(
                        "failed to read --at {text}: {error}; write it as 2026-03-01T12:00:00Z"
                    ))
                })?;
                format!("?until={}", time.as_millisecond())
            }
        };
        let path = session.path(&["release-history"]);
        let mut found = session.client.get(&format!("{path}{until}")).await?;
        let Value::Array(mut rows) = found["items"].take() else {
            return session.output.list(Vec::new(), COLUMNS);
        };
        if session.output.is_table() {
            for row in &mut rows {
                let detail = &row["detail"];
                let why = ["why", "comment", "deployment"]
                    .iter()
                    .find_map(|field| detail[field].as_str());
                row["why"] = why.unwrap_or_default().into();
            }
        }
        session.output.list(rows, COLUMNS)
    }
}
