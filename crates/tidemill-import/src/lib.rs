//! Reads what MLflow keeps: in a folder of files, in a SQLite database, or behind a running server. Experiments, runs,
//! points, models, artifacts and traces.
//!
//! A reader never writes to its source. What it cannot read it names with the reason, and goes on.

mod error;
mod file_registry;
mod file_store;
mod file_trace;
mod local_files;
mod server_call;
mod server_files;
mod server_registry;
mod server_store;
mod server_trace;
mod sql_registry;
mod sql_row;
mod sql_store;
mod sql_trace;
mod trace;
mod word;

pub use error::{Error, Result};
pub use file_store::FileStore;
pub use server_call::Login;
pub use server_store::ServerStore;
pub use sql_store::SqlStore;
pub use trace::SourceTrace;

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use tidemill_api::import::{ImportExperiment, ImportLoggedModel, ImportModel, ImportRun, ImportSeries};

/// An experiment, and its id in the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceExperiment {
    /// The id in the source.
    pub id: String,
    /// What travels.
    pub experiment: ImportExperiment,
}

/// Something of the source that does not come along, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// What: a file with its line, a run, a table.
    pub what: String,
    /// Why.
    pub why: String,
}

impl LeftOut {
    pub(crate) fn new(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            why: why.into(),
        }
    }
}

/// The bytes of a file.
pub type FileBytes = BoxStream<'static, std::io::Result<Bytes>>;

/// Where tracking data comes from.
#[async_trait]
pub trait Source: Send {
    /// All experiments, also deleted ones.
    async fn experiments(&mut self) -> Result<Vec<SourceExperiment>>;

    /// The runs of an experiment, also deleted ones, without their points.
    async fn runs(&mut self, of: &SourceExperiment) -> Result<Vec<ImportRun>>;

    /// All points of a run that [`Source::runs`] gave.
    async fn points(&mut self, run: &ImportRun) -> Result<Vec<ImportSeries>>;

    /// The logged models of an experiment.
    async fn logged_models(&mut self, of: &SourceExperiment) -> Result<Vec<ImportLoggedModel>>;

    /// The ids of the traces of an experiment whose runs were asked for.
    async fn trace_ids(&mut self, of: &SourceExperiment) -> Result<Vec<String>>;

    /// One of those traces with its spans; `None` when it is left out.
    async fn trace(&mut self, of: &SourceExperiment, id: &str) -> Result<Option<SourceTrace>>;

    /// All registered models with their versions.
    async fn models(&mut self) -> Result<Vec<ImportModel>>;

    /// The paths of the files of a run or logged model, relative to its artifacts.
    async fn files(&mut self, owner: &str) -> Result<Vec<String>>;

    /// Reads one of those files; `None` when it is left out.
    async fn open(&mut self, owner: &str, path: &str) -> Result<Option<FileBytes>>;

    /// What was left out since this was asked last.
    fn left_out(&mut self) -> Vec<LeftOut>;
}

/// What else is known of a source.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The workspace of MLflow to read, where it has several.
    pub workspace: Option<String>,
    /// The folder that `mlflow-artifacts:` stands for in a database.
    pub artifacts_destination: Option<PathBuf>,
    /// Who asks a server.
    pub login: Login,
}

/// Opens what `--from` names: a server, a SQLite file, or an `mlruns` folder.
///
/// # Errors
/// What is there is none of them, or cannot be read.
pub async fn open(from: &str, options: Options) -> Result<Box<dyn Source>> {
    if from.starts_with("http://") || from.starts_with("https://") {
        return Ok(Box::new(ServerStore::open(from, options).await?));
    }
    if let Some(path) = from.strip_prefix("sqlite:///") {
        return Ok(Box::new(SqlStore::open(Path::new(path), options).await?));
    }
    let text = from.strip_prefix("file://").unwrap_or(from);
    if text.contains("://") {
        return Err(Error::new(format!(
            "failed to import from `{from}`: it is no folder, SQLite file or server"
        ))
        .hint("of another database, start `mlflow server --backend-store-uri …` and give its address"));
    }
    if Path::new(text).is_file() {
        return Ok(Box::new(SqlStore::open(Path::new(text), options).await?));
    }
    Ok(Box::new(FileStore::open(Path::new(text))?))
}

/// Whether a relative path stays where it belongs.
pub fn stays_inside(path: &str) -> bool {
    !path.is_empty()
        && !path.starts_with('/')
        && !path.contains('\\')
        && path.split('/').all(|name| !matches!(name, "" | "." | ".."))
}
