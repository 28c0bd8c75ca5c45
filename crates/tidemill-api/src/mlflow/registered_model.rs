//! Registered models on the wire.

use serde::{Deserialize, Serialize};

use super::model_version::ModelVersion;
use super::schema::{Check, Request, Schema};
use super::{KeyValue, lenient};

/// A registered model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RegisteredModel {
    /// Unique in its workspace.
    pub name: String,
    /// Milliseconds since 1970.
    pub creation_timestamp: i64,
    /// Milliseconds since 1970.
    pub last_updated_timestamp: i64,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The newest version of each stage.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub latest_versions: Vec<ModelVersion>,
    /// Tags by key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<KeyValue>,
    /// Aliases by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<Alias>,
}

/// A name for a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    /// The name.
    pub alias: String,
    /// The version.
    pub version: String,
}

/// `POST registered-models/create`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateRegisteredModel {
    /// Its name.
    pub name: String,
    /// Tags to begin with.
    pub tags: Vec<KeyValue>,
    /// What it is for.
    pub description: Option<String>,
}

impl Request for CreateRegisteredModel {
    const SCHEMA: Schema = &[
        ("name", &[Check::Text, Check::Required]),
        ("tags", &[Check::Array]),
        ("description", &[Check::Text]),
    ];
}

/// `GET registered-models/get`, `DELETE registered-models/delete`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelName {
    /// Which model.
    pub name: String,
}

impl Request for ModelName {
    const SCHEMA: Schema = &[("name", &[Check::Text, Check::Required])];
}

/// One registered model.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RegisteredModelResponse {
    /// The model.
    pub registered_model: RegisteredModel,
}

/// `POST registered-models/rename`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RenameRegisteredModel {
    /// Which model.
    pub name: String,
    /// What it is called from now on.
    pub new_name: String,
}

impl Request for RenameRegisteredModel {
    const SCHEMA: Schema = &[
        ("name", &[Check::Text, Check::Required]),
        ("new_name", &[Check::Text, Check::Required]),
    ];
}

/// `PATCH registered-models/update`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateRegisteredModel {
    /// Which model.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
}

impl Request for UpdateRegisteredModel {
    const SCHEMA: Schema = &[
        ("name", &[Check::Text, Check::Required]),
        ("description", &[Check::Text]),
    ];
}

/// `GET registered-models/search`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SearchRegisteredModels {
    /// A filter.
    pub filter: Option<String>,
    /// At most this many, 100 without it.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub max_results: Option<i64>,
    /// Orderings; then by name.
    pub order_by: Vec<String>,
    /// Where the page before ended.
    pub page_token: Option<String>,
}

impl Request for SearchRegisteredModels {
    const SCHEMA: Schema = &[
        ("filter", &[Check::Text]),
        ("max_results", &[Check::Int, Check::AtMost(1000)]),
        ("order_by", &[Check::Array, Check::Texts]),
        ("page_token", &[Check::Text]),
    ];
}

/// A page of registered models.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct SearchRegisteredModelsResponse {
    /// Those that were found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub registered_models: Vec<RegisteredModel>,
    /// Set when there are more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_page_token: Option<String>,
}

/// `GET` and `POST registered-models/get-latest-versions`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct GetLatestVersions {
    /// Which model.
    pub name: String,
    /// Of these stages; of all without.
    pub stages: Vec<String>,
}

impl Request for GetLatestVersions {
    const SCHEMA: Schema = &[
        ("name", &[Check::Text, Check::Required]),
        ("stages", &[Check::Array, Check::Texts]),
    ];
}

/// `POST registered-models/set-tag`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SetRegisteredModelTag {
    /// Which model.
    pub name: String,
    /// The key.
    pub key: String,
    /// The text.
    pub value: String,
}

impl Request for SetRegisteredModelTag {
    const SCHEMA: Schema = &[
        ("name", &[Check::Text, Check::Required]),
        ("key", &[Check::Text, Check::Required]),
        ("value", &[Check::Text]),
    ];
}

/// `DELETE registered-models/delete-tag`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DeleteRegisteredModelTag {
    /// Which model.
    pub name: String,
    /// The key.
    pub key: String,
}

impl Request for DeleteRegisteredModelTag {
    const SCHEMA: Schema = &[
        ("name", &[Check::Text, Check::Required]),
        ("key", &[Check::Text, Check::Required]),
    ];
}

/// `POST registered-models/alias`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SetAlias {
    /// Which model.
    pub name: String,
    /// The alias.
    pub alias: String,
    /// The version that it names from now on.
    pub version: String,
}

impl Request for SetAlias {
    const SCHEMA: Schema = &[
        ("name", &[Check::Text, Check::Required]),
        ("alias", &[Check::Text, Check::Required]),
        ("version", &[Check::Text, Check::Required]),
    ];
}

/// `GET` and `DELETE registered-models/alias`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelAlias {
    /// Which model.
    pub name: String,
    /// The alias.
    pub alias: String,
}

impl Request for ModelAlias {
    const SCHEMA: Schema = &[
        ("name", &[Check::Text, Check::Required]),
        ("alias", &[Check::Text, Check::Required]),
    ];
}
