//! A SQLite file that MLflow keeps its tracking data in, opened for reading alone. Artifacts lie beside it, or where
//! their URIs lead.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use futures::TryStreamExt;
use sqlx::ConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use tidemill_api::import::{
    ImportDataset, ImportExperiment, ImportLoggedModel, ImportModel, ImportModelPoint, ImportRun,
    ImportRunModel, ImportSeries, Texts,
};

use crate::local_files::{folder, read, walk};
use crate::sql_row::{count, number, opt_text, rows, tables, text, texts, unread, value};
use crate::{
    Error, FileBytes, LeftOut, Options, Result, Source, SourceExperiment, SourceTrace, sql_registry,
    sql_trace, word,
};

/// The workspace of MLflow that is read when none is named.
const DEFAULT_WORKSPACE: &str = "default";

/// Tables of things that are not imported, as people call them.
const NOT_CARRIED: [(&str, &str); 8] = [
    ("webhooks", "webhooks"),
    ("evaluation_datasets", "evaluation datasets"),
    ("scorers", "scorers"),
    ("issues", "issues"),
    ("label_schemas", "label schemas"),
    ("review_queues", "review queues"),
    ("endpoints", "gateway endpoints"),
    ("mcp_servers", "MCP servers"),
];

/// A SQLite file of MLflow.
#[derive(Debug)]
pub struct SqlStore {
    db: SqliteConnection,
    tables: Vec<String>,
    workspace: String,
    /// The folder of the file, which relative URIs start from.
    beside: PathBuf,
    /// What `mlflow-artifacts:` stands for.
    served: PathBuf,
    /// URIs of artifacts by run or logged model.
    artifacts: HashMap<String, String>,
    /// Places of artifacts that were left out.
    places: HashSet<String>,
    left_out: Vec<LeftOut>,
}

impl SqlStore {
    /// Opens a file.
    ///
    /// # Errors
    /// It is not there, is no database of MLflow, or one that an older MLflow made.
    pub async fn open(path: &Path, options: Options) -> Result<Self> {
        let no = |why: String| Error::new(format!("failed to import from {}: {why}", path.display()));
        if !path.is_file() {
            return Err(no("there is no such file".to_owned())
                .hint("give the file that `mlflow server --backend-store-uri sqlite:///…` names"));
        }
        let connect = SqliteConnectOptions::new().filename(path).read_only(true);
        let mut db = connect.connect().await.map_err(|error| no(error.to_string()))?;
        let tables = tables(&mut db).await.map_err(|error| no(error.to_string()))?;
        let has = |name: &str| tables.iter().any(|table| table == name);
        if !has("alembic_version") || !has("runs") || !has("metrics") {
            return Err(
                no("it has no runs of MLflow".to_owned()).hint("is it the database of something else?")
            );
        }
        let column = "SELECT name FROM pragma_table_info('experiments') WHERE name = ?1";
        if !has("logged_models") || rows(&mut db, column, "workspace").await?.is_empty() {
            return Err(no("an older MLflow made it".to_owned())
                .hint("bring a copy up to date with `mlflow db upgrade sqlite:///…` of MLflow 3.18"));
        }
        let beside = path.parent().unwrap_or(Path::new("")).to_path_buf();
        Ok(Self {
            db,
            tables,
            workspace: options.workspace.unwrap_or_else(|| DEFAULT_WORKSPACE.to_owned()),
            served: options
                .artifacts_destination
                .unwrap_or_else(|| beside.join("mlartifacts")),
            beside,
            artifacts: HashMap::new(),
            places: HashSet::new(),
            left_out: Vec::new(),
        })
    }

    /// Notes what the database has that is not carried.
    async fn not_carried(&mut self) -> Result<()> {
        for (table, word) in NOT_CARRIED {
            if self.tables.iter().any(|name| name == table) {
                let there = count(&mut self.db, table).await?;
                if there > 0 {
                    let why = format!("{there} of them; they are not imported");
                    self.left_out.push(LeftOut::new(word, why));
                }
            }
        }
        Ok(())
    }

    /// Where the artifacts of a run or logged model are on this machine: where its URI leads, else beside the database.
    fn artifacts(&self, owner: &str) -> Result<PathBuf, String> {
        let uri = self.artifacts.get(owner).cloned().unwrap_or_default();
        if let Some(path) = uri.strip_prefix("mlflow-artifacts:") {
            // A host may stand between two slashes and the path.
            let path = match path.strip_prefix("//") {
                Some(rest) => rest.split_once('/').map_or("", |(_, path)| path),
                None => path.trim_start_matches('/'),
            };
            let found = folder(&self.served.join(path).to_string_lossy(), owner, Path::new(""));
            return found.ok_or(uri);
        }
        if let Some(found) = folder(&uri, owner, &self.beside) {
            return Ok(found);
        }
        let names: Vec<&str> = uri.split('/').collect();
        let below = |count: usize| {
            names
                .get(names.len().checked_sub(count)?..)
                .map(|tail| tail.join("/"))
        };
        let moved = [3, 4].into_iter().filter_map(below).find_map(|tail| {
            let at = self.beside.join("mlruns").join(tail);
            folder(&at.to_string_lossy(), owner, Path::new(""))
        });
        moved.filter(|_| !has_host(&uri)).ok_or(uri)
    }

    async fn datasets(&mut self, experiment: &str) -> Result<HashMap<String, Vec<ImportDataset>>> {
        let tags = rows(
            &mut self.db,
            "SELECT t.input_uuid AS owner, t.name AS key, t.value AS value FROM input_tags t
             JOIN inputs i ON i.input_uuid = t.input_uuid
             JOIN runs r ON r.run_uuid = i.destination_id WHERE r.experiment_id = ?1",
            experiment,
        )
        .await?;
        let mut tags = texts(&tags);
        let inputs = rows(
            &mut self.db,
            "SELECT i.input_uuid, i.destination_id, d.* FROM inputs i
             JOIN datasets d ON d.dataset_uuid = i.source_id
             JOIN runs r ON r.run_uuid = i.destination_id
             WHERE i.source_type = 'DATASET' AND i.destination_type = 'RUN' AND r.experiment_id = ?1
             ORDER BY i.rowid",
            experiment,
        )
        .await?;
        let mut found: HashMap<String, Vec<ImportDataset>> = HashMap::new();
        for row in &inputs {
            let of = found.entry(text(row, "destination_id")).or_default();
            of.push(ImportDataset {
                name: text(row, "name"),
                digest: text(row, "digest"),
                source_type: text(row, "dataset_source_type"),
                source: text(row, "dataset_source"),
                schema: opt_text(row, "dataset_schema"),
                profile: opt_text(row, "dataset_profile"),
                tags: tags.remove(&text(row, "input_uuid")).unwrap_or_default(),
            });
        }
        Ok(found)
    }

    /// Logged models that runs read, or made.
    async fn run_models(
        &mut self,
        experiment: &str,
        sql: &'static str,
    ) -> Result<HashMap<String, Vec<ImportRunModel>>> {
        let mut found: HashMap<String, Vec<ImportRunModel>> = HashMap::new();
        for row in &rows(&mut self.db, sql, experiment).await? {
            let of = found.entry(text(row, "source_id")).or_default();
            of.push(ImportRunModel {
                model_id: text(row, "destination_id"),
                step: number(row, "step").unwrap_or(0),
            });
        }
        Ok(found)
    }

    async fn texts(&mut self, sql: &'static str, experiment: &str) -> Result<HashMap<String, Texts>> {
        Ok(texts(&rows(&mut self.db, sql, experiment).await?))
    }
}

#[async_trait]
impl Source for SqlStore {
    async fn experiments(&mut self) -> Result<Vec<SourceExperiment>> {
        self.not_carried().await?;
        let found = rows(
            &mut self.db,
            "SELECT e.* FROM experiments e WHERE e.workspace = ?1 ORDER BY e.experiment_id",
            &self.workspace,
        )
        .await?;
        let mut tags = self
            .texts(
                "SELECT t.experiment_id || '' AS owner, t.key, t.value FROM experiment_tags t WHERE ?1 <> ''",
                "all",
            )
            .await?;
        let mut experiments = Vec::new();
        for row in &found {
            let id = number(row, "experiment_id").unwrap_or(0).to_string();
            let name = text(row, "name");
            let experiment = ImportExperiment {
                name,
                tags: tags.remove(&id).unwrap_or_default(),
                deleted: text(row, "lifecycle_stage") == "deleted",
                created_at: number(row, "creation_time").unwrap_or(0),
                updated_at: number(row, "last_update_time").unwrap_or(0),
            };
            experiments.push(SourceExperiment { id, experiment });
        }
        Ok(experiments)
    }

    async fn trace_ids(&mut self, of: &SourceExperiment) -> Result<Vec<String>> {
        sql_trace::ids(&mut self.db, &of.id).await
    }

    async fn trace(&mut self, _of: &SourceExperiment, id: &str) -> Result<Option<SourceTrace>> {
        sql_trace::whole(&mut self.db, id).await
    }

    async fn runs(&mut self, of: &SourceExperiment) -> Result<Vec<ImportRun>> {
        let id = of.id.as_str();
        let mut tags = self
            .texts(
                "SELECT t.run_uuid AS owner, t.key, t.value FROM tags t
                 JOIN runs r ON r.run_uuid = t.run_uuid WHERE r.experiment_id = ?1",
                id,
            )
            .await?;
        let mut params = self
            .texts(
                "SELECT p.run_uuid AS owner, p.key, p.value FROM params p
                 JOIN runs r ON r.run_uuid = p.run_uuid WHERE r.experiment_id = ?1",
                id,
            )
            .await?;
        let mut datasets = self.datasets(id).await?;
        let mut inputs = self
            .run_models(
                id,
                "SELECT i.source_id, i.destination_id, i.step FROM inputs i JOIN runs r ON r.run_uuid = i.source_id
                 WHERE i.source_type = 'RUN_INPUT' AND i.destination_type = 'MODEL_INPUT' AND r.experiment_id = ?1",
            )
            .await?;
        let mut outputs = self
            .run_models(
                id,
                "SELECT i.source_id, i.destination_id, i.step FROM inputs i JOIN runs r ON r.run_uuid = i.source_id
                 WHERE i.source_type = 'RUN_OUTPUT' AND i.destination_type = 'MODEL_OUTPUT' AND r.experiment_id = ?1",
            )
            .await?;
        let sql = "SELECT * FROM runs WHERE experiment_id = ?1 ORDER BY start_time, run_uuid";
        let mut found = Vec::new();
        for row in &rows(&mut self.db, sql, id).await? {
            let run_id = text(row, "run_uuid");
            self.artifacts.insert(run_id.clone(), text(row, "artifact_uri"));
            let tags = tags.remove(&run_id).unwrap_or_default();
            found.push(ImportRun {
                experiment: of.experiment.name.clone(),
                name: opt_text(row, "name")
                    .or_else(|| tags.get("mlflow.runName").cloned())
                    .unwrap_or_default(),
                user: text(row, "user_id"),
                status: opt_text(row, "status").unwrap_or_else(|| "FINISHED".to_owned()),
                started_at: number(row, "start_time").unwrap_or(0),
                ended_at: number(row, "end_time"),
                deleted: text(row, "lifecycle_stage") == "deleted",
                deleted_at: number(row, "deleted_time"),
                params: params.remove(&run_id).unwrap_or_default(),
                datasets: datasets.remove(&run_id).unwrap_or_default(),
                model_inputs: inputs.remove(&run_id).unwrap_or_default(),
                model_outputs: outputs.remove(&run_id).unwrap_or_default(),
                tags,
                run_id,
            });
        }
        Ok(found)
    }

    async fn points(&mut self, run: &ImportRun) -> Result<Vec<ImportSeries>> {
        // Without an order: the index of runs finds them, and they come as they were logged.
        let sql = "SELECT key, value, timestamp, step, is_nan FROM metrics WHERE run_uuid = ?1";
        let mut series: BTreeMap<String, ImportSeries> = BTreeMap::new();
        let mut found = sqlx::query(sql).bind(run.run_id.clone()).fetch(&mut self.db);
        while let Some(row) = found.try_next().await.map_err(|error| unread(&error))? {
            let row = &row;
            let key = text(row, "key");
            let one = series.entry(key.clone()).or_insert_with(|| ImportSeries {
                run_id: run.run_id.clone(),
                key,
                ..ImportSeries::default()
            });
            one.timestamps.push(number(row, "timestamp").unwrap_or(0));
            one.steps.push(number(row, "step").unwrap_or(0));
            one.values.push(if number(row, "is_nan") == Some(1) {
                f64::NAN
            } else {
                value(row, "value")
            });
        }
        Ok(series.into_values().collect())
    }

    async fn logged_models(&mut self, of: &SourceExperiment) -> Result<Vec<ImportLoggedModel>> {
        let id = of.id.as_str();
        let mut tags = self
            .texts(
                "SELECT model_id AS owner, tag_key AS key, tag_value AS value FROM logged_model_tags
                 WHERE experiment_id = ?1",
                id,
            )
            .await?;
        let mut params = self
            .texts(
                "SELECT model_id AS owner, param_key AS key, param_value AS value FROM logged_model_params
                 WHERE experiment_id = ?1",
                id,
            )
            .await?;
        let mut metrics: HashMap<String, Vec<ImportModelPoint>> = HashMap::new();
        let sql = "SELECT * FROM logged_model_metrics WHERE experiment_id = ?1";
        for row in &rows(&mut self.db, sql, id).await? {
            metrics.entry(text(row, "model_id")).or_default().push(point(row));
        }
        let sql =
            "SELECT * FROM logged_models WHERE experiment_id = ?1 ORDER BY creation_timestamp_ms, model_id";
        let mut found = Vec::new();
        for row in &rows(&mut self.db, sql, id).await? {
            let model_id = text(row, "model_id");
            self.artifacts
                .insert(model_id.clone(), text(row, "artifact_location"));
            found.push(ImportLoggedModel {
                experiment: of.experiment.name.clone(),
                name: text(row, "name"),
                status: word::model_status(number(row, "status").unwrap_or(0)).to_owned(),
                status_message: opt_text(row, "status_message"),
                model_type: opt_text(row, "model_type"),
                source_run_id: opt_text(row, "source_run_id"),
                deleted: text(row, "lifecycle_stage") == "deleted",
                created_at: number(row, "creation_timestamp_ms").unwrap_or(0),
                updated_at: number(row, "last_updated_timestamp_ms").unwrap_or(0),
                tags: tags.remove(&model_id).unwrap_or_default(),
                params: params.remove(&model_id).unwrap_or_default(),
                metrics: metrics.remove(&model_id).unwrap_or_default(),
                model_id,
            });
        }
        Ok(found)
    }

    async fn models(&mut self) -> Result<Vec<ImportModel>> {
        sql_registry::models(&mut self.db, &self.workspace).await
    }

    async fn files(&mut self, owner: &str) -> Result<Vec<String>> {
        match self.artifacts(owner) {
            Ok(root) => walk(&root, &mut self.left_out),
            // Nothing was ever logged there: MLflow makes the folder with its first file.
            Err(uri) if !has_host(&uri) && !elsewhere(&uri, &self.beside, &self.served) => Ok(Vec::new()),
            Err(uri) => {
                // Told once of a place, not of each run in it.
                let place = above(&uri).to_owned();
                if self.places.insert(place.clone()) {
                    let why = "that is not there, or cannot be reached from here: files in it stay behind";
                    self.left_out
                        .push(LeftOut::new(format!("the files in {place}"), why));
                }
                Ok(Vec::new())
            }
        }
    }

    async fn open(&mut self, owner: &str, path: &str) -> Result<Option<FileBytes>> {
        match self.artifacts(owner) {
            Ok(root) => read(&root.join(path)).await.map(Some),
            Err(_) => Ok(None),
        }
    }

    fn left_out(&mut self) -> Vec<LeftOut> {
        std::mem::take(&mut self.left_out)
    }
}

fn point(row: &SqliteRow) -> ImportModelPoint {
    ImportModelPoint {
        key: text(row, "metric_name"),
        run_id: text(row, "run_id"),
        timestamp: number(row, "metric_timestamp_ms").unwrap_or(0),
        step: number(row, "metric_step").unwrap_or(0),
        value: value(row, "metric_value"),
        dataset_name: opt_text(row, "dataset_name"),
        dataset_digest: opt_text(row, "dataset_digest"),
    }
}

/// The place that holds `{experiment}/{run}/artifacts`.
fn above(uri: &str) -> &str {
    let cut = uri.rmatch_indices('/').nth(2);
    cut.map_or(uri, |(at, _)| &uri[..at])
}

/// Whether a URI leads to another place than a disk or MLflow's own server.
fn has_host(uri: &str) -> bool {
    uri.contains("://") && !uri.starts_with("file:") && !uri.starts_with("mlflow-artifacts:")
}

/// Whether the folder above those of runs is missing as well, so that files may be there which cannot be seen from here.
fn elsewhere(uri: &str, beside: &Path, served: &Path) -> bool {
    if uri.is_empty() {
        return false;
    }
    if uri.starts_with("mlflow-artifacts:") {
        return !served.is_dir();
    }
    let path = uri.strip_prefix("file://").or(uri.strip_prefix("file:"));
    let path = beside.join(path.unwrap_or(uri));
    // Above `{experiment}/{run}/artifacts`.
    let root = path.ancestors().nth(3);
    !root.is_some_and(Path::is_dir) && !beside.join("mlruns").is_dir()
}
