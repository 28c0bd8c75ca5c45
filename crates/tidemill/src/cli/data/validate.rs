//! `tidemill data validate`.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};
use tidemill_profile::expect::{Expectations, Level, Outcome, generate};
use tidemill_profile::{Asked, report};
use tidemill_table::sql::{self, BASELINE, DATA, Mount, Task, Validated};

use super::profile;
use super::table::{Reading, write_report};
use crate::cli::asset::Which;
use crate::error::{Error, FAILED, Result};
use crate::output::{Column, count, write_out};
use crate::session::Session;

/// Check a table against expectations, and against a baseline
///
/// Ends with 1 where an expectation of level error is not met. --generate writes a draft from the table, to be edited and kept
/// with the project. Tables of this machine are checked without a server; versions of data on it, against the version with the
/// label baseline where no other is named, and what was found is kept: `tidemill data history --validations`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill data validate --data january.parquet --generate expectations.yml
  tidemill data validate --data azureml:flights:1 --generate expectations.yml
  tidemill data validate --data july.parquet --expectations expectations.yml --html report.html
  tidemill data validate --data july.parquet --baseline january.parquet --expectations expectations.yml
  tidemill data validate --data azureml:flights:7 --baseline azureml:flights:1 --expectations expectations.yml")]
pub struct Validate {
    /// File or folder of a table, or a version of data as in azureml:flights:7
    #[arg(long, short, value_name = "PATH|ASSET")]
    data: String,
    /// Table to compare it with
    #[arg(long, value_name = "PATH|ASSET")]
    baseline: Option<String>,
    /// YAML of what is expected
    #[arg(long, short, value_name = "FILE", required_unless_present = "generate")]
    expectations: Option<PathBuf>,
    /// Name a further table for rules in SQL, as in weather=weather.parquet
    #[arg(long = "table", value_name = "NAME=PATH")]
    tables: Vec<String>,
    /// Write a draft of expectations here, and check nothing
    #[arg(long, value_name = "FILE", conflicts_with = "expectations")]
    generate: Option<PathBuf>,
    /// Write a page with pictures here
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write report.html, validation.json and profile.json into this folder; may be given again
    #[arg(long, value_name = "FOLDER")]
    report: Vec<PathBuf>,
    #[command(flatten)]
    reading: Reading,
}

impl Validate {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        // A slip in the file is told before anything is read.
        let expectations = self.expectations.as_ref().map(read).transpose()?;
        let Some(expectations) = expectations else {
            let profile = match is_version(&self.data) {
                true => {
                    profile::of_server(session, &self.data, &Asked::default())
                        .await?
                        .1
                }
                false => {
                    let read = self.reading.profile(self.data.as_ref())?;
                    read.finish(&Asked::default())?
                }
            };
            return self.write_draft(session, &generate(&profile));
        };
        self.check_places()?;
        let Validated { validation, profile } = match is_version(&self.data) {
            true => self.there(session, &expectations).await?,
            false => self.here(expectations).await?,
        };
        let title = format!("Validation of {}", self.data);
        let page = report::validation(&title, &validation, &profile);
        if let Some(path) = &self.html {
            write_report(path, &page)?;
            session.note(&format!("Wrote {}", path.display()));
        }
        for folder in &self.report {
            std::fs::create_dir_all(folder).map_err(|error| Error::file("make the folder", folder, error))?;
            write_report(&folder.join("report.html"), &page)?;
            write_report(&folder.join("validation.json"), &json_text(&validation)?)?;
            write_report(&folder.join("profile.json"), &json_text(&profile)?)?;
        }
        if session.output.is_table() {
            let (passed, expected) = (
                if validation.passed { "passed" } else { "failed" },
                validation.outcomes.len(),
            );
            write_out(&format!(
                "{}: {passed}, {} and {} of {expected} expectations\n",
                self.data,
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

    /// Both tables are of this machine, or both are versions.
    fn check_places(&self) -> Result<()> {
        match &self.baseline {
            Some(baseline) if is_version(baseline) != is_version(&self.data) => Err(Error::usage(format!(
                "failed to compare {} with {baseline}: one is a file of this machine, and the other a version of data",
                self.data
            ))
            .with_hint("make a version of the file with `tidemill data create`, or fetch the other one with `tidemill data download`")),
            _ => Ok(()),
        }
    }

    /// Checks tables of this machine.
    async fn here(&self, expectations: Expectations) -> Result<Validated> {
        let reading = self.reading.options()?;
        let mount = |name: &str, path: &str| Mount {
            name: name.to_owned(),
            path: path.into(),
            reading: reading.clone(),
        };
        let mut mounts = vec![mount(DATA, &self.data)];
        mounts.extend(self.baseline.as_deref().map(|path| mount(BASELINE, path)));
        for table in &self.tables {
            let (name, path) = table.split_once('=').ok_or_else(|| {
                Error::usage(format!("failed to read --table `{table}`: expected NAME=PATH"))
            })?;
            mounts.push(mount(name, path));
        }
        let task = Task::Validate(Box::new(sql::Validate { expectations }));
        let bytes = super::rows::bytes_of(task, mounts).await?;
        serde_json::from_slice(&bytes)
            .map_err(|error| Error::failed(format!("failed to read what the validation found: {error}")))
    }

    /// Has a version checked by the server.
    async fn there(&self, session: &Session, expectations: &Expectations) -> Result<Validated> {
        if let Some(table) = self.tables.first() {
            return Err(Error::usage(format!(
                "failed to add the table `{table}`: a version of data is checked with the tables that it holds"
            ))
            .with_hint("name them in the expectations, under `tables`"));
        }
        let which = Which::of_reference(&self.data);
        let (path, _) = which.found(session, super::KIND).await?;
        let body = serde_json::json!({ "expectations": expectations, "baseline": self.baseline });
        let answer = session.client.post(&format!("{path}/validations"), &body).await?;
        serde_json::from_value(answer)
            .map_err(|error| Error::failed(format!("failed to read what the server found: {error}")))
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

fn is_version(data: &str) -> bool {
    data.starts_with("azureml:")
}

fn json_text(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string_pretty(value)
        .map(|text| text + "\n")
        .map_err(|error| Error::failed(format!("failed to write JSON: {error}")))
}

/// Reads expectations; a name that means nothing is an error.
pub(super) fn read(path: &PathBuf) -> Result<Expectations> {
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
