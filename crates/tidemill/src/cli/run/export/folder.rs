//! An `mlruns` folder that is written. A run or logged model is put together in a folder of its own and moved when it is
//! whole, so that what is there is complete.

use std::collections::{BTreeMap, HashMap};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use futures::StreamExt;
use tidemill_api::import::{ImportLoggedModel, ImportModel, ImportModelVersion, ImportRun, ImportSeries};
use tidemill_import::{FileBytes, LeftOut, SourceExperiment, stays_inside};
use tokio::io::AsyncWriteExt;

use super::text;
use crate::error::{Error, Result};

/// Where a run or logged model is put together.
const UNFINISHED: &str = ".unfinished";

/// An `mlruns` folder.
pub(super) struct Folder {
    pub(super) root: PathBuf,
    left_out: Vec<LeftOut>,
    /// Where the files of runs and logged models are that are in the folder, by id.
    artifacts: HashMap<String, PathBuf>,
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
            artifacts: HashMap::new(),
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
    pub(super) fn has(&mut self, experiment: &str, run: &str) -> bool {
        self.is_there(run, self.root.join(experiment).join(run))
    }

    /// Whether a logged model is there, whole.
    pub(super) fn has_logged_model(&mut self, experiment: &str, model: &str) -> bool {
        self.is_there(model, self.root.join(experiment).join("models").join(model))
    }

    fn is_there(&mut self, id: &str, at: PathBuf) -> bool {
        let there = at.join("meta.yaml").is_file();
        if there {
            self.artifacts.insert(id.to_owned(), at.join("artifacts"));
        }
        there
    }

    pub(super) fn empty(&self) -> Result<PathBuf> {
        let at = self.unfinished();
        match std::fs::remove_dir_all(&at) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(failed("remove", &at, &error)),
            _ => Ok(at),
        }
    }

    /// Begins a run: all of it but its points and files.
    pub(super) fn begin(&mut self, experiment: &str, run: &ImportRun) -> Result<()> {
        let (at, parent) = (self.empty()?, self.root.join(experiment));
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
        for model in &run.model_inputs {
            let input = at
                .join("inputs")
                .join(text::input_id(&model.model_id, &run.run_id));
            let meta = text::model_input(&model.model_id, &run.run_id);
            write(&input.join("meta.yaml"), &meta)?;
        }
        for model in &run.model_outputs {
            if stays_inside(&model.model_id) {
                let meta = text::model_output(&model.model_id, model.step);
                write(&at.join("outputs").join(&model.model_id).join("meta.yaml"), &meta)?;
            }
        }
        Ok(())
    }

    /// Begins a logged model: all of it but its files.
    pub(super) fn begin_logged_model(&mut self, experiment: &str, one: &ImportLoggedModel) -> Result<()> {
        let at = self.empty()?;
        let id = &one.model_id;
        let artifacts = self
            .root
            .join(experiment)
            .join("models")
            .join(id)
            .join("artifacts");
        write(
            &at.join("meta.yaml"),
            &text::logged_model(one, experiment, &self.uri(&artifacts)),
        )?;
        for part in ["metrics", "params", "tags", "artifacts"] {
            make(&at.join(part))?;
        }
        for (part, texts) in [("params", &one.params), ("tags", &one.tags)] {
            for (key, value) in texts {
                self.keyed(&at.join(part), id, key, value)?;
            }
        }
        let mut points: BTreeMap<&str, String> = BTreeMap::new();
        for point in &one.metrics {
            let spaced = |text: &Option<String>| text.as_deref().is_some_and(|text| text.contains(' '));
            if spaced(&point.dataset_name) || spaced(&point.dataset_digest) {
                self.leave(
                    format!("a point of metric `{}` of {id}", point.key),
                    "the name of its dataset has a space, which a line of the file has no room for",
                );
                continue;
            }
            *points.entry(&point.key).or_default() += &text::model_point(point);
        }
        for (key, lines) in points {
            self.keyed(&at.join("metrics"), id, key, &lines)?;
        }
        Ok(())
    }

    /// Moves the logged model that was begun to its place.
    pub(super) fn finish_logged_model(&mut self, experiment: &str, model: &str) -> Result<()> {
        let models = self.root.join(experiment).join("models");
        make(&models)?;
        self.place(model, &models.join(model))
    }

    /// Writes a registered model as it is now, with the versions that the folder does not have; gives how many those are.
    pub(super) fn model(&mut self, one: &ImportModel) -> Result<usize> {
        let name = &one.name;
        if !stays_inside(name) || name.contains(['/', '%']) {
            self.leave(
                format!("registered model `{name}`"),
                "MLflow's folders have no model with / or % in its name",
            );
            return Ok(0);
        }
        let at = self.root.join("models").join(name);
        write(&at.join("meta.yaml"), &text::model(one))?;
        for part in ["tags", "aliases"] {
            match std::fs::remove_dir_all(at.join(part)) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(failed("remove", &at.join(part), &error));
                }
                _ => make(&at.join(part))?,
            }
        }
        for (key, value) in &one.tags {
            self.keyed(&at.join("tags"), name, key, value)?;
        }
        for (alias, version) in &one.aliases {
            self.keyed(&at.join("aliases"), name, alias, &version.to_string())?;
        }
        let mut added = 0;
        for version in &one.versions {
            let folder = at.join(format!("version-{}", version.version));
            added += usize::from(!folder.join("meta.yaml").is_file());
            let location = match self.location(version) {
                Some(at) => self.uri(&at),
                // A prompt is its tags, and has no files.
                None if one.tags.contains_key("mlflow.prompt.is_prompt") => version.source.clone(),
                None => {
                    self.leave(
                        format!("the files of version {} of `{name}`", version.version),
                        format!(
                            "they are of no run or logged model that is exported: {}",
                            version.source
                        ),
                    );
                    version.source.clone()
                }
            };
            for (key, value) in &version.tags {
                self.keyed(&folder.join("tags"), name, key, value)?;
            }
            // What makes the version one comes last.
            write(
                &folder.join("meta.yaml"),
                &text::version(name, version, &location),
            )?;
        }
        Ok(added)
    }

    /// Whether a version is of a run or logged model that is in the folder.
    pub(super) fn holds(&self, version: &ImportModelVersion) -> bool {
        self.location(version).is_some()
            || version
                .run_id
                .as_ref()
                .is_some_and(|run| self.artifacts.contains_key(run))
    }

    /// Where the files of a version are in the folder.
    fn location(&self, version: &ImportModelVersion) -> Option<PathBuf> {
        if let Some(at) = version.model_id.as_ref().and_then(|id| self.artifacts.get(id)) {
            return Some(at.clone());
        }
        let source = &version.source;
        let rest = ["runs:/", "models:/"]
            .into_iter()
            .find_map(|scheme| source.strip_prefix(scheme));
        if let Some(rest) = rest {
            let (id, path) = rest.split_once('/').unwrap_or((rest, ""));
            return self.below(id, path);
        }
        let (above, path) = source.split_once("/artifacts").unwrap_or((source, ""));
        self.below(above.rsplit('/').next().unwrap_or_default(), path)
    }

    fn below(&self, id: &str, path: &str) -> Option<PathBuf> {
        let at = self.artifacts.get(id)?;
        match path.trim_matches('/') {
            "" => Some(at.clone()),
            path if stays_inside(path) => Some(at.join(path)),
            _ => None,
        }
    }

    pub(super) fn leave(&mut self, what: impl Into<String>, why: impl Into<String>) {
        self.left_out.push(LeftOut {
            what: what.into(),
            why: why.into(),
        });
    }

    /// Writes the points of one metric of the run that was begun.
    pub(super) fn series(&mut self, series: &ImportSeries) -> Result<()> {
        let at = self.unfinished().join("metrics");
        self.keyed(&at, &series.run_id, &series.key, &text::points(series))
    }

    /// Writes a file of the run or logged model that was begun.
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
    pub(super) fn finish(&mut self, experiment: &str, run: &str) -> Result<()> {
        self.place(run, &self.root.join(experiment).join(run))
    }

    fn place(&mut self, id: &str, to: &Path) -> Result<()> {
        std::fs::rename(self.unfinished(), to).map_err(|error| failed("write", to, &error))?;
        self.artifacts.insert(id.to_owned(), to.join("artifacts"));
        Ok(())
    }

    pub(super) fn left_out(self) -> Vec<LeftOut> {
        self.left_out
    }

    pub(super) fn unfinished(&self) -> PathBuf {
        self.root.join(UNFINISHED)
    }

    /// Writes a text in the file that its key names. A key that is the folder of another one cannot be a file as well.
    pub(super) fn keyed(&mut self, part: &Path, run: &str, key: &str, value: &str) -> Result<()> {
        let at = part.join(key);
        let kind = part.file_name().unwrap_or_default().to_string_lossy();
        let what = format!("{kind} `{key}` of {run}");
        let taken = at
            .ancestors()
            .skip(1)
            .take_while(|above| *above != part)
            .any(Path::is_file);
        if !stays_inside(key) {
            self.leave(what, "its key is no path of a file");
        } else if at.is_dir() || taken {
            self.leave(what, "another key is a folder where it would be a file");
        } else {
            write(&at, value)?;
        }
        Ok(())
    }

    pub(super) fn uri(&self, at: &Path) -> String {
        url::Url::from_file_path(at).map_or_else(|()| at.display().to_string(), String::from)
    }
}

pub(super) fn make(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|error| failed("make", folder, &error))
}

pub(super) fn write(at: &Path, text: &str) -> Result<()> {
    make(at.parent().unwrap_or(at))?;
    std::fs::write(at, text).map_err(|error| failed("write", at, &error))
}

pub(super) fn failed(action: &str, at: &Path, error: &std::io::Error) -> Error {
    Error::failed(format!("failed to {action} {}: {error}", at.display()))
}
