//! Assets on the wire: data, environments, components and models, which all have versions and labels.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// One name, with what its newest version says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Asset {
    /// Unique in the workspace among assets of its kind.
    pub name: String,
    /// Type of the newest version; absent while there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Words to find it by.
    #[schema(value_type = Object)]
    pub tags: IndexMap<String, String>,
    /// The newest version that is not archived; absent when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest_version: Option<String>,
    /// Labels and the versions that they name, `latest` among them.
    #[schema(value_type = Object)]
    pub labels: IndexMap<String, String>,
    /// Hidden from lists.
    pub archived: bool,
    /// UTC milliseconds.
    pub created_at: i64,
    /// UTC milliseconds.
    pub updated_at: i64,
}

/// One version of an asset. Its content never changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AssetVersion {
    /// The asset.
    pub name: String,
    /// Unique in the asset.
    pub version: String,
    /// `uri_folder`, `command`, `mlflow_model`, …
    pub r#type: String,
    /// Its specification: the fields of its YAML.
    #[schema(value_type = Object)]
    pub spec: Value,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Words to find it by.
    #[schema(value_type = Object)]
    pub tags: IndexMap<String, String>,
    /// Labels that name this version, `latest` among them.
    pub labels: Vec<String>,
    /// Hidden from lists, and never `latest`.
    pub archived: bool,
    /// UTC milliseconds.
    pub created_at: i64,
    /// UTC milliseconds.
    pub updated_at: i64,
    /// Who made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// The job that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// The run that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// Names its content, in hex: the digest of the manifest (data and models), or of the specification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Bytes in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<u64>,
    /// Number of files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<u64>,
    /// Where its bytes are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// Give it as `If-Match` to change exactly this state.
    pub etag: String,
    /// What is to be known of it; said once, when it is made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// What may change of a version. A field that is not given stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssetPatch {
    /// The name that people see (components); empty takes it away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// What it is for; empty takes it away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Tags to set; `null` takes one away, others stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub tags: Option<IndexMap<String, Option<String>>>,
    /// Facts to set (models and components); `null` takes one away, others stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub properties: Option<IndexMap<String, Value>>,
    /// MLflow's stage (models).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
}

/// Which assets or versions a list shows.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AssetQuery {
    /// Rows at most, 1 to 1000; 100 when not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// `exclude` (when not given), `include` or `only`: what to do with archived ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archived: Option<String>,
    /// The registry that is asked instead of the workspace: `azureml`, which has the curated environments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry: Option<String>,
}

/// A label and the version that it names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Label {
    /// The label.
    pub label: String,
    /// The version.
    pub version: String,
}

/// The version that a label shall name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LabelTarget {
    /// The version.
    pub version: String,
}

/// One file of a version of data or of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AssetFile {
    /// Where, relative to the folder.
    pub path: String,
    /// Its size.
    pub size_bytes: u64,
    /// BLAKE3 of its bytes, in hex, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
}

/// What is told while data is read: one server-sent event each, named by its field `event`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AssetProgress {
    /// Files done.
    pub files: u64,
    /// Bytes done.
    pub bytes: u64,
}
