//! Artifacts on the wire.

use serde::{Deserialize, Serialize};

use super::schema::{Check, Request, Schema};

/// A file or folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileInfo {
    /// Relative to the root that was listed.
    pub path: String,
    /// A folder.
    pub is_dir: bool,
    /// Bytes, of a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_size: Option<i64>,
}

/// `GET artifacts/list`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ListArtifacts {
    /// Which run.
    pub run_id: String,
    /// Below this path.
    pub path: Option<String>,
}

impl Request for ListArtifacts {
    const SCHEMA: Schema = &[
        ("run_id", &[Check::Text, Check::Required]),
        ("path", &[Check::Text]),
    ];
}

/// What is in a folder of a run or logged model.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ListArtifactsResponse {
    /// The root.
    pub root_uri: String,
    /// Relative to the root.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileInfo>,
}

/// `GET mlflow-artifacts/artifacts`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ListStoreArtifacts {
    /// Below this path.
    pub path: Option<String>,
}

impl Request for ListStoreArtifacts {
    const SCHEMA: Schema = &[("path", &[Check::Text])];
}

/// What is in a folder of the artifact store.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ListStoreArtifactsResponse {
    /// Names only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileInfo>,
}

/// `GET /get-artifact`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct GetArtifact {
    /// Which run.
    pub run_id: String,
    /// The file.
    pub path: String,
}

impl Request for GetArtifact {
    const SCHEMA: Schema = &[("run_id", &[Check::Required]), ("path", &[Check::Required])];
}

/// `GET /model-versions/get-artifact`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct GetModelVersionArtifact {
    /// The registered model.
    pub name: String,
    /// The version.
    pub version: String,
    /// The file.
    pub path: String,
}

impl Request for GetModelVersionArtifact {
    const SCHEMA: Schema = &[
        ("name", &[Check::Required]),
        ("version", &[Check::Required]),
        ("path", &[Check::Required]),
    ];
}
