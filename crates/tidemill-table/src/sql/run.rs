//! Runs a query within its limits, and writes what it answers.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use datafusion::error::DataFusionError;
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use super::diff::{self, Diff};
use super::failure::{Failure, Reason, of_table};
use super::limits::Limits;
use super::result::{Answer, Answered, Format};
use super::sample::Sampler;
use super::session::{Session, streamed};
use super::validate::{self, Validate};
use crate::open::{Tables, open};
use crate::table::ReadOptions;

/// A table under a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mount {
    /// The name, as SQL has it between double quotes.
    pub name: String,
    /// The file or folder.
    pub path: PathBuf,
    /// How it is read.
    #[serde(skip)]
    pub reading: ReadOptions,
}

/// A query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Query {
    /// The SQL.
    pub sql: String,
    /// Gives a sample of the rows instead of all of them.
    pub sample: Option<Sample>,
}

/// A uniform sample of the rows of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// How many rows.
    pub rows: usize,
    /// The same seed over the same rows gives the same sample.
    pub seed: u64,
}

/// What is to be done with tables.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Answer a query.
    Query(Query),
    /// Compare two tables row by row.
    Diff(Diff),
    /// Check a table against expectations.
    Validate(Box<Validate>),
}

/// Runs a task over tables. `make` gives what the answer is written to; it is called again where a first try has to begin
/// anew. The thread is blocked until it has ended.
///
/// # Errors
/// Why there is no answer; what was written by then means nothing.
pub fn run(
    task: &Task,
    mounts: &[Mount],
    limits: &Limits,
    format: Format,
    make: &mut (dyn FnMut() -> std::io::Result<Box<dyn Write + Send>> + Send),
) -> Result<Answered, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(limits.threads())
        .enable_time()
        .build()
        .map_err(|error| Failure::invalid(format!("no threads: {error}")))?;
    let work = whole(task, mounts, limits, format, make);
    // The clock is a thread of its own: those of the query may all be at work that does not let go.
    let (bell, rung) = oneshot::channel();
    let (ended, end) = mpsc::channel::<()>();
    let time = Duration::from_millis(limits.time_ms);
    std::thread::spawn(move || {
        if end.recv_timeout(time) == Err(RecvTimeoutError::Timeout) {
            // Nobody listens when the query has just ended.
            let _ = bell.send(());
        }
    });
    let done = runtime.block_on(async {
        tokio::select! {
            done = work => Some(done),
            _ = rung => None,
        }
    });
    drop(ended);
    // Threads that read end with the streams that they feed, and those that compute when they next let go; nobody waits for
    // them, and the process of a query ends them all.
    runtime.shutdown_background();
    done.unwrap_or_else(|| Err(late(limits.time_ms)))
}

/// What is said of a query whose time is over. Whoever cannot end the thread of [`run`] says it in its place: one that is being planned
/// does not let go.
pub fn late(time_ms: u64) -> Failure {
    let said = format!(
        "failed to run the query: it was cancelled after {} s",
        time_ms as f64 / 1000.0
    );
    Failure::new(Reason::Time, said).with_hint("read less, or give it more time where the server allows it")
}

async fn whole(
    task: &Task,
    mounts: &[Mount],
    limits: &Limits,
    format: Format,
    make: &mut (dyn FnMut() -> std::io::Result<Box<dyn Write + Send>> + Send),
) -> Result<Answered, Failure> {
    if let Task::Validate(asked) = task {
        return validate::run(asked, mounts, limits, make).await;
    }
    let mut tables = mounts
        .iter()
        .map(|mount| Ok((mount.name.clone(), Arc::new(open(&mount.path, &mount.reading)?))))
        .collect::<Result<Vec<_>, Failure>>()?;
    let (mut widened, mut merge_joins) = (false, false);
    loop {
        let session = Session::open(limits, &tables, merge_joins)?;
        let done = match task {
            Task::Query(query) => once(&session, query, limits, format, make).await,
            Task::Diff(asked) => diff::run(&session, asked, limits, format, make).await,
            Task::Validate(_) => return Err(Failure::invalid("a validation is no query")),
        };
        match done {
            Ok(answered) => return Ok(answered),
            // The first rows of a text file mislead about its types: all of them are asked.
            Err(Stopped::Table(error)) if !widened => {
                widened = true;
                tables = wide(&tables, &error)?;
            }
            // A join that is too large for memory sorts both sides, on disk where they are large.
            Err(Stopped::Memory(_)) if !merge_joins => merge_joins = true,
            Err(stopped) => return Err(stopped.into()),
        }
    }
}

/// Why a try ended.
pub(super) enum Stopped {
    Table(crate::Error),
    Memory(Failure),
    Other(Failure),
}

impl From<Stopped> for Failure {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Table(error) => error.into(),
            Stopped::Memory(failure) | Stopped::Other(failure) => failure,
        }
    }
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Self::Other(failure)
    }
}

impl From<DataFusionError> for Stopped {
    fn from(error: DataFusionError) -> Self {
        if let Some(table) = of_table(&error) {
            return Self::Table(table.clone());
        }
        let memory = matches!(error.find_root(), DataFusionError::ResourcesExhausted(_));
        let failure = Failure::from(error);
        if memory {
            Self::Memory(failure)
        } else {
            Self::Other(failure)
        }
    }
}

/// The tables with the types of all rows of the file that did not fit.
fn wide(
    tables: &[(String, Arc<Tables>)],
    error: &crate::Error,
) -> Result<Vec<(String, Arc<Tables>)>, Failure> {
    tables
        .iter()
        .map(|(name, tables)| {
            let meant = tables.files.iter().any(|file| file.has(Path::new(&error.file)));
            let tables = if meant {
                Arc::new(tables.widened(error)?)
            } else {
                Arc::clone(tables)
            };
            Ok((name.clone(), tables))
        })
        .collect()
}

async fn once(
    session: &Session,
    query: &Query,
    limits: &Limits,
    format: Format,
    make: &mut (dyn FnMut() -> std::io::Result<Box<dyn Write + Send>> + Send),
) -> Result<Answered, Stopped> {
    let planned = session.plan(&query.sql).await?;
    let mut rows = streamed(planned).await?;
    let mut answer = Answer::begin(make, format, &rows.schema(), limits)?;
    let mut sampler = query.sample.map(|sample| Sampler::new(rows.schema(), sample));
    while let Some(batch) = rows.next().await {
        let batch = batch?;
        match &mut sampler {
            Some(sampler) => sampler.add(&batch)?,
            None => {
                if !answer.add(&batch)? {
                    break;
                }
            }
        }
    }
    if let Some(sampler) = sampler {
        answer.add(&sampler.finish()?)?;
    }
    Ok(answer.finish(None)?)
}
