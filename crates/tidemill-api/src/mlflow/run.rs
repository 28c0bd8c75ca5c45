//! Runs on the wire.

use serde::{Deserialize, Serialize};

use super::metric::Metric;
use super::run_input::{RunInputs, RunOutputs};
use super::schema::{Check, Request, Schema};
use super::{KeyValue, ViewType, lenient};

/// How a run is doing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RunStatus {
    /// It runs.
    #[default]
    Running,
    /// It will run.
    Scheduled,
    /// It ended well.
    Finished,
    /// It failed.
    Failed,
    /// Somebody ended it.
    Killed,
}

lenient::proto_enum!(RunStatus {
    1 => Running = "RUNNING", 2 => Scheduled = "SCHEDULED", 3 => Finished = "FINISHED", 4 => Failed = "FAILED", 5 => Killed = "KILLED"
});

/// A run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// What it is.
    pub info: RunInfo,
    /// What it logged.
    pub data: RunData,
    /// What it read.
    #[serde(default)]
    pub inputs: RunInputs,
    /// What it made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outputs: Option<RunOutputs>,
}

/// What a run is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunInfo {
    /// Its id, under the name of old.
    pub run_uuid: String,
    /// Its experiment.
    pub experiment_id: String,
    /// As people call it.
    pub run_name: String,
    /// Who started it.
    pub user_id: String,
    /// How it is doing.
    pub status: RunStatus,
    /// Milliseconds since 1970.
    pub start_time: i64,
    /// Milliseconds since 1970; not yet for one that runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_time: Option<i64>,
    /// Where its artifacts are.
    pub artifact_uri: String,
    /// `active` or `deleted`.
    pub lifecycle_stage: String,
    /// Its id.
    pub run_id: String,
}

/// What a run logged: of each metric the latest point.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunData {
    /// The latest points.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<Metric>,
    /// Parameters by key.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub params: Vec<KeyValue>,
    /// Tags by key.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<KeyValue>,
}

/// `POST runs/create`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateRun {
    /// Its experiment, `0` without one.
    pub experiment_id: String,
    /// Who starts it.
    pub user_id: String,
    /// As people call it; made up without one.
    pub run_name: Option<String>,
    /// Milliseconds since 1970.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub start_time: Option<i64>,
    /// Tags to begin with.
    pub tags: Vec<KeyValue>,
}

impl Request for CreateRun {
    const SCHEMA: Schema = &[
        ("experiment_id", &[Check::Text]),
        ("start_time", &[Check::Int]),
        ("run_name", &[Check::Text]),
        ("user_id", &[Check::Text]),
        ("tags", &[Check::Array]),
    ];
}

/// One run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RunResponse {
    /// The run.
    pub run: Run,
}

/// `POST runs/update`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateRun {
    /// Which run.
    pub run_id: String,
    /// How it is doing now.
    pub status: Option<RunStatus>,
    /// Milliseconds since 1970.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub end_time: Option<i64>,
    /// What it is called now.
    pub run_name: Option<String>,
}

impl Request for UpdateRun {
    const SCHEMA: Schema = &[
        ("run_id", &[Check::Required, Check::Text]),
        ("end_time", &[Check::Int]),
        ("status", &[Check::Text]),
        ("run_name", &[Check::Text]),
    ];
}

/// What the run is now.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UpdateRunResponse {
    /// The run, without what it logged.
    pub run_info: RunInfo,
}

/// `GET runs/get`, `POST runs/{delete,restore}`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RunId {
    /// Which run.
    pub run_id: String,
}

impl Request for RunId {
    const SCHEMA: Schema = &[("run_id", &[Check::Required, Check::Text])];
}

/// `POST runs/search`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SearchRuns {
    /// In these experiments.
    pub experiment_ids: Vec<String>,
    /// A filter.
    pub filter: Option<String>,
    /// The living, the deleted, or both.
    pub run_view_type: Option<ViewType>,
    /// At most this many, 1000 without it.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub max_results: Option<i64>,
    /// Orderings; then the youngest first.
    pub order_by: Vec<String>,
    /// Where the page before ended.
    pub page_token: Option<String>,
}

impl Request for SearchRuns {
    const SCHEMA: Schema = &[
        ("experiment_ids", &[Check::Array, Check::Texts]),
        ("filter", &[Check::Text]),
        ("max_results", &[Check::Int, Check::AtMost(50_000)]),
        ("order_by", &[Check::Array, Check::Texts]),
        ("page_token", &[Check::Text]),
    ];
}

/// A page of runs.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct SearchRunsResponse {
    /// Those that were found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<Run>,
    /// Set when there are more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_page_token: Option<String>,
}

/// `POST runs/log-parameter`, `POST runs/set-tag`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RunKeyValue {
    /// Which run.
    pub run_id: String,
    /// The key.
    pub key: String,
    /// The text.
    pub value: String,
}

impl Request for RunKeyValue {
    const SCHEMA: Schema = &[
        ("run_id", &[Check::Required, Check::Text]),
        ("key", &[Check::Required, Check::Text]),
        ("value", &[Check::Text]),
    ];
}

/// `POST runs/delete-tag`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteTag {
    /// Which run.
    pub run_id: String,
    /// The key.
    pub key: String,
}

impl Request for DeleteTag {
    const SCHEMA: Schema = &[
        ("run_id", &[Check::Required, Check::Text]),
        ("key", &[Check::Required, Check::Text]),
    ];
}

/// `POST runs/log-batch`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LogBatch {
    /// Which run.
    pub run_id: String,
    /// 1000 at most.
    pub metrics: Vec<Metric>,
    /// 100 at most.
    pub params: Vec<KeyValue>,
    /// 100 at most.
    pub tags: Vec<KeyValue>,
}

impl Request for LogBatch {
    const SCHEMA: Schema = &[
        ("run_id", &[Check::Text, Check::Required]),
        (
            "metrics",
            &[Check::Array, Check::Each(&["key", "value", "timestamp"])],
        ),
        ("params", &[Check::Array, Check::Each(&["key"])]),
        ("tags", &[Check::Array, Check::Each(&["key"])]),
    ];

    fn quick(body: &[u8]) -> Option<Self> {
        super::quick::batch(body)
    }
}

/// `POST runs/log-model`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LogModel {
    /// Which run.
    pub run_id: String,
    /// The `MLmodel` file as JSON.
    pub model_json: String,
}

impl Request for LogModel {
    const SCHEMA: Schema = &[
        ("run_id", &[Check::Text, Check::Required]),
        ("model_json", &[Check::Text, Check::Required]),
    ];
}
