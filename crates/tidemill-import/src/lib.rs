//! Reads what MLflow keeps in a folder of files: experiments, runs, points, models and artifacts.
//!
//! A reader never writes to its source. What it cannot read it names with the reason, and goes on.

mod error;
mod file_registry;
mod file_store;
mod local_files;

pub use error::{Error, Result};
pub use file_store::FileStore;

use std::path::Path;

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

    /// All registered models with their versions.
    async fn models(&mut self) -> Result<Vec<ImportModel>>;

    /// The paths of the files of a run or logged model, relative to its artifacts.
    async fn files(&mut self, owner: &str) -> Result<Vec<String>>;

    /// Reads one of those files.
    async fn open(&mut self, owner: &str, path: &str) -> Result<FileBytes>;

    /// What was left out since this was asked last.
    fn left_out(&mut self) -> Vec<LeftOut>;
}

/// Opens what `--from` names: an `mlruns` folder.
///
/// # Errors
/// What is there is no such folder.
pub fn open(from: &str) -> Result<Box<dyn Source>> {
    let text = from.strip_prefix("file://").unwrap_or(from);
    if text.contains("://") || Path::new(text).is_file() {
        return Err(Error::new(format!(
            "failed to import from `{from}`: only folders can be read so far"
        ))
        .hint("give an `mlruns` folder; servers and databases of MLflow are not read yet"));
    }
    Ok(Box::new(FileStore::open(Path::new(text))?))
}

/// Whether a relative path stays where it belongs.
pub(crate) fn stays_inside(path: &str) -> bool {
    !path.is_empty()
        && !path.starts_with('/')
        && !path.contains('\\')
        && path.split('/').all(|name| !matches!(name, "" | "." | ".."))
}
