//! `tidemill data history`.

use std::path::PathBuf;

use clap::Args;
use serde_json::Value;

use crate::client::query;
use crate::error::{Error, Result};
use crate::output::Column;
use crate::session::Session;

/// Show the statistics of a data asset over its versions, or what its validations found
///
/// Every version that is profiled or validated on the server adds its rows. --output-file writes them for other tools: .csv, .jsonl,
/// .arrow or .parquet.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill data history flights --column arr_delay --statistic mean
  tidemill data history flights --validations
  tidemill data history flights --output-file history.parquet")]
pub struct History {
    /// Name of the data asset
    name: String,
    /// Rows of this column alone
    #[arg(long, value_name = "COLUMN")]
    column: Option<String>,
    /// Rows of this statistic alone, such as mean or missing_share
    #[arg(long, value_name = "NAME", conflicts_with = "validations")]
    statistic: Option<String>,
    /// What validations found, instead of statistics
    #[arg(long)]
    validations: bool,
    /// Write all of it to a file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["column", "statistic"])]
    output_file: Option<PathBuf>,
}

const STATISTICS: [Column; 5] = [
    Column::text("version", "version"),
    Column::text("table", "table"),
    Column::text("column", "column"),
    Column::text("statistic", "statistic"),
    Column::text("value", "value"),
];

const VALIDATIONS: [Column; 7] = [
    Column::time("validated", "validated_at"),
    Column::text("version", "version"),
    Column::text("baseline", "baseline"),
    Column::text("met", "met"),
    Column::text("column", "column"),
    Column::text("expected", "expected"),
    Column::text("found", "found"),
];

impl History {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let path = session.path(&["data", &self.name, "history"]);
        let of = if self.validations {
            "validations"
        } else {
            "statistics"
        };
        if let Some(file) = &self.output_file {
            let format = match file
                .extension()
                .and_then(|ending| ending.to_str())
                .unwrap_or_default()
            {
                "csv" => "csv",
                "jsonl" | "ndjson" => "json_lines",
                "arrow" | "feather" => "arrow",
                "parquet" => "parquet",
                _ => {
                    return Err(Error::usage(format!(
                        "failed to write {}: its ending says no format",
                        file.display()
                    ))
                    .with_hint("write .csv, .jsonl, .arrow or .parquet"));
                }
            };
            let asked = query(&[("of", of), ("format", format), ("rows", "10000000")]);
            session
                .client
                .download(&format!("{path}{asked}"), file, &|_| {})
                .await?;
            session.note(&format!("Wrote {}", file.display()));
            return Ok(());
        }
        let mut answer = session
            .client
            .get(&format!("{path}{}", query(&[("of", of)])))
            .await?;
        let Value::Array(mut rows) = answer["rows"].take() else {
            return Err(Error::failed("failed to read the history: it has no rows"));
        };
        let is = |row: &Value, field: &str, wanted: &Option<String>| {
            wanted.as_deref().is_none_or(|wanted| row[field] == wanted)
        };
        rows.retain(|row| is(row, "column", &self.column) && is(row, "statistic", &self.statistic));
        session.output.list(
            rows,
            if self.validations {
                &VALIDATIONS
            } else {
                &STATISTICS
            },
        )
    }
}
