//! Logged models (MLflow 3) on the wire.

use serde::{Deserialize, Serialize};

use super::metric::Metric;
use super::schema::{Check, Request, Schema};
use super::{KeyValue, lenient};

/// How far a logged model is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LoggedModelStatus {
    /// Not said.
    Unspecified,
    /// Its files are being uploaded.
    #[default]
    Pending,
    /// It can be used.
    Ready,
    /// Its upload failed.
    Failed,
}

lenient::proto_enum!(LoggedModelStatus {
    0 => Unspecified = "LOGGED_MODEL_STATUS_UNSPECIFIED", 1 => Pending = "LOGGED_MODEL_PENDING",
    2 => Ready = "LOGGED_MODEL_READY", 3 => Failed = "LOGGED_MODEL_UPLOAD_FAILED"
});

impl LoggedModelStatus {
    /// As filters spell it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unspecified => "UNSPECIFIED",
            Self::Pending => "PENDING",
            Self::Ready => "READY",
            Self::Failed => "FAILED",
        }
    }

    /// Reads the word of a filter.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Unspecified, Self::Pending, Self::Ready, Self::Failed]
            .into_iter()
            .find(|s| s.word() == word)
    }
}

/// A logged model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoggedModel {
    /// What it is.
    pub info: LoggedModelInfo,
    /// What was measured.
    pub data: LoggedModelData,
}

/// What a logged model is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedModelInfo {
    /// `m-` and 32 hex digits.
    pub model_id: String,
    /// Its experiment.
    pub experiment_id: String,
    /// As people call it.
    pub name: String,
    /// Milliseconds since 1970.
    pub creation_timestamp_ms: i64,
    /// Milliseconds since 1970.
    pub last_updated_timestamp_ms: i64,
    /// Where its files are.
    pub artifact_uri: String,
    /// How far it is.
    pub status: LoggedModelStatus,
    /// Such as `Agent`, `Classifier`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_type: Option<String>,
    /// The run that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_run_id: Option<String>,
    /// Why it is not ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_message: Option<String>,
    /// Tags by key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<KeyValue>,
}

/// What was measured on a logged model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LoggedModelData {
    /// Parameters by key.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub params: Vec<KeyValue>,
    /// All points.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<Metric>,
}

/// `POST logged-models`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateLoggedModel {
    /// Its experiment.
    pub experiment_id: String,
    /// As people call it; made up without one.
    pub name: Option<String>,
    /// Such as `Classifier`.
    pub model_type: Option<String>,
    /// The run that makes it.
    pub source_run_id: Option<String>,
    /// Parameters.
    pub params: Vec<KeyValue>,
    /// Tags.
    pub tags: Vec<KeyValue>,
}

impl Request for CreateLoggedModel {
    const SCHEMA: Schema = &[
        ("experiment_id", &[Check::Text, Check::Required]),
        ("name", &[Check::Text]),
        ("model_type", &[Check::Text]),
        ("source_run_id", &[Check::Text]),
        ("params", &[Check::Array]),
        ("tags", &[Check::Array]),
    ];
}

/// One logged model.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LoggedModelResponse {
    /// The model.
    pub model: LoggedModel,
}

/// `PATCH logged-models/{model_id}`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FinalizeLoggedModel {
    /// Which model.
    pub model_id: String,
    /// How far it is now.
    pub status: LoggedModelStatus,
}

impl Request for FinalizeLoggedModel {
    const SCHEMA: Schema = &[
        ("model_id", &[Check::Text, Check::Required]),
        ("status", &[Check::Int, Check::Required]),
    ];
}

/// `GET` and `DELETE logged-models/{model_id}`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LoggedModelId {
    /// Which model.
    pub model_id: String,
    /// Whether a deleted one counts.
    pub allow_deleted: bool,
}

impl Request for LoggedModelId {
    const SCHEMA: Schema = &[("model_id", &[Check::Text]), ("allow_deleted", &[Check::Bool])];
}

/// `PATCH logged-models/{model_id}/tags`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SetLoggedModelTags {
    /// Which model.
    pub model_id: String,
    /// The tags.
    pub tags: Vec<KeyValue>,
}

impl Request for SetLoggedModelTags {
    const SCHEMA: Schema = &[("tags", &[Check::Array])];
}

/// `POST logged-models/{model_id}/params`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LogLoggedModelParams {
    /// Which model.
    pub model_id: String,
    /// The parameters.
    pub params: Vec<KeyValue>,
}

impl Request for LogLoggedModelParams {
    const SCHEMA: Schema = &[
        ("model_id", &[Check::Text, Check::Required]),
        ("params", &[Check::Array]),
    ];
}

/// `GET logged-models/{model_id}/artifacts/directories`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ListLoggedModelArtifacts {
    /// Which model.
    pub model_id: String,
    /// Below this path.
    pub artifact_directory_path: Option<String>,
}

impl Request for ListLoggedModelArtifacts {
    const SCHEMA: Schema = &[("artifact_directory_path", &[Check::Text])];
}

/// `POST logged-models/search`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SearchLoggedModels {
    /// In these experiments.
    pub experiment_ids: Vec<String>,
    /// A filter.
    pub filter: Option<String>,
    /// Only metrics on these datasets count.
    pub datasets: Vec<DatasetFilter>,
    /// At most this many, 50 without it.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub max_results: Option<i64>,
    /// Orderings; then the youngest first.
    pub order_by: Vec<OrderBy>,
    /// Where the page before ended.
    pub page_token: Option<String>,
}

impl Request for SearchLoggedModels {
    const SCHEMA: Schema = &[
        ("experiment_ids", &[Check::Array, Check::Texts, Check::Required]),
        ("filter", &[Check::Text]),
        ("datasets", &[Check::Array]),
        ("max_results", &[Check::Int]),
        ("order_by", &[Check::Array]),
        ("page_token", &[Check::Text]),
    ];
}

/// A dataset, with or without its digest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DatasetFilter {
    /// Its name.
    pub dataset_name: String,
    /// What its content hashes to.
    pub dataset_digest: Option<String>,
}

/// One ordering of logged models.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OrderBy {
    /// An attribute, or `metrics.<key>`.
    pub field_name: String,
    /// Smallest first.
    pub ascending: bool,
    /// Only points on this dataset count.
    pub dataset_name: Option<String>,
    /// Only points on this digest count.
    pub dataset_digest: Option<String>,
}

impl Default for OrderBy {
    fn default() -> Self {
        Self {
            field_name: String::new(),
            ascending: true,
            dataset_name: None,
            dataset_digest: None,
        }
    }
}

/// A page of logged models.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct SearchLoggedModelsResponse {
    /// Those that were found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<LoggedModel>,
    /// Set when there are more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_page_token: Option<String>,
}
