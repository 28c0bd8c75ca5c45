//! Artifacts on the wire.

use serde::{Deserialize, Serialize};

use super::lenient;
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

/// `GET logged-models/{model_id}/artifacts/files`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct GetLoggedModelArtifact {
    /// The file.
    pub artifact_file_path: String,
}

impl Request for GetLoggedModelArtifact {
    const SCHEMA: Schema = &[("artifact_file_path", &[Check::Required])];
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

/// Headers to send with a link.
pub type Headers = indexmap::IndexMap<String, String>;

/// `POST artifacts/presigned-upload-url`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PresignUpload {
    /// Which run, or
    pub run_id: String,
    /// which logged model.
    pub model_id: String,
    /// The file.
    pub path: String,
    /// How long the link counts, in seconds; 900 without it.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub expiration: Option<i64>,
}

impl Request for PresignUpload {
    const SCHEMA: Schema = &[
        ("run_id", &[Check::Text]),
        ("model_id", &[Check::Text]),
        ("path", &[Check::Required, Check::Text]),
        ("expiration", &[Check::Int]),
    ];
}

/// A link for uploading.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct PresignedUpload {
    /// Where to PUT the bytes.
    pub presigned_url: String,
    /// What to send with them.
    #[serde(default, skip_serializing_if = "Headers::is_empty")]
    pub headers: Headers,
}

/// `POST artifacts/presigned-download-url`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PresignDownload {
    /// Which run.
    pub run_id: String,
    /// The file.
    pub path: String,
    /// How long the link counts, in seconds; 900 without it.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub expiration: Option<i64>,
}

impl Request for PresignDownload {
    const SCHEMA: Schema = &[
        ("run_id", &[Check::Required, Check::Text]),
        ("path", &[Check::Required, Check::Text]),
        ("expiration", &[Check::Int]),
    ];
}

/// A link for downloading.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct PresignedDownload {
    /// Where to GET the bytes.
    pub presigned_url: String,
    /// What to send for them.
    #[serde(default, skip_serializing_if = "Headers::is_empty")]
    pub headers: Headers,
    /// How many there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_size: Option<i64>,
}

/// `POST mlflow-artifacts/mpu/create/{path}`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateMultipartUpload {
    /// The name of the file.
    pub path: String,
    /// In how many parts it comes.
    #[serde(deserialize_with = "lenient::int")]
    pub num_parts: i64,
}

impl Request for CreateMultipartUpload {
    const SCHEMA: Schema = &[
        ("path", &[Check::Required, Check::Text]),
        ("num_parts", &[Check::Int]),
    ];
}

/// An upload that has begun.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct MultipartUpload {
    /// Its id.
    pub upload_id: String,
    /// A link for each part.
    pub credentials: Vec<MultipartUploadCredential>,
}

/// A link for one part.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct MultipartUploadCredential {
    /// Where to PUT its bytes.
    pub url: String,
    /// 1 first.
    pub part_number: i64,
    /// What to send with them.
    #[serde(default, skip_serializing_if = "Headers::is_empty")]
    pub headers: Headers,
}

/// `POST mlflow-artifacts/mpu/complete/{path}`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CompleteMultipartUpload {
    /// The name of the file.
    pub path: String,
    /// Which upload.
    pub upload_id: String,
    /// Its parts.
    pub parts: Vec<MultipartUploadPart>,
}

impl Request for CompleteMultipartUpload {
    const SCHEMA: Schema = &[
        ("path", &[Check::Required, Check::Text]),
        ("upload_id", &[Check::Text]),
        ("parts", &[Check::Required]),
    ];
}

/// A part that was uploaded.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MultipartUploadPart {
    /// 1 first.
    #[serde(deserialize_with = "lenient::int")]
    pub part_number: i64,
    /// As its link answered.
    pub etag: String,
    /// Its link.
    pub url: String,
}

/// `POST mlflow-artifacts/mpu/abort/{path}`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AbortMultipartUpload {
    /// The name of the file.
    pub path: String,
    /// Which upload.
    pub upload_id: String,
}

impl Request for AbortMultipartUpload {
    const SCHEMA: Schema = &[
        ("path", &[Check::Required, Check::Text]),
        ("upload_id", &[Check::Text]),
    ];
}
