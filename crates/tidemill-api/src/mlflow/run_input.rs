//! What a run read and made, on the wire.

use serde::{Deserialize, Serialize};

use super::schema::{Check, Request, Schema};
use super::{KeyValue, lenient};

/// What a run read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunInputs {
    /// Datasets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dataset_inputs: Vec<DatasetInput>,
    /// Logged models.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub model_inputs: Vec<ModelInput>,
}

/// What a run made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunOutputs {
    /// Logged models.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub model_outputs: Vec<ModelOutput>,
}

/// A dataset that was read, and how it was used.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DatasetInput {
    /// Such as `mlflow.data.context`: `training`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<KeyValue>,
    /// The dataset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dataset: Option<Dataset>,
}

/// A dataset.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Dataset {
    /// Its name.
    pub name: String,
    /// What its content hashes to.
    pub digest: String,
    /// Such as `local`, `http`, `code`.
    pub source_type: String,
    /// JSON that tells how to get it.
    pub source: String,
    /// JSON of its columns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// JSON of its counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
}

/// A logged model that was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelInput {
    /// Which one.
    pub model_id: String,
}

/// A logged model that was made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelOutput {
    /// Which one.
    pub model_id: String,
    /// At which step of the training.
    #[serde(deserialize_with = "lenient::int")]
    pub step: i64,
}

/// `POST runs/log-inputs`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LogInputs {
    /// Which run.
    pub run_id: String,
    /// Datasets, 1000 at most.
    pub datasets: Vec<DatasetInput>,
    /// Logged models.
    pub models: Vec<ModelInput>,
}

impl Request for LogInputs {
    const SCHEMA: Schema = &[
        ("run_id", &[Check::Required, Check::Text]),
        ("datasets", &[Check::Array]),
        ("models", &[Check::Array]),
    ];
}

/// `POST runs/outputs`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LogOutputs {
    /// Which run.
    pub run_id: String,
    /// Logged models.
    pub models: Vec<ModelOutput>,
}

impl Request for LogOutputs {
    const SCHEMA: Schema = &[
        ("run_id", &[Check::Required, Check::Text]),
        ("models", &[Check::Required, Check::Array]),
    ];
}

/// `POST experiments/search-datasets`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SearchDatasets {
    /// In these experiments.
    pub experiment_ids: Vec<String>,
}

impl Request for SearchDatasets {
    const SCHEMA: Schema = &[("experiment_ids", &[Check::Array, Check::Texts])];
}

/// A dataset that some run of an experiment read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetSummary {
    /// The experiment.
    pub experiment_id: String,
    /// Its name.
    pub name: String,
    /// What its content hashes to.
    pub digest: String,
    /// How it was used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
}

/// The datasets of experiments.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct SearchDatasetsResponse {
    /// 1000 at most.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dataset_summaries: Vec<DatasetSummary>,
}
