//! Datasets for evaluating on the wire. Tags and records are texts of JSON.

use serde::{Deserialize, Serialize};

use super::lenient;
use super::schema::{Check, Request, Schema};

/// A dataset.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EvalDataset {
    /// `d-` and 32 hex digits.
    pub dataset_id: String,
    /// As people call it.
    pub name: String,
    /// JSON.
    pub tags: String,
    /// JSON: the types of its fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// JSON: how many records.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// Changes when it changes.
    pub digest: String,
    /// Milliseconds since 1970.
    pub created_time: i64,
    /// Milliseconds since 1970.
    pub last_update_time: i64,
    /// Who made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// Who changed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_updated_by: Option<String>,
    /// Of which experiments.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub experiment_ids: Vec<String>,
}

/// `POST datasets/create`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateEvalDataset {
    /// As people call it.
    pub name: String,
    /// Of which experiments.
    pub experiment_ids: Vec<String>,
    /// JSON.
    pub tags: Option<String>,
}

impl Request for CreateEvalDataset {
    const SCHEMA: Schema = &[
        ("name", &[Check::Required, Check::Text]),
        ("experiment_ids", &[Check::Array]),
        ("tags", &[Check::Text]),
    ];
}

/// One dataset.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EvalDatasetResponse {
    /// The dataset.
    pub dataset: EvalDataset,
}

/// `GET`, `DELETE datasets/{dataset_id}` and what is below it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct EvalDatasetId {
    /// Which dataset.
    pub dataset_id: String,
    /// Which of its tags.
    pub key: String,
}

impl Request for EvalDatasetId {
    const SCHEMA: Schema = &[];
}

/// `POST` and `GET datasets/search`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SearchEvalDatasets {
    /// Of these experiments; of all without any.
    pub experiment_ids: Vec<String>,
    /// A filter.
    pub filter_string: Option<String>,
    /// At most this many, 1000 without it.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub max_results: Option<i64>,
    /// Orderings.
    pub order_by: Vec<String>,
    /// Where the page before ended.
    pub page_token: Option<String>,
}

impl Request for SearchEvalDatasets {
    const SCHEMA: Schema = &[
        ("experiment_ids", &[Check::Array]),
        ("filter_string", &[Check::Text]),
        ("max_results", &[Check::Int]),
        ("order_by", &[Check::Array]),
        ("page_token", &[Check::Text]),
    ];
}

/// A page of datasets.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct SearchEvalDatasetsResponse {
    /// Those that were found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub datasets: Vec<EvalDataset>,
    /// Set when there are more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_page_token: Option<String>,
}

/// `PATCH datasets/{dataset_id}/tags`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SetEvalDatasetTags {
    /// Which dataset.
    pub dataset_id: String,
    /// JSON.
    pub tags: String,
}

impl Request for SetEvalDatasetTags {
    const SCHEMA: Schema = &[("tags", &[Check::Required, Check::Text])];
}

/// `POST datasets/{dataset_id}/records`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct UpsertEvalRecords {
    /// Which dataset.
    pub dataset_id: String,
    /// JSON: a list of records.
    pub records: String,
}

impl Request for UpsertEvalRecords {
    const SCHEMA: Schema = &[("records", &[Check::Required, Check::Text])];
}

/// What became of records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpsertEvalRecordsResponse {
    /// New ones.
    pub inserted_count: i64,
    /// Those whose inputs were there.
    pub updated_count: i64,
}

/// `GET datasets/{dataset_id}/records`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct GetEvalRecords {
    /// Which dataset.
    pub dataset_id: String,
    /// At most this many, 1000 without it.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub max_results: Option<i64>,
    /// Where the page before ended.
    pub page_token: Option<String>,
}

impl Request for GetEvalRecords {
    const SCHEMA: Schema = &[("max_results", &[Check::Int]), ("page_token", &[Check::Text])];
}

/// A page of records.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct GetEvalRecordsResponse {
    /// JSON: a list of records.
    pub records: String,
    /// Set when there are more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_page_token: Option<String>,
}

/// `DELETE datasets/{dataset_id}/records`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteEvalRecords {
    /// Which dataset.
    pub dataset_id: String,
    /// Which records.
    pub dataset_record_ids: Vec<String>,
}

impl Request for DeleteEvalRecords {
    const SCHEMA: Schema = &[("dataset_record_ids", &[Check::Array])];
}

/// How many records are gone.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct DeleteEvalRecordsResponse {
    /// How many.
    pub deleted_count: i64,
}

/// `POST datasets/{dataset_id}/add-experiments` and `remove-experiments`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct EvalDatasetExperiments {
    /// Which dataset.
    pub dataset_id: String,
    /// Which experiments.
    pub experiment_ids: Vec<String>,
}

impl Request for EvalDatasetExperiments {
    const SCHEMA: Schema = &[("experiment_ids", &[Check::Array])];
}

/// `GET datasets/{dataset_id}/experiment-ids`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct EvalDatasetExperimentIds {
    /// Of which experiments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub experiment_ids: Vec<String>,
}
