//! Answers of queries: run here or by the server, printed or written to a file.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clap::Args;
use futures::StreamExt;
use reqwest::Method;
use serde_json::{Value, json};
use tidemill_table::sql::{Answered, Format, Limits, Mount, Task, late, run};

use crate::error::{Error, Result};
use crate::output::{count, write_out};
use crate::session::Session;

/// How long a query may still go on when its time is over, before it is left alone.
const GRACE: Duration = Duration::from_secs(1);

/// Where an answer goes, and what it may take.
#[derive(Debug, Clone, Args)]
pub(super) struct Answering {
    /// Write the answer to a file: .csv, .json, .jsonl, .arrow, .feather or .parquet; - writes CSV to standard output
    #[arg(long, value_name = "FILE")]
    output_file: Option<PathBuf>,
    /// Time after which it is cancelled [default: 1min, or what the server allows]
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    time_limit: Option<Duration>,
}

/// Rows that a terminal or a program reads, where nothing else is asked for.
pub(super) const SHOWN: u64 = 1000;

impl Answering {
    /// The format of the answer: an object for what is printed.
    fn format(&self) -> Result<Format> {
        let Some(path) = &self.output_file else {
            return Ok(Format::Answer);
        };
        if path == Path::new("-") {
            return Ok(Format::Csv);
        }
        let ending = path
            .extension()
            .and_then(|ending| ending.to_str())
            .unwrap_or_default();
        match ending.to_ascii_lowercase().as_str() {
            "csv" => Ok(Format::Csv),
            "json" => Ok(Format::Json),
            "jsonl" | "ndjson" => Ok(Format::JsonLines),
            "arrow" | "feather" => Ok(Format::Arrow),
            "parquet" => Ok(Format::Parquet),
            _ => Err(Error::usage(format!(
                "failed to write the answer to {}: its ending says no format",
                path.display()
            ))
            .with_hint("write .csv, .json, .jsonl, .arrow or .parquet")),
        }
    }

    /// Runs a task over files of this machine.
    pub(super) async fn here(
        &self,
        session: &Session,
        task: Task,
        mounts: Vec<Mount>,
        rows: Option<u64>,
        threads: Option<usize>,
    ) -> Result<()> {
        let format = self.format()?;
        let limits = Limits {
            rows: rows.unwrap_or(match format {
                Format::Answer => SHOWN,
                _ => u64::MAX,
            }),
            answer_bytes: u64::MAX,
            time_ms: self
                .time_limit
                .map_or(u64::MAX >> 20, |time| time.as_millis() as u64),
            threads,
            ..Limits::default()
        };
        let (target, held) = (self.output_file.clone(), Shared::default());
        let shared = held.clone();
        let part = target
            .as_ref()
            .filter(|path| *path != Path::new("-"))
            .map(|path| part_of(path));
        let written = part.clone();
        let work = move || {
            let mut make = || -> std::io::Result<Box<dyn Write + Send>> {
                match (&target, &part) {
                    (_, Some(part)) => Ok(Box::new(BufWriter::new(File::create(part)?))),
                    (Some(_), None) => Ok(Box::new(BufWriter::new(std::io::stdout()))),
                    (None, None) => {
                        shared.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
                        Ok(Box::new(shared.clone()))
                    }
                }
            };
            run(&task, &mounts, &limits, format, &mut make)
        };
        let working = tokio::task::spawn_blocking(work);
        let ended = match self.time_limit {
            // What does not let go ends with this process.
            Some(time) => match tokio::time::timeout(time + GRACE, working).await {
                Ok(ended) => ended,
                Err(_) => Ok(Err(late(time.as_millis() as u64))),
            },
            None => working.await,
        };
        let ended = ended.map_err(|error| Error::failed(format!("failed to run the query: {error}")))?;
        let answered = match (ended, &written) {
            (Ok(answered), _) => answered,
            (Err(failure), part) => {
                if let Some(part) = part {
                    // What was written means nothing; it may not even be there.
                    let _ = std::fs::remove_file(part);
                }
                return Err(failure.into());
            }
        };
        match (&self.output_file, written) {
            (Some(path), Some(part)) => {
                std::fs::rename(&part, path).map_err(|error| Error::file("write", path, error))?;
                wrote(session, path, &answered);
                self.summary(session, answered.summary)
            }
            (Some(_), None) => self.summary(session, answered.summary),
            (None, _) => {
                let bytes = held.0.lock().unwrap_or_else(PoisonError::into_inner);
                print(session, serde_json::from_slice(&bytes).map_err(unread)?)
            }
        }
    }

    /// Asks the server; `path` is `data:query` or `data:diff`.
    pub(super) async fn there(
        &self,
        session: &Session,
        path: &str,
        mut body: Value,
        rows: Option<u64>,
    ) -> Result<()> {
        let format = self.format()?;
        let word = match format {
            Format::Answer => "json",
            Format::Json => {
                return Err(Error::usage(
                    "failed to write the answer: the server gives .jsonl, .csv, .arrow and .parquet",
                ));
            }
            Format::JsonLines => "json_lines",
            Format::Csv => "csv",
            Format::Arrow => "arrow",
            Format::Parquet => "parquet",
        };
        if let Some(fields) = body.as_object_mut() {
            fields.insert("format".into(), word.into());
            if let Some(rows) = rows {
                fields.insert("rows".into(), rows.into());
            }
            if let Some(time) = self.time_limit {
                fields.insert("time_s".into(), time.as_secs().max(1).into());
            }
        }
        let address = format!(
            "/workspaces/{}/{path}",
            crate::client::path(&[&session.workspace]).trim_start_matches('/')
        );
        let request = session.client.request(Method::POST, &address).json(&body);
        let Some(target) = &self.output_file else {
            return print(session, session.client.json(request).await?);
        };
        let response = session.client.send(request).await?;
        let header = |name: &str| {
            let value = response.headers().get(name)?.to_str().ok()?;
            Some(value.to_owned())
        };
        let answered = Answered {
            columns: Vec::new(),
            row_count: header("x-tidemill-rows")
                .and_then(|rows| rows.parse().ok())
                .unwrap_or(0),
            truncated: header("x-tidemill-truncated").is_some_and(|said| said == "true"),
            bytes: 0,
            summary: None,
        };
        let to_file = target != Path::new("-");
        let part = part_of(target);
        let mut to: Box<dyn Write> = match to_file {
            true => Box::new(BufWriter::new(
                File::create(&part).map_err(|error| Error::file("write", &part, error))?,
            )),
            false => Box::new(std::io::stdout()),
        };
        let mut pieces = response.bytes_stream();
        while let Some(piece) = pieces.next().await {
            let piece =
                piece.map_err(|error| Error::failed(format!("failed to fetch the answer: {error}")))?;
            to.write_all(&piece)
                .map_err(|error| Error::file("write", &part, error))?;
        }
        to.flush().map_err(|error| Error::file("write", &part, error))?;
        drop(to);
        if to_file {
            std::fs::rename(&part, target).map_err(|error| Error::file("write", target, error))?;
            wrote(session, target, &answered);
        }
        Ok(())
    }

    fn summary(&self, session: &Session, summary: Option<Value>) -> Result<()> {
        match summary {
            Some(summary) => session.output.show(summary),
            None => Ok(()),
        }
    }
}

/// Runs a task over tables of this machine, and gives the bytes of its answer.
pub(super) async fn bytes_of(task: Task, mounts: Vec<Mount>) -> Result<Vec<u8>> {
    let held = Shared::default();
    let shared = held.clone();
    let limits = Limits {
        answer_bytes: u64::MAX,
        time_ms: u64::MAX >> 20,
        ..Limits::default()
    };
    let work = move || {
        let mut make = || -> std::io::Result<Box<dyn Write + Send>> {
            shared.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
            Ok(Box::new(shared.clone()))
        };
        run(&task, &mounts, &limits, Format::Answer, &mut make)
    };
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Error::failed(format!("failed to read the tables: {error}")))??;
    let mut bytes = held.0.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(std::mem::take(&mut *bytes))
}

fn part_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.part", std::process::id()));
    path.with_file_name(name)
}

fn wrote(session: &Session, path: &Path, answered: &Answered) {
    let rows = count(answered.row_count, "row");
    let left_out = if answered.truncated {
        "; more were left out"
    } else {
        ""
    };
    session.note(&format!("Wrote {} ({rows}{left_out})", path.display()));
}

fn unread(error: serde_json::Error) -> Error {
    Error::failed(format!("failed to read the answer: {error}"))
}

/// Prints rows, and says where some were left out.
fn print(session: &Session, mut answer: Value) -> Result<()> {
    let truncated = answer["truncated"] == json!(true);
    let rows = match answer["rows"].take() {
        Value::Array(rows) => rows,
        _ => return Err(Error::failed("failed to read the answer: it has no rows")),
    };
    let shown = count(rows.len() as u64, "row");
    if !answer["summary"].is_null() {
        return differences(session, answer["summary"].take(), rows, truncated);
    }
    if rows.is_empty() && session.output.is_table() {
        let names: Vec<&str> = answer["columns"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|column| column["name"].as_str())
            .collect();
        return write_out(&format!("No rows of {}\n", names.join(", ")));
    }
    if let Some(plans) = plans(&rows).filter(|_| session.output.is_table()) {
        return write_out(&plans);
    }
    session.output.list(rows, &[])?;
    if truncated {
        session.note(&format!(
            "The first {shown}; --rows says how many, --output-file writes all"
        ));
    }
    Ok(())
}

/// What EXPLAIN says, as the trees that it is.
fn plans(rows: &[Value]) -> Option<String> {
    let plan = |row: &Value| {
        let (kind, plan) = (row["plan_type"].as_str()?, row["plan"].as_str()?);
        Some(format!("{kind}\n{}\n", plan.trim_end()))
    };
    let plans: Option<Vec<String>> = rows.iter().map(plan).collect();
    plans
        .filter(|plans| !plans.is_empty())
        .map(|plans| plans.join("\n"))
}

/// Prints how two tables differ.
fn differences(session: &Session, summary: Value, rows: Vec<Value>, truncated: bool) -> Result<()> {
    if !session.output.is_table() {
        let mut whole = summary;
        whole["differences"] = Value::Array(rows);
        whole["truncated"] = truncated.into();
        return session.output.show(whole);
    }
    let number = |field: &str| summary[field].as_u64().unwrap_or(0);
    let mut text = format!(
        "{} added, {} removed, {} changed, {} the same\n",
        number("added"),
        number("removed"),
        number("changed"),
        number("same")
    );
    for column in summary["columns"].as_array().into_iter().flatten() {
        let rows = count(column["rows"].as_u64().unwrap_or(0), "row");
        text += &format!(
            "  {} changed in {rows}\n",
            column["column"].as_str().unwrap_or_default()
        );
    }
    for (field, words) in [("gone", "gone"), ("new", "new")] {
        for name in summary[field].as_array().into_iter().flatten() {
            text += &format!("  {} is {words}\n", name.as_str().unwrap_or_default());
        }
    }
    for change in summary["retyped"].as_array().into_iter().flatten() {
        let part = |at: usize| change[at].as_str().unwrap_or_default();
        text += &format!("  {} was {} and is {}\n", part(0), part(1), part(2));
    }
    write_out(&text)?;
    if rows.is_empty() {
        return Ok(());
    }
    write_out("\n")?;
    let shown = count(rows.len() as u64, "row");
    session.output.list(rows.iter().map(short).collect(), &[])?;
    if truncated {
        session.note(&format!(
            "The first {shown}; --rows says how many, --output-file writes all"
        ));
    }
    Ok(())
}

/// A row that differs: its key, and what became of it.
fn short(row: &Value) -> Value {
    let Some(fields) = row.as_object() else {
        return row.clone();
    };
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Null => "missing".to_owned(),
        other => other.to_string(),
    };
    let changed: Vec<&str> = row["changed columns"]
        .as_str()
        .unwrap_or_default()
        .split(", ")
        .filter(|name| !name.is_empty())
        .collect();
    let mut shown = serde_json::Map::new();
    // The key stands before the names of the columns that changed.
    for (name, value) in fields.iter().take_while(|(name, _)| *name != "changed columns") {
        shown.insert(name.clone(), value.clone());
    }
    let moved = changed.iter().map(|name| {
        let before = &row[format!("{name} before")];
        format!("{name}: {} → {}", text(before), text(&row[*name]))
    });
    shown.insert("what".into(), moved.collect::<Vec<_>>().join(", ").into());
    Value::Object(shown)
}

/// Bytes that two hold.
#[derive(Debug, Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
