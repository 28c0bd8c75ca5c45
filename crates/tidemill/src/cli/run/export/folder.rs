//! An `mlruns` folder that is written. A run is put together in a folder of its own and moved when it is whole, so that
//! what is there is complete.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use futures::StreamExt;
use tidemill_api::import::{ImportRun, ImportSeries};
use tidemill_import::{FileBytes, LeftOut, SourceExperiment, stays_inside};
use tokio::io::AsyncWriteExt;

use super::text;
use crate::error::{Error, Result};

/// Where a run is put together.
const UNFINISHED: &str = ".unfinished";

/// An `mlruns` folder.
pub(super) struct Folder {
    root: PathBuf,
    left_out: Vec<LeftOut>,
}

impl Folder {
    pub(super) fn open(root: &Path) -> Result<Self> {
        make(root)?;
        let root = root
            .canonicalize()
            .map_err(|error| failed("read", root, &error))?;
        Ok(Self {
            root,
            left_out: Vec::new(),
        })
    }

    /// Writes what an experiment is; one of another name under its id is an error.
    pub(super) fn experiment(&self, one: &SourceExperiment) -> Result<()> {
        let at = self.root.join(&one.id);
        let meta = at.join("meta.yaml");
        if meta.is_file() {
            let there = std::fs::read_to_string(&meta).map_err(|error| failed("read", &meta, &error))?;
            let there: serde_json::Value = serde_yaml_ng::from_str(&there).unwrap_or_default();
            if there["name"] != one.experiment.name.as_str() {
                return Err(Error::failed(format!(
                    "failed to export experiment `{}`: {} holds another one under its id {}",
                    one.experiment.name,
                    self.root.display(),
                    one.id
                ))
                .with_hint("give a folder that is new, or one that this workspace was exported to"));
            }
            return Ok(());
        }
        write(&meta, &text::experiment(one, &self.uri(&at)))?;
        for (key, value) in &one.experiment.tags {
            if stays_inside(key) {
                write(&at.join("tags").join(key), value)?;
            }
        }
        Ok(())
    }

    /// Whether a run is there, whole.
    pub(super) fn has(&self, experiment: &str, run: &str) -> bool {
        self.root.join(experiment).join(run).join("meta.yaml").is_file()
    }

    /// Begins a run: all of it but its points and files.
    pub(super) fn begin(&mut self, experiment: &str, run: &ImportRun) -> Result<()> {
        let (at, parent) = (self.unfinished(), self.root.join(experiment));
        match std::fs::remove_dir_all(&at) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed("remove", &at, &error)),
            _ => {}
        }
        let artifacts = parent.join(&run.run_id).join("artifacts");
        write(
            &at.join("meta.yaml"),
            &text::run(run, experiment, &self.uri(&artifacts)),
        )?;
        // MLflow takes a folder for a run only when all of these are in it.
        for part in ["metrics", "params", "tags", "artifacts"] {
            make(&at.join(part))?;
        }
        for (part, texts) in [("params", &run.params), ("tags", &run.tags)] {
            for (key, value) in texts {
                self.keyed(&at.join(part), &run.run_id, key, value)?;
            }
        }
        for dataset in &run.datasets {
            let id = text::dataset_id(dataset);
            write(
                &parent.join("datasets").join(&id).join("meta.yaml"),
                &text::dataset(dataset),
            )?;
            let input = at.join("inputs").join(text::input_id(&id, &run.run_id));
            write(&input.join("meta.yaml"), &text::input(dataset, &id, &run.run_id))?;
        }
        Ok(())
    }

    /// Writes the points of one metric of the run that was begun.
    pub(super) fn series(&mut self, series: &ImportSeries) -> Result<()> {
        let at = self.unfinished().join("metrics");
        self.keyed(&at, &series.run_id, &series.key, &text::points(series))
    }

    /// Writes a file of the run that was begun.
    pub(super) async fn file(&self, path: &str, mut bytes: FileBytes) -> Result<()> {
        let at = self.unfinished().join("artifacts").join(path);
        make(at.parent().unwrap_or(&at))?;
        let wrong = |error: std::io::Error| failed("write", &at, &error);
        let mut file = tokio::fs::File::create(&at).await.map_err(wrong)?;
        while let Some(bytes) = bytes.next().await {
            file.write_all(&bytes.map_err(wrong)?).await.map_err(wrong)?;
        }
        file.flush().await.map_err(wrong)
    }

    /// Moves the run that was begun to its place.
    pub(super) fn finish(&self, experiment: &str, run: &str) -> Result<()> {
        let (from, to) = (self.unfinished(), self.root.join(experiment).join(run));
        std::fs::rename(&from, &to).map_err(|error| failed("write", &to, &error))
    }

    pub(super) fn left_out(self) -> Vec<LeftOut> {
        self.left_out
    }

    fn unfinished(&self) -> PathBuf {
        self.root.join(UNFINISHED)
    }

    /// Writes a text in the file that its key names. A key that is the folder of another one cannot be a file as well.
    fn keyed(&mut self, part: &Path, run: &str, key: &str, value: &str) -> Result<()> {
        let at = part.join(key);
        let kind = part.file_name().unwrap_or_default().to_string_lossy();
        let mut leave = |why: &str| {
            self.left_out.push(LeftOut {
                what: format!("{kind} `{key}` of {run}"),
                why: why.to_owned(),
            });
        };
        let taken = at
            .ancestors()
            .skip(1)
            .take_while(|above| *above != part)
            .any(Path::is_file);
        if !stays_inside(key) {
            leave("its key is no path of a file");
        } else if at.is_dir() || taken {
            leave("another key is a folder where it would be a file");
        } else {
            write(&at, value)?;
        }
        Ok(())
    }

    fn uri(&self, at: &Path) -> String {
        url::Url::from_file_path(at).map_or_else(|()| at.display().to_string(), String::from)
    }
}

fn make(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|error| failed("make", folder, &error))
}

fn write(at: &Path, text: &str) -> Result<()> {
    make(at.parent().unwrap_or(at))?;
    std::fs::write(at, text).map_err(|error| failed("write", at, &error))
}

fn failed(action: &str, at: &Path, error: &std::io::Error) -> Error {
    Error::failed(format!("failed to {action} {}: {error}", at.display()))
}
