//! `tidemill data history`.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use crate::client::query;
use crate::error::{Error, Result};
use crate::output::Column;
use crate::session::Session;

/// Show the statistics of a data asset over its versions, or what its validations found
///
/// Every version that is profiled or validated on the server adds its rows, and so does every step `type: validate` of a pipeline.
/// --verdicts has a row for each validation, --alarms the columns that have drifted in several versions in a row. --output-file writes
/// statistics, --validations or --drift for other tools: .csv, .json, .jsonl, .arrow or .parquet.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill data history flights --column arr_delay --statistic mean
  tidemill data history flights --verdicts
  tidemill data history flights --drift --column arr_delay
  tidemill data history flights --alarms
  tidemill data history flights --report 01K6ZQ8M3Y1V2T9D5XW7R4NHCB --output-file report.html
  tidemill data history flights --output-file history.parquet")]
pub struct History {
    /// Name of the data asset
    #[arg(required_unless_present = "name")]
    data: Option<String>,
    /// The same, written as an option
    #[arg(long, short, value_name = "DATA", conflicts_with = "data")]
    name: Option<String>,
    /// Rows of this column alone
    #[arg(long, value_name = "COLUMN")]
    column: Option<String>,
    /// Rows of this statistic alone, such as mean or missing_share
    #[arg(long, value_name = "NAME", conflicts_with_all = ["validations", "drift", "verdicts", "alarms", "report"])]
    statistic: Option<String>,
    /// What validations found, expectation by expectation
    #[arg(long, conflicts_with_all = ["drift", "verdicts", "alarms", "report"])]
    validations: bool,
    /// How columns differed from the baseline
    #[arg(long, conflicts_with_all = ["verdicts", "alarms", "report"])]
    drift: bool,
    /// The verdict of each validation, the youngest first
    #[arg(long, conflicts_with_all = ["alarms", "report", "column"])]
    verdicts: bool,
    /// Columns that alarm, the youngest first
    #[arg(long, conflicts_with = "report")]
    alarms: bool,
    /// Write the page of this validation to --output-file
    #[arg(long, value_name = "ID", conflicts_with = "column", requires = "output_file")]
    report: Option<String>,
    /// Write all of it to a file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["column", "statistic", "verdicts", "alarms"])]
    output_file: Option<PathBuf>,
}

/// Rows of a file: all of them.
const ALL: &str = "10000000";
/// Names that a hint lists.
const NAMED: usize = 30;

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

const DRIFT: [Column; 8] = [
    Column::text("version", "version"),
    Column::text("table", "table"),
    Column::text("column", "column"),
    Column::text("verdict", "verdict"),
    Column::text("psi", "psi"),
    Column::text("wasserstein", "wasserstein"),
    Column::text("moved the most", "moved"),
    Column::text("versions in a row", "windows"),
];

const VERDICTS: [Column; 8] = [
    Column::text("id", "id"),
    Column::time("validated", "validated_at"),
    Column::text("version", "version"),
    Column::text("table", "table"),
    Column::text("passed", "passed"),
    Column::text("errors", "errors"),
    Column::text("drifted", "drifted"),
    Column::text("job", "job"),
];

const ALARMS: [Column; 6] = [
    Column::time("validated", "validated_at"),
    Column::text("version", "version"),
    Column::text("table", "table"),
    Column::text("column", "column"),
    Column::text("versions in a row", "windows"),
    Column::text("since version", "since"),
];

impl History {
    fn name(&self) -> &str {
        self.data.as_deref().or(self.name.as_deref()).unwrap_or_default()
    }

    pub(super) async fn run(self, session: &Session) -> Result<()> {
        if let (Some(id), Some(file)) = (&self.report, &self.output_file) {
            let path = session.path(&["data", self.name(), "validations", id, "report"]);
            session.client.download(&path, file, &|_| {}).await?;
            session.note(&format!("Wrote {}", file.display()));
            return Ok(());
        }
        if self.verdicts || self.alarms {
            return self.verdicts(session).await;
        }
        let path = session.path(&["data", self.name(), "history"]);
        let of = match (self.validations, self.drift) {
            (true, _) => "validations",
            (_, true) => "drift",
            _ => "statistics",
        };
        if let Some(file) = &self.output_file {
            let format = format(file)?;
            let asked = query(&[("of", of), ("format", format), ("rows", ALL)]);
            if format == "json" {
                let mut answer = session.client.get(&format!("{path}{asked}")).await?;
                super::table::write_report(file, &format!("{}\n", answer["rows"].take()))?;
                session.note(&format!("Wrote {}", file.display()));
                return Ok(());
            }
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
        for (field, wanted) in [("column", &self.column), ("statistic", &self.statistic)] {
            self.check(&rows, field, wanted.as_deref())?;
            rows.retain(|row| is(row, field, wanted));
        }
        match of {
            "validations" => session.output.list(rows, &VALIDATIONS),
            "drift" => {
                if session.output.is_table() {
                    rows.iter_mut().for_each(brief);
                }
                session.output.list(rows, &DRIFT)
            }
            _ => session.output.list(rows, &STATISTICS),
        }
    }

    /// Refuses a name that no row has.
    fn check(&self, rows: &[Value], field: &str, wanted: Option<&str>) -> Result<()> {
        let Some(wanted) =
            wanted.filter(|wanted| !rows.is_empty() && rows.iter().all(|row| row[field] != *wanted))
        else {
            return Ok(());
        };
        let mut names: Vec<&str> = Vec::new();
        for name in rows.iter().filter_map(|row| row[field].as_str()) {
            if !name.is_empty() && !names.contains(&name) && names.len() < NAMED {
                names.push(name);
            }
        }
        Err(Error::failed(format!(
            "failed to show the {field} `{wanted}`: the history of {} has none of that name",
            self.name()
        ))
        .with_hint(format!("it has {}", names.join(", "))))
    }

    /// Validations, or the alarms of each.
    async fn verdicts(&self, session: &Session) -> Result<()> {
        let path = session.path(&["data", self.name(), "validations"]);
        let mut rows = session.client.list(&path, &[], None).await?;
        if self.alarms {
            rows = rows.iter().flat_map(alarms_of).collect();
            rows.retain(|row| {
                self.column
                    .as_deref()
                    .is_none_or(|column| row["column"] == column)
            });
            return session.output.list(rows, &ALARMS);
        }
        if session.output.is_table() {
            for row in &mut rows {
                let names: Vec<&str> = row["drifted"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .collect();
                row["drifted"] = names.join(", ").into();
            }
        }
        session.output.list(rows, &VERDICTS)
    }
}

fn format(file: &std::path::Path) -> Result<&'static str> {
    let ending = file
        .extension()
        .and_then(|ending| ending.to_str())
        .unwrap_or_default();
    match ending {
        "csv" => Ok("csv"),
        "json" => Ok("json"),
        "jsonl" | "ndjson" => Ok("json_lines"),
        "arrow" | "feather" => Ok("arrow"),
        "parquet" => Ok("parquet"),
        _ => Err(Error::usage(format!(
            "failed to write {}: its ending says no format",
            file.display()
        ))
        .with_hint("write .csv, .json, .jsonl, .arrow or .parquet")),
    }
}

/// Figures as people read them, and what moved in words.
fn brief(row: &mut Value) {
    for name in ["psi", "wasserstein"] {
        row[name] = match row[name].as_f64() {
            Some(value) if value > 1e300 => "far".into(),
            Some(value) => format!("{value:.2}").into(),
            None => Value::Null,
        };
    }
    let percent = |value: &Value| value.as_f64().map(|share| format!("{:.0}%", share * 100.0));
    let moved = (percent(&row["moved_before"]), percent(&row["moved_now"]));
    row["moved"] = match (row["verdict"].as_str(), moved) {
        (Some("drifted"), (Some(before), Some(now))) => {
            let bin = row["moved"].as_str().unwrap_or_default();
            format!("{bin} {before} → {now}").into()
        }
        _ => Value::Null,
    };
}

fn alarms_of(row: &Value) -> Vec<Value> {
    let alarm = |alarm: &Value| {
        json!({
            "validated_at": row["validated_at"], "version": row["version"], "table": row["table"], "validation": row["id"],
            "column": alarm["column"], "windows": alarm["windows"], "since": alarm["since"],
        })
    };
    row["alarms"]
        .as_array()
        .into_iter()
        .flatten()
        .map(alarm)
        .collect()
}
