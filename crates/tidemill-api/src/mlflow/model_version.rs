//! Model versions on the wire.

use serde::{Deserialize, Serialize};

use super::schema::{Check, Request, Schema};
use super::{KeyValue, lenient};

/// A version of a registered model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelVersion {
    /// The registered model.
    pub name: String,
    /// A number in a text.
    pub version: String,
    /// Milliseconds since 1970.
    pub creation_timestamp: i64,
    /// Milliseconds since 1970.
    pub last_updated_timestamp: i64,
    /// Who registered it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// `None`, `Staging`, `Production` or `Archived`.
    pub current_stage: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Where it came from.
    pub source: String,
    /// The run that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// `READY`.
    pub status: String,
    /// Why it isn't ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_message: Option<String>,
    /// Tags by key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<KeyValue>,
    /// A link to the run on another server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_link: Option<String>,
    /// Aliases of this version.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// The logged model that it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_id: Option<String>,
}

/// `POST model-versions/create`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateModelVersion {
    /// The registered model.
    pub name: String,
    /// Where its files are.
    pub source: String,
    /// The run that made it.
    pub run_id: Option<String>,
    /// Tags to begin with.
    pub tags: Vec<KeyValue>,
    /// A link to the run on another server.
    pub run_link: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// The logged model that it is.
    pub model_id: Option<String>,
}

impl Request for CreateModelVersion {
    const SCHEMA: Schema = &[
        ("name", &[Check::Text, Check::Required]),
        ("source", &[Check::Text, Check::Required]),
        ("run_id", &[Check::Text]),
        ("tags", &[Check::Array]),
        ("run_link", &[Check::Text]),
        ("description", &[Check::Text]),
        ("model_id", &[Check::Text]),
    ];
}

/// `GET model-versions/get`, `DELETE model-versions/delete`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelVersionId {
    /// The registered model.
    pub name: String,
    /// The version.
    pub version: String,
}

impl Request for ModelVersionId {
    const SCHEMA: Schema = &[
        ("name", &[Check::Text, Check::Required]),
        ("version", &[Check::Text, Check::Required]),
    ];
}

/// `GET model-versions/get-download-uri`: what is missing is told by the rules for names and versions.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct GetDownloadUri {
    /// The registered model.
    pub name: String,
    /// The version.
    pub version: String,
}

impl Request for GetDownloadUri {
    const SCHEMA: Schema = &[];
}

/// One version.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ModelVersionResponse {
    /// The version.
    pub model_version: ModelVersion,
}

/// Several versions.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ModelVersionsResponse {
    /// The versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub model_versions: Vec<ModelVersion>,
    /// Set when there are more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_page_token: Option<String>,
}

/// `PATCH model-versions/update`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateModelVersion {
    /// The registered model.
    pub name: String,
    /// The version.
    pub version: String,
    /// What it is for.
    pub description: Option<String>,
}

impl Request for UpdateModelVersion {
    const SCHEMA: Schema = &[
        ("name", &[Check::Text, Check::Required]),
        ("version", &[Check::Text, Check::Required]),
        ("description", &[Check::Text]),
    ];
}

/// `POST model-versions/transition-stage`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TransitionStage {
    /// The registered model.
    pub name: String,
    /// The version.
    pub version: String,
    /// Its stage from now on.
    pub stage: String,
    /// Whether others of that stage are archived.
    pub archive_existing_versions: bool,
}

impl Request for TransitionStage {
    const SCHEMA: Schema = &[
        ("name", &[Check::Text, Check::Required]),
        ("version", &[Check::Text, Check::Required]),
        ("stage", &[Check::Text, Check::Required]),
        ("archive_existing_versions", &[Check::Bool]),
    ];
}

/// `GET model-versions/search`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SearchModelVersions {
    /// A filter.
    pub filter: Option<String>,
    /// At most this many, 10,000 without it.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub max_results: Option<i64>,
    /// Orderings; then the last changed first.
    pub order_by: Vec<String>,
    /// Where the page before ended.
    pub page_token: Option<String>,
}

impl Request for SearchModelVersions {
    const SCHEMA: Schema = &[
        ("filter", &[Check::Text]),
        ("max_results", &[Check::Int, Check::AtMost(200_000)]),
        ("order_by", &[Check::Array, Check::Texts]),
        ("page_token", &[Check::Text]),
    ];
}

/// Where the files of a version can be had.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DownloadUriResponse {
    /// `mlflow-artifacts:/…`, or what the version was made with.
    pub artifact_uri: String,
}

/// `POST model-versions/set-tag`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SetModelVersionTag {
    /// The registered model.
    pub name: String,
    /// The version.
    pub version: String,
    /// The key.
    pub key: String,
    /// The text.
    pub value: String,
}

impl Request for SetModelVersionTag {
    const SCHEMA: Schema = &[
        ("name", &[Check::Text, Check::Required]),
        ("version", &[Check::Text, Check::Required]),
        ("key", &[Check::Text, Check::Required]),
        ("value", &[Check::Text]),
    ];
}

/// `DELETE model-versions/delete-tag`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteModelVersionTag {
    /// The registered model.
    pub name: String,
    /// The version.
    pub version: String,
    /// The key.
    pub key: String,
}

impl Request for DeleteModelVersionTag {
    const SCHEMA: Schema = &[
        ("name", &[Check::Text, Check::Required]),
        ("version", &[Check::Text, Check::Required]),
        ("key", &[Check::Text, Check::Required]),
    ];
}
