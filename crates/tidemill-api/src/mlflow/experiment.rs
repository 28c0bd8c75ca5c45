//! Experiments on the wire.

use serde::{Deserialize, Serialize};

use super::schema::{Check, Request, Schema};
use super::{KeyValue, ViewType, lenient};

/// An experiment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Experiment {
    /// A number in a text; `0` is `Default`.
    pub experiment_id: String,
    /// Unique in its workspace.
    pub name: String,
    /// Where its runs keep their artifacts.
    pub artifact_location: String,
    /// `active` or `deleted`.
    pub lifecycle_stage: String,
    /// Milliseconds since 1970.
    pub last_update_time: i64,
    /// Milliseconds since 1970.
    pub creation_time: i64,
    /// Tags by key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<KeyValue>,
    /// The workspace.
    pub workspace: String,
}

/// `POST experiments/create`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateExperiment {
    /// Its name.
    pub name: String,
    /// Only the server's own artifact store.
    pub artifact_location: Option<String>,
    /// Tags to begin with.
    pub tags: Vec<KeyValue>,
}

impl Request for CreateExperiment {
    const SCHEMA: Schema = &[
        ("name", &[Check::Required, Check::Text]),
        ("artifact_location", &[Check::Text]),
        ("tags", &[Check::Array]),
    ];
}

/// The new experiment's id.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CreateExperimentResponse {
    /// Its id.
    pub experiment_id: String,
}

/// `GET experiments/get`, `POST experiments/{delete,restore}`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ExperimentId {
    /// Which experiment.
    pub experiment_id: String,
}

impl Request for ExperimentId {
    const SCHEMA: Schema = &[("experiment_id", &[Check::Required, Check::Text])];
}

/// `GET experiments/get-by-name`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct GetExperimentByName {
    /// Which experiment.
    pub experiment_name: String,
}

impl Request for GetExperimentByName {
    const SCHEMA: Schema = &[("experiment_name", &[Check::Required, Check::Text])];
}

/// One experiment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ExperimentResponse {
    /// The experiment.
    pub experiment: Experiment,
}

/// `POST experiments/update`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateExperiment {
    /// Which experiment.
    pub experiment_id: String,
    /// What it is called from now on.
    pub new_name: String,
}

impl Request for UpdateExperiment {
    const SCHEMA: Schema = &[
        ("experiment_id", &[Check::Required, Check::Text]),
        ("new_name", &[Check::Text, Check::Required]),
    ];
}

/// `GET` and `POST experiments/search`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SearchExperiments {
    /// At most this many.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub max_results: Option<i64>,
    /// Where the page before ended.
    pub page_token: Option<String>,
    /// A filter.
    pub filter: Option<String>,
    /// Orderings.
    pub order_by: Vec<String>,
    /// The living, the deleted, or both.
    pub view_type: Option<ViewType>,
}

impl Request for SearchExperiments {
    const SCHEMA: Schema = &[
        ("view_type", &[Check::Int]),
        ("max_results", &[Check::Int]),
        ("order_by", &[Check::Array, Check::Texts]),
        ("filter", &[Check::Text]),
        ("page_token", &[Check::Text]),
    ];
}

/// A page of experiments.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct SearchExperimentsResponse {
    /// Those that were found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub experiments: Vec<Experiment>,
    /// Set when there are more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_page_token: Option<String>,
}

/// `POST experiments/set-experiment-tag`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SetExperimentTag {
    /// Which experiment.
    pub experiment_id: String,
    /// The key.
    pub key: String,
    /// The text.
    pub value: String,
}

impl Request for SetExperimentTag {
    const SCHEMA: Schema = &[
        ("experiment_id", &[Check::Required, Check::Text]),
        ("key", &[Check::Required, Check::Text]),
        ("value", &[Check::Text]),
    ];
}

/// `POST experiments/delete-experiment-tag`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteExperimentTag {
    /// Which experiment.
    pub experiment_id: String,
    /// The key.
    pub key: String,
}

impl Request for DeleteExperimentTag {
    const SCHEMA: Schema = &[
        ("experiment_id", &[Check::Required, Check::Text]),
        ("key", &[Check::Required, Check::Text]),
    ];
}
