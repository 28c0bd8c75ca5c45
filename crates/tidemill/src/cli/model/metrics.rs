//! `tidemill model metrics`.

use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

use crate::error::Result;
use crate::output::{self, text};
use crate::session::Session;

/// Show the metric history of a model: what each validation found, newest first
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidemill model metrics --name flights-delay\n  tidemill model metrics --name flights-delay --format csv > history.csv"
)]
pub struct Metrics {
    /// Name
    #[arg(long, short)]
    name: String,
    /// Of this version alone
    #[arg(long, short)]
    version: Option<u32>,
    /// Write all of it as a table for programs
    #[arg(long, value_enum)]
    format: Option<Format>,
}

/// How a history is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Comma-separated values with a head.
    Csv,
}

impl Metrics {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let mut path = session.path(&["models", &self.name, "validations"]);
        if let Some(version) = self.version {
            path += &format!("?version={version}");
        }
        let found = session.client.get(&path).await?;
        let rows: Vec<Value> = found["items"].as_array().into_iter().flatten().map(row).collect();
        if self.format == Some(Format::Csv) {
            return output::write_out(&csv(&rows));
        }
        session.show(Value::Array(rows))
    }
}

/// One validation as a flat row: what it was, then its metrics.
fn row(view: &Value) -> Value {
    let mut row = Map::new();
    for field in [
        "id",
        "model",
        "version",
        "state",
        "data",
        "champion",
        "digest",
        "created_by",
    ] {
        row.insert(field.into(), json!(text(view, field)));
    }
    let at = view["created_at"]
        .as_i64()
        .and_then(|at| jiff::Timestamp::from_millisecond(at).ok());
    row.insert("at".into(), json!(at.map(|at| at.to_string())));
    for (name, value) in view["metrics"].as_object().into_iter().flatten() {
        row.insert(name.clone(), value.clone());
    }
    Value::Object(row)
}

fn csv(rows: &[Value]) -> String {
    let mut columns: Vec<&str> = Vec::new();
    for row in rows.iter().filter_map(Value::as_object) {
        for name in row.keys() {
            if !columns.contains(&name.as_str()) {
                columns.push(name);
            }
        }
    }
    let quoted = |text: &str| match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    };
    let mut out: String = columns
        .iter()
        .map(|name| quoted(name))
        .collect::<Vec<_>>()
        .join(",")
        + "\n";
    for row in rows {
        let cells = columns.iter().map(|name| match &row[*name] {
            Value::Null => String::new(),
            Value::String(text) => quoted(text),
            value => value.to_string(),
        });
        out += &(cells.collect::<Vec<_>>().join(",") + "\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_is_one_table_whatever_was_measured() {
        let rows = [
            row(
                &json!({"id": "2", "model": "m", "version": "2", "state": "Passed", "data": "azureml:d:2", "created_at": 0, "metrics": {"f1": 0.5}}),
            ),
            row(
                &json!({"id": "1", "model": "a,b", "version": "1", "state": "Failed", "data": "azureml:d:1", "created_at": 0, "metrics": {"rmse": 2}}),
            ),
        ];
        let text = csv(&rows);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[0],
            "id,model,version,state,data,champion,digest,created_by,at,f1,rmse"
        );
        assert_eq!(lines[1], "2,m,2,Passed,azureml:d:2,,,,1970-01-01T00:00:00Z,0.5,");
        assert_eq!(
            lines[2],
            "1,\"a,b\",1,Failed,azureml:d:1,,,,1970-01-01T00:00:00Z,,2"
        );
    }
}
