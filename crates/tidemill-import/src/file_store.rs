//! An `mlruns` folder: `{experiment}/{run}/{metrics,params,tags}/…`, `meta.yaml` everywhere, deleted experiments in
//! `.trash`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use serde_yaml_ng::Value;
use tidemill_api::import::{
    ImportDataset, ImportExperiment, ImportLoggedModel, ImportModel, ImportModelPoint, ImportRun,
    ImportRunModel, ImportSeries, Texts,
};

use crate::local_files::{folder, read, walk};
use crate::{
    Error, FileBytes, LeftOut, Result, Source, SourceExperiment, SourceTrace, file_registry, file_trace, word,
};

/// Folders of an experiment that are no runs.
const NO_RUNS: [&str; 4] = ["tags", "datasets", "traces", "models"];

/// An `mlruns` folder.
#[derive(Debug)]
pub struct FileStore {
    root: PathBuf,
    /// Folders of experiments by id.
    experiments: HashMap<String, PathBuf>,
    /// Folders of runs by id.
    runs: HashMap<String, PathBuf>,
    /// Folders of artifacts by run or logged model; `Err` says where they are instead.
    artifacts: HashMap<String, Result<PathBuf, String>>,
    left_out: Vec<LeftOut>,
}

impl FileStore {
    /// Opens a folder.
    ///
    /// # Errors
    /// It is not there, or holds no experiment.
    pub fn open(root: &Path) -> Result<Self> {
        let no = |why: &str| {
            Error::new(format!("failed to import from {}: {why}", root.display()))
                .hint("give a folder with experiments in it, such as ./mlruns")
        };
        if !root.is_dir() {
            return Err(no("there is no such folder"));
        }
        let store = Self {
            root: root.to_path_buf(),
            experiments: HashMap::new(),
            runs: HashMap::new(),
            artifacts: HashMap::new(),
            left_out: Vec::new(),
        };
        let holds = |folder: &PathBuf| folder.join("meta.yaml").is_file();
        if !store.folders(root).iter().any(holds) && !store.folders(&root.join(".trash")).iter().any(holds) {
            return Err(no(
                "no folder in it has a meta.yaml, so it is no `mlruns` of MLflow",
            ));
        }
        Ok(store)
    }

    /// The folders in a folder, by name; none when it is not there.
    fn folders(&self, of: &Path) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(of).into_iter().flatten().flatten();
        let mut found: Vec<_> = entries
            .map(|entry| entry.path())
            .filter(|path| path.is_dir())
            .collect();
        found.sort();
        found
    }

    fn leave(&mut self, what: &Path, why: impl Into<String>) {
        self.left_out.push(LeftOut {
            what: what.display().to_string(),
            why: why.into(),
        });
    }

    /// The `meta.yaml` of a folder; one that is broken is left out with all that it describes.
    fn meta(&mut self, of: &Path) -> Option<Value> {
        let path = of.join("meta.yaml");
        match meta(&path) {
            Ok(meta) => Some(meta),
            Err(why) => {
                self.leave(&path, why);
                None
            }
        }
    }

    /// The texts in the files of a folder, whose paths are their keys.
    fn texts(&mut self, of: &Path) -> Texts {
        texts(of, &mut self.left_out)
    }

    /// Notes where the artifacts of a run or logged model are: beside it, or where its URI leads.
    fn note_artifacts(&mut self, owner: &str, at: &Path, uri: &str) {
        let beside = at.join("artifacts");
        let found = match folder(uri, owner, &self.root) {
            Some(found) => Ok(found),
            None if beside.is_dir() => Ok(beside),
            None => Err(uri.to_owned()),
        };
        self.artifacts.insert(owner.to_owned(), found);
    }

    fn run(&mut self, of: &SourceExperiment, at: &Path) -> Option<ImportRun> {
        let meta = self.meta(at)?;
        let Some(run_id) = text(&meta, "run_id").or_else(|| text(&meta, "run_uuid")) else {
            self.leave(&at.join("meta.yaml"), "it names no run_id");
            return None;
        };
        let status = match &meta["status"] {
            Value::Number(number) => match number.as_i64() {
                Some(1) => "RUNNING",
                Some(2) => "SCHEDULED",
                Some(4) => "FAILED",
                Some(5) => "KILLED",
                _ => "FINISHED",
            }
            .to_owned(),
            other => other.as_str().unwrap_or("FINISHED").to_owned(),
        };
        let tags = self.texts(&at.join("tags"));
        let params = self.texts(&at.join("params"));
        self.note_artifacts(&run_id, at, &text(&meta, "artifact_uri").unwrap_or_default());
        let mut run = ImportRun {
            experiment: of.experiment.name.clone(),
            name: text(&meta, "run_name")
                .filter(|name| !name.is_empty())
                .or_else(|| tags.get("mlflow.runName").cloned())
                .unwrap_or_default(),
            user: text(&meta, "user_id").unwrap_or_default(),
            status,
            started_at: number(&meta, "start_time").unwrap_or(0),
            ended_at: number(&meta, "end_time"),
            deleted: text(&meta, "lifecycle_stage").as_deref() == Some("deleted"),
            deleted_at: number(&meta, "deleted_time"),
            tags,
            params,
            run_id: run_id.clone(),
            ..ImportRun::default()
        };
        self.inputs(at, &mut run);
        self.runs.insert(run_id, at.to_path_buf());
        Some(run)
    }

    /// What a run read and made.
    fn inputs(&mut self, at: &Path, run: &mut ImportRun) {
        for folder in self.folders(&at.join("inputs")) {
            let Some(meta) = self.meta(&folder) else { continue };
            let source = text(&meta, "source_id").unwrap_or_default();
            match text(&meta, "source_type").as_deref() {
                Some("DATASET") => {
                    let place = at.parent().unwrap_or(at).join("datasets").join(&source);
                    let Some(dataset) = self.meta(&place) else {
                        continue;
                    };
                    let field = |name: &str| text(&dataset, name).unwrap_or_default();
                    run.datasets.push(ImportDataset {
                        name: field("name"),
                        digest: field("digest"),
                        source_type: field("source_type"),
                        source: field("source"),
                        schema: text(&dataset, "schema"),
                        profile: text(&dataset, "profile"),
                        tags: map(&meta["tags"]),
                    });
                }
                Some("MODEL" | "RUN_INPUT" | "MODEL_INPUT") => run.model_inputs.push(ImportRunModel {
                    model_id: source,
                    step: 0,
                }),
                _ => self.leave(&folder, "it is an input of no known kind"),
            }
        }
        for folder in self.folders(&at.join("outputs")) {
            let Some(meta) = self.meta(&folder) else { continue };
            // The folder has the model's name; MLflow writes the run's id as `destination_id`.
            let name = folder.file_name().and_then(|name| name.to_str());
            run.model_outputs.push(ImportRunModel {
                model_id: name.unwrap_or_default().to_owned(),
                step: number(&meta, "step").unwrap_or(0),
            });
        }
    }

    fn logged_model(&mut self, of: &SourceExperiment, at: &Path) -> Option<ImportLoggedModel> {
        let meta = self.meta(at)?;
        let Some(model_id) = text(&meta, "model_id") else {
            self.leave(&at.join("meta.yaml"), "it names no model_id");
            return None;
        };
        let status = match &meta["status"] {
            Value::Number(number) => word::model_status(number.as_i64().unwrap_or(0)).to_owned(),
            other => other.as_str().unwrap_or("UNSPECIFIED").to_owned(),
        };
        self.note_artifacts(
            &model_id,
            at,
            &text(&meta, "artifact_location").unwrap_or_default(),
        );
        let tags = self.texts(&at.join("tags"));
        let params = self.texts(&at.join("params"));
        let mut metrics = Vec::new();
        for (key, path) in keys(&at.join("metrics"), &mut self.left_out) {
            self.lines(&path, |fields| {
                let run_id = fields.get(3).copied().unwrap_or_default().to_owned();
                metrics.push(ImportModelPoint {
                    key: key.clone(),
                    run_id,
                    timestamp: fields.first()?.parse().ok()?,
                    value: fields.get(1)?.parse().ok()?,
                    step: fields.get(2)?.parse().ok()?,
                    dataset_name: fields.get(4).map(|text| (*text).to_owned()),
                    dataset_digest: fields.get(5).map(|text| (*text).to_owned()),
                });
                Some(())
            });
        }
        Some(ImportLoggedModel {
            experiment: of.experiment.name.clone(),
            name: text(&meta, "name").unwrap_or_default(),
            status,
            status_message: text(&meta, "status_message"),
            model_type: text(&meta, "model_type"),
            source_run_id: text(&meta, "source_run_id"),
            deleted: text(&meta, "lifecycle_stage").as_deref() == Some("deleted"),
            created_at: number(&meta, "creation_timestamp").unwrap_or(0),
            updated_at: number(&meta, "last_updated_timestamp").unwrap_or(0),
            tags,
            params,
            metrics,
            model_id,
        })
    }

    /// Reads the lines of a metric; a broken one is left out under its number.
    fn lines(&mut self, path: &Path, mut take: impl FnMut(&[&str]) -> Option<()>) {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => return self.leave(path, error.to_string()),
        };
        for (at, line) in text.lines().enumerate() {
            let fields: Vec<&str> = line.split(' ').filter(|field| !field.is_empty()).collect();
            if !fields.is_empty() && take(&fields).is_none() {
                let shown: String = line.chars().take(60).collect();
                self.left_out.push(LeftOut {
                    what: format!("{}:{}", path.display(), at + 1),
                    why: format!("`{shown}` is no point: time, value, step"),
                });
            }
        }
    }
}

#[async_trait]
impl Source for FileStore {
    async fn experiments(&mut self) -> Result<Vec<SourceExperiment>> {
        let mut found = Vec::new();
        let mut folders = self.folders(&self.root);
        folders.extend(self.folders(&self.root.join(".trash")));
        for at in folders {
            let name = at.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if name == ".trash" || name == "models" {
                continue;
            }
            let Some(meta) = self.meta(&at) else { continue };
            let id = text(&meta, "experiment_id").unwrap_or_else(|| name.to_owned());
            let Some(name) = text(&meta, "name") else {
                self.leave(&at.join("meta.yaml"), "it names no experiment");
                continue;
            };
            let deleted = text(&meta, "lifecycle_stage").as_deref() == Some("deleted");
            let experiment = ImportExperiment {
                name,
                tags: self.texts(&at.join("tags")),
                deleted,
                created_at: number(&meta, "creation_time").unwrap_or(0),
                updated_at: number(&meta, "last_update_time").unwrap_or(0),
            };
            self.experiments.insert(id.clone(), at);
            found.push(SourceExperiment { id, experiment });
        }
        Ok(found)
    }

    async fn trace_ids(&mut self, of: &SourceExperiment) -> Result<Vec<String>> {
        Ok(self
            .experiments
            .get(&of.id)
            .map(|at| file_trace::ids(at))
            .unwrap_or_default())
    }

    async fn trace(&mut self, of: &SourceExperiment, id: &str) -> Result<Option<SourceTrace>> {
        let at = self.experiments.get(&of.id);
        Ok(at.and_then(|at| file_trace::whole(at, id, &mut self.left_out)))
    }

    async fn runs(&mut self, of: &SourceExperiment) -> Result<Vec<ImportRun>> {
        let Some(at) = self.experiments.get(&of.id).cloned() else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        for folder in self.folders(&at) {
            let name = folder
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            if !NO_RUNS.contains(&name) {
                found.extend(self.run(of, &folder));
            }
        }
        Ok(found)
    }

    async fn points(&mut self, run: &ImportRun) -> Result<Vec<ImportSeries>> {
        let Some(at) = self.runs.get(&run.run_id).cloned() else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        for (key, path) in keys(&at.join("metrics"), &mut self.left_out) {
            let mut series = ImportSeries {
                run_id: run.run_id.clone(),
                key,
                ..ImportSeries::default()
            };
            self.lines(&path, |fields| {
                if !matches!(fields.len(), 2 | 3 | 5) {
                    return None;
                }
                let (timestamp, value) = (fields[0].parse().ok()?, fields[1].parse().ok()?);
                let step = fields.get(2).map_or(Some(0), |step| step.parse().ok())?;
                series.timestamps.push(timestamp);
                series.values.push(value);
                series.steps.push(step);
                Some(())
            });
            found.push(series);
        }
        Ok(found)
    }

    async fn logged_models(&mut self, of: &SourceExperiment) -> Result<Vec<ImportLoggedModel>> {
        let Some(at) = self.experiments.get(&of.id).cloned() else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        for folder in self.folders(&at.join("models")) {
            found.extend(self.logged_model(of, &folder));
        }
        Ok(found)
    }

    async fn models(&mut self) -> Result<Vec<ImportModel>> {
        Ok(file_registry::models(
            &self.root.join("models"),
            &mut self.left_out,
        ))
    }

    async fn files(&mut self, owner: &str) -> Result<Vec<String>> {
        match self.artifacts.get(owner) {
            Some(Ok(root)) => walk(root, &mut self.left_out),
            Some(Err(uri)) if !uri.is_empty() => {
                self.left_out.push(LeftOut {
                    what: format!("the files of {owner}"),
                    why: format!("they are at {uri}, which cannot be reached from here"),
                });
                Ok(Vec::new())
            }
            _ => Ok(Vec::new()),
        }
    }

    async fn open(&mut self, owner: &str, path: &str) -> Result<Option<FileBytes>> {
        match self.artifacts.get(owner) {
            Some(Ok(root)) => read(&root.join(path)).await.map(Some),
            _ => Err(Error::new(format!(
                "failed to read `{path}` of {owner}: it has no files"
            ))),
        }
    }

    fn left_out(&mut self) -> Vec<LeftOut> {
        std::mem::take(&mut self.left_out)
    }
}

/// A `meta.yaml`, or why it cannot be read.
pub(crate) fn meta(path: &Path) -> Result<Value, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let meta: Value = serde_yaml_ng::from_str(&text).map_err(|error| error.to_string())?;
    if meta.is_mapping() {
        Ok(meta)
    } else {
        Err("it is no YAML mapping".to_owned())
    }
}

/// A text or number as text.
pub(crate) fn text(meta: &Value, field: &str) -> Option<String> {
    match &meta[field] {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A number, also one in a text.
pub(crate) fn number(meta: &Value, field: &str) -> Option<i64> {
    match &meta[field] {
        Value::Number(number) => number
            .as_i64()
            .or_else(|| number.as_f64().map(|value| value as i64)),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

fn map(value: &Value) -> Texts {
    let pairs = value.as_mapping().into_iter().flatten();
    pairs
        .filter_map(|(key, _)| Some((key.as_str()?.to_owned(), text(value, key.as_str()?)?)))
        .collect()
}

/// The files below a folder: key and path.
fn keys(of: &Path, left_out: &mut Vec<LeftOut>) -> Vec<(String, PathBuf)> {
    if !of.is_dir() {
        return Vec::new();
    }
    match walk(of, left_out) {
        Ok(found) => found.into_iter().map(|key| (key.clone(), of.join(key))).collect(),
        Err(error) => {
            left_out.push(LeftOut {
                what: of.display().to_string(),
                why: error.to_string(),
            });
            Vec::new()
        }
    }
}

/// The texts in the files of a folder, whose paths are their keys.
pub(crate) fn texts(of: &Path, left_out: &mut Vec<LeftOut>) -> Texts {
    let mut found = Texts::new();
    for (key, path) in keys(of, left_out) {
        match std::fs::read_to_string(&path) {
            Ok(text) => {
                found.insert(key, text);
            }
            Err(error) => left_out.push(LeftOut {
                what: path.display().to_string(),
                why: error.to_string(),
            }),
        }
    }
    found
}
