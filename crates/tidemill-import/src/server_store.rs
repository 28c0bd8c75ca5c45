//! A running MLflow server, asked through its REST API: every page, every point, the files through the server.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt};
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tidemill_api::import::{
    ImportDataset, ImportExperiment, ImportLoggedModel, ImportModel, ImportModelPoint, ImportRun,
    ImportRunModel, ImportSeries, Texts,
};

use crate::server_call::Server;
use crate::server_files::{self, Owner};
use crate::{
    FileBytes, LeftOut, Options, Result, Source, SourceExperiment, SourceTrace, server_registry, server_trace,
};

/// Things on a page.
const PAGE: usize = 500;
/// The most points that MLflow gives at once.
const POINTS: &str = "25000";
/// Calls at the same time.
const AT_ONCE: usize = 4;

/// A page of a history, with values as they are written.
#[derive(Deserialize)]
struct History<'a> {
    #[serde(default, borrow)]
    metrics: Vec<Point<'a>>,
    next_page_token: Option<String>,
}

/// A point of a run or logged model.
#[derive(Deserialize)]
struct Point<'a> {
    #[serde(default)]
    key: String,
    #[serde(borrow)]
    value: Option<&'a RawValue>,
    #[serde(default)]
    timestamp: Value,
    #[serde(default)]
    step: Value,
    run_id: Option<String>,
    dataset_name: Option<String>,
    dataset_digest: Option<String>,
}

/// A page of logged models.
#[derive(Deserialize)]
struct ModelPage<'a> {
    #[serde(default, borrow)]
    models: Vec<ModelRow<'a>>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
struct ModelRow<'a> {
    info: Value,
    #[serde(borrow)]
    data: Option<ModelData<'a>>,
}

#[derive(Default, Deserialize)]
struct ModelData<'a> {
    #[serde(default)]
    params: Value,
    #[serde(default, borrow)]
    metrics: Vec<Point<'a>>,
}

/// A running MLflow server.
#[derive(Debug)]
pub struct ServerStore {
    server: Server,
    /// Keys of metrics by run.
    metrics: HashMap<String, Vec<String>>,
    /// Ids of logged models; others are runs.
    logged_models: HashSet<String>,
    /// Runs by experiment.
    runs: HashMap<String, Vec<String>>,
    /// What is known of the traces of the experiment that is read, and the runs that they are linked to.
    traces: HashMap<String, (Value, Vec<String>)>,
    left_out: Vec<LeftOut>,
}

impl ServerStore {
    /// Opens a server.
    ///
    /// # Errors
    /// It cannot be reached, or is none of MLflow.
    pub async fn open(address: &str, options: Options) -> Result<Self> {
        let server = Server::new(address, options.workspace, options.login)?;
        server
            .post("experiments/search", &json!({"max_results": 1}))
            .await?;
        Ok(Self {
            server,
            metrics: HashMap::new(),
            logged_models: HashSet::new(),
            runs: HashMap::new(),
            traces: HashMap::new(),
            left_out: Vec::new(),
        })
    }

    /// What a search does not give of a run: the logged models that it read.
    async fn whole(server: &Server, run: Value) -> Result<Value> {
        let run_id = text(&run["info"], "run_id");
        let mut answer = server.get("runs/get", &[("run_id", &run_id)]).await?;
        Ok(answer["run"].take())
    }

    async fn series(server: &Server, run_id: &str, key: &str) -> Result<(ImportSeries, u64)> {
        let query = [("run_id", run_id), ("metric_key", key), ("max_results", POINTS)];
        let mut series = ImportSeries {
            run_id: run_id.to_owned(),
            key: key.to_owned(),
            ..ImportSeries::default()
        };
        let (mut broken, mut token) = (0, String::new());
        loop {
            let mut query = query.to_vec();
            if !token.is_empty() {
                query.push(("page_token", &token));
            }
            let call = "metrics/get-history";
            let text = server.text(call, Method::GET, &query, None).await?;
            let text = text.map_err(|refusal| server.refused(call, &refusal))?;
            let page: History<'_> = server.read(call, &text)?;
            for point in page.metrics {
                match (whole(&point.timestamp), exact(point.value)) {
                    (Some(timestamp), Some(value)) => {
                        series.timestamps.push(timestamp);
                        series.values.push(value);
                        series.steps.push(whole(&point.step).unwrap_or(0));
                    }
                    _ => broken += 1,
                }
            }
            token = page.next_page_token.unwrap_or_default();
            if token.is_empty() {
                return Ok((series, broken));
            }
        }
    }

    fn run(&mut self, of: &SourceExperiment, run: &Value) -> ImportRun {
        let (info, data) = (&run["info"], &run["data"]);
        let run_id = text(info, "run_id");
        let keys = items(&data["metrics"]).map(|metric| text(metric, "key"));
        self.metrics.insert(run_id.clone(), keys.collect());
        let tags = pairs(&data["tags"]);
        ImportRun {
            experiment: of.experiment.name.clone(),
            name: opt_text(info, "run_name")
                .or_else(|| tags.get("mlflow.runName").cloned())
                .unwrap_or_default(),
            user: text(info, "user_id"),
            status: opt_text(info, "status").unwrap_or_else(|| "FINISHED".to_owned()),
            started_at: number(info, "start_time").unwrap_or(0),
            ended_at: number(info, "end_time").filter(|ms| *ms > 0),
            deleted: text(info, "lifecycle_stage") == "deleted",
            deleted_at: None,
            params: pairs(&data["params"]),
            datasets: items(&run["inputs"]["dataset_inputs"]).map(dataset).collect(),
            model_inputs: items(&run["inputs"]["model_inputs"]).map(run_model).collect(),
            model_outputs: items(&run["outputs"]["model_outputs"]).map(run_model).collect(),
            tags,
            run_id,
        }
    }

    fn owner(&self, id: &str) -> Owner {
        if self.logged_models.contains(id) {
            Owner::Model
        } else {
            Owner::Run
        }
    }
}

#[async_trait]
impl Source for ServerStore {
    async fn experiments(&mut self) -> Result<Vec<SourceExperiment>> {
        let body = json!({"view_type": "ALL", "max_results": PAGE, "order_by": ["experiment_id ASC"]});
        let all = self
            .server
            .all_posted("experiments/search", "experiments", body)
            .await?;
        let experiment = |one: &Value| SourceExperiment {
            id: text(one, "experiment_id"),
            experiment: ImportExperiment {
                name: text(one, "name"),
                tags: pairs(&one["tags"]),
                deleted: text(one, "lifecycle_stage") == "deleted",
                created_at: number(one, "creation_time").unwrap_or(0),
                updated_at: number(one, "last_update_time").unwrap_or(0),
            },
        };
        Ok(all.iter().map(experiment).collect())
    }

    async fn runs(&mut self, of: &SourceExperiment) -> Result<Vec<ImportRun>> {
        // The oldest first: a run that starts meanwhile comes on the last page and moves no other.
        let body = json!({
            "experiment_ids": [of.id], "run_view_type": "ALL", "max_results": PAGE,
            "order_by": ["attributes.start_time ASC"],
        });
        let mut all = self.server.all_posted("runs/search", "runs", body).await?;
        let mut seen = HashSet::new();
        all.retain(|run| seen.insert(text(&run["info"], "run_id")));
        let server = &self.server;
        let whole: Vec<Value> = futures::stream::iter(all)
            .map(|run| Self::whole(server, run))
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        let found: Vec<ImportRun> = whole.iter().map(|run| self.run(of, run)).collect();
        let ids = found.iter().map(|run| run.run_id.clone()).collect();
        self.runs.insert(of.id.clone(), ids);
        Ok(found)
    }

    async fn trace_ids(&mut self, of: &SourceExperiment) -> Result<Vec<String>> {
        let infos = server_trace::once(server_trace::infos(&self.server, &of.id, None).await?);
        let runs = self.runs.get(&of.id).map_or(&[][..], Vec::as_slice);
        let mut linked = match infos.is_empty() {
            true => Default::default(),
            false => server_trace::linked(&self.server, &of.id, runs).await?,
        };
        let ids: Vec<String> = infos.iter().map(|info| text(info, "trace_id")).collect();
        self.traces = ids
            .iter()
            .cloned()
            .zip(infos)
            .map(|(id, info)| {
                let runs = linked.remove(&id).unwrap_or_default();
                (id, (info, runs))
            })
            .collect();
        Ok(ids)
    }

    async fn trace(&mut self, _of: &SourceExperiment, id: &str) -> Result<Option<SourceTrace>> {
        let Some((info, runs)) = self.traces.remove(id) else {
            return Ok(None);
        };
        server_trace::whole(&self.server, info, runs, &mut self.left_out)
            .await
            .map(Some)
    }

    async fn points(&mut self, run: &ImportRun) -> Result<Vec<ImportSeries>> {
        let keys = self.metrics.get(&run.run_id).cloned().unwrap_or_default();
        let (server, run_id) = (&self.server, run.run_id.as_str());
        let all: Vec<(ImportSeries, u64)> = futures::stream::iter(keys)
            .map(|key| async move { Self::series(server, run_id, &key).await })
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        let mut found = Vec::new();
        for (series, broken) in all {
            if broken > 0 {
                let what = format!("{broken} points of {run_id}/{}", series.key);
                self.left_out
                    .push(LeftOut::new(what, "they have no time or no number"));
            }
            found.push(series);
        }
        Ok(found)
    }

    async fn logged_models(&mut self, of: &SourceExperiment) -> Result<Vec<ImportLoggedModel>> {
        let mut body = json!({"experiment_ids": [of.id], "max_results": 50});
        let mut found = Vec::new();
        loop {
            let call = "logged-models/search";
            let text = match self.server.text(call, Method::POST, &[], Some(&body)).await? {
                Ok(text) => text,
                // Servers before MLflow 3 have none.
                Err(refusal) if refusal.status == StatusCode::NOT_FOUND => return Ok(found),
                Err(refusal) => return Err(self.server.refused(call, &refusal)),
            };
            let mut page: ModelPage<'_> = self.server.read(call, &text)?;
            found.extend(page.models.drain(..).map(|one| logged_model(of, one)));
            match page.next_page_token {
                Some(token) if !token.is_empty() => body["page_token"] = token.into(),
                _ => break,
            }
        }
        self.logged_models
            .extend(found.iter().map(|model| model.model_id.clone()));
        Ok(found)
    }

    async fn models(&mut self) -> Result<Vec<ImportModel>> {
        server_registry::models(&self.server).await
    }

    async fn files(&mut self, owner: &str) -> Result<Vec<String>> {
        let kind = self.owner(owner);
        server_files::list(&self.server, kind, owner, &mut self.left_out).await
    }

    async fn open(&mut self, owner: &str, path: &str) -> Result<Option<FileBytes>> {
        let kind = self.owner(owner);
        server_files::open(&self.server, kind, owner, path, &mut self.left_out).await
    }

    fn left_out(&mut self) -> Vec<LeftOut> {
        std::mem::take(&mut self.left_out)
    }
}

fn dataset(one: &Value) -> ImportDataset {
    let dataset = &one["dataset"];
    ImportDataset {
        name: text(dataset, "name"),
        digest: text(dataset, "digest"),
        source_type: text(dataset, "source_type"),
        source: text(dataset, "source"),
        schema: opt_text(dataset, "schema"),
        profile: opt_text(dataset, "profile"),
        tags: pairs(&one["tags"]),
    }
}

fn run_model(one: &Value) -> ImportRunModel {
    ImportRunModel {
        model_id: text(one, "model_id"),
        step: number(one, "step").unwrap_or(0),
    }
}

fn logged_model(of: &SourceExperiment, one: ModelRow<'_>) -> ImportLoggedModel {
    let (info, data) = (&one.info, one.data.unwrap_or_default());
    let status = text(info, "status");
    ImportLoggedModel {
        model_id: text(info, "model_id"),
        experiment: of.experiment.name.clone(),
        name: text(info, "name"),
        status: status
            .strip_prefix("LOGGED_MODEL_")
            .map_or(status.clone(), str::to_owned),
        status_message: opt_text(info, "status_message"),
        model_type: opt_text(info, "model_type"),
        source_run_id: opt_text(info, "source_run_id"),
        deleted: false,
        created_at: number(info, "creation_timestamp_ms").unwrap_or(0),
        updated_at: number(info, "last_updated_timestamp_ms").unwrap_or(0),
        tags: pairs(&info["tags"]),
        params: pairs(&data.params),
        metrics: data.metrics.into_iter().filter_map(model_point).collect(),
    }
}

fn model_point(one: Point<'_>) -> Option<ImportModelPoint> {
    Some(ImportModelPoint {
        key: one.key,
        run_id: one.run_id.unwrap_or_default(),
        timestamp: whole(&one.timestamp)?,
        step: whole(&one.step).unwrap_or(0),
        value: exact(one.value)?,
        dataset_name: one.dataset_name.filter(|text| !text.is_empty()),
        dataset_digest: one.dataset_digest.filter(|text| !text.is_empty()),
    })
}

fn items(of: &Value) -> impl Iterator<Item = &Value> {
    of.as_array().into_iter().flatten()
}

/// A text; empty where there is none, for MLflow leaves empty ones out.
pub(crate) fn text(of: &Value, field: &str) -> String {
    of[field].as_str().unwrap_or_default().to_owned()
}

/// A text that is there and not empty.
pub(crate) fn opt_text(of: &Value, field: &str) -> Option<String> {
    of[field]
        .as_str()
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

/// A whole number, also one in a text.
pub(crate) fn number(of: &Value, field: &str) -> Option<i64> {
    whole(&of[field])
}

fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// A number to its last bit, which the JSON reader of numbers does not promise. Those that JSON has no word for come as
/// texts: `NaN`, `Infinity`, `-Infinity`.
fn exact(value: Option<&RawValue>) -> Option<f64> {
    value?.get().trim_matches('"').parse().ok()
}

/// Texts by key, from a list of `key` and `value`.
pub(crate) fn pairs(of: &Value) -> Texts {
    items(of)
        .map(|pair| (text(pair, "key"), text(pair, "value")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_as_numbers_and_as_texts() {
        let point = json!({"a": 5, "b": "7"});
        assert_eq!((number(&point, "a"), number(&point, "b")), (Some(5), Some(7)));
        let read = |json: &str| exact(Some(serde_json::from_str(json).unwrap()));
        assert!(read("\"NaN\"").is_some_and(f64::is_nan));
        assert_eq!(read("\"-Infinity\""), Some(f64::NEG_INFINITY));
        assert_eq!(read(&(1.0_f64 / 11.0).to_string()), Some(1.0 / 11.0));
        assert_eq!((read("\"x\""), read("null"), exact(None)), (None, None, None));
    }
}
