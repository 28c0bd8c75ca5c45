//! `tidemill data validate`.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};
use tidemill_profile::drift::{DriftOptions, compare};
use tidemill_profile::expect::{Expectations, Level, Outcome, check, generate};
use tidemill_profile::{Asked, report};

use super::table::{Reading, write_report};
use crate::error::{Error, FAILED, Result};
use crate::output::{Column, count, write_out};
use crate::session::Session;

/// Check a table against expectations, and against a baseline
///
/// Ends with 1 where an expectation of level error is not met. --generate writes a draft from the table, to be edited and kept
/// with the project. Works on tables of this machine, without a server.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill data validate --data january.parquet --generate expectations.yml
  tidemill data validate --data july.parquet --expectations expectations.yml --html report.html
  tidemill data validate --data july.parquet --baseline january.parquet --expectations expectations.yml")]
pub struct Validate {
    /// File or folder of a table
    #[arg(long, short, value_name = "PATH")]
    data: PathBuf,
    /// Table to compare it with
    #[arg(long, value_name = "PATH")]
    baseline: Option<PathBuf>,
    /// YAML of what is expected
    #[arg(long, short, value_name = "FILE", required_unless_present = "generate")]
    expectations: Option<PathBuf>,
    /// Write a draft of expectations here, and check nothing
    #[arg(long, value_name = "FILE", conflicts_with = "expectations")]
    generate: Option<PathBuf>,
    /// Write a page with pictures here
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    #[command(flatten)]
    reading: Reading,
}

impl Validate {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        // A slip in the file is told before anything is read.
        let expectations = self.expectations.as_ref().map(read).transpose()?;
        let current = self.reading.profile(&self.data)?;
        let profile = current.finish(&Asked::default())?;
        let Some(expectations) = expectations else {
            return self.write_draft(session, &generate(&profile));
        };
        let baseline = self
            .baseline
            .as_ref()
            .map(|path| self.reading.profile(path))
            .transpose()?;
        let options = expectations
            .drift
            .as_ref()
            .and_then(|drift| drift.options.clone())
            .unwrap_or_default();
        let drift = baseline.map(|baseline| compare(&baseline, &current, &DriftOptions { ..options }));
        let validation = check(&expectations, &profile, drift);
        if let Some(path) = &self.html {
            let title = format!("Validation of {}", self.data.display());
            write_report(path, &report::validation(&title, &validation, &profile))?;
            session.note(&format!("Wrote {}", path.display()));
        }
        if session.output.is_table() {
            let (passed, expected) = (
                if validation.passed { "passed" } else { "failed" },
                validation.outcomes.len(),
            );
            write_out(&format!(
                "{}: {passed}, {} and {} of {expected} expectations\n",
                self.data.display(),
                count(validation.errors as u64, "error"),
                count(validation.warnings as u64, "warning")
            ))?;
            let open: Vec<Value> = validation
                .outcomes
                .iter()
                .filter(|outcome| !outcome.met)
                .map(row)
                .collect();
            if !open.is_empty() {
                write_out("\n")?;
                session.output.list(open, &COLUMNS)?;
            }
        } else {
            let value = serde_json::to_value(&validation);
            session.output.show(
                value.map_err(|error| Error::failed(format!("failed to write the validation: {error}")))?,
            )?;
        }
        if validation.passed {
            Ok(())
        } else {
            Err(Error::Ended(FAILED))
        }
    }

    fn write_draft(&self, session: &Session, draft: &Expectations) -> Result<()> {
        let Some(path) = &self.generate else { return Ok(()) };
        let text = serde_yaml_ng::to_string(draft)
            .map_err(|error| Error::failed(format!("failed to write expectations: {error}")))?;
        let head = "# What the table has to be like. Edit it: bounds are min and max, and `level: warning` makes one a warning.\n";
        std::fs::write(path, format!("{head}{text}")).map_err(|error| Error::file("write", path, error))?;
        session.note(&format!("Wrote {}", path.display()));
        Ok(())
    }
}

/// Reads expectations; a name that means nothing is an error.
fn read(path: &PathBuf) -> Result<Expectations> {
    let text = std::fs::read_to_string(path).map_err(|error| Error::file("read", path, error))?;
    let read: Expectations = serde_yaml_ng::from_str(&text).map_err(|error| {
        Error::usage(format!("failed to read {}: {error}", path.display())).with_hint(
            "`tidemill data validate --generate` writes a file that shows how expectations are written",
        )
    })?;
    match read.mistakes().first() {
        Some(mistake) => Err(Error::usage(format!(
            "failed to read {}: {mistake}",
            path.display()
        ))),
        None => Ok(read),
    }
}

const COLUMNS: [Column; 4] = [
    Column::text("level", "level"),
    Column::text("column", "column"),
    Column::text("expected", "expected"),
    Column::text("found", "found"),
];

fn row(outcome: &Outcome) -> Value {
    json!({
        "level": if outcome.level == Level::Error { "error" } else { "warning" },
        "column": outcome.column.as_deref().unwrap_or("(table)"),
        "expected": outcome.expected,
        "found": outcome.found,
    })
}
