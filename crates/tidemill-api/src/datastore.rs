//! Datastores on the wire.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// Who may read or write what lies where in a datastore.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DatastoreAccess {
    /// Whether it gives access by folder; otherwise who may read data or submit jobs reaches all of it.
    pub by_folder: bool,
    /// The rules that may be seen.
    pub rules: Vec<DatastoreRule>,
    /// Other ways to the same bytes, and what else is to be known.
    pub warnings: Vec<String>,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DatastoreRule {
    /// Its id, which is that of its assignment.
    pub name: String,
    /// For whom, such as `team:analysts`.
    pub principal: String,
    /// Where, such as `silver/*`.
    pub path: String,
    /// `read`, `read_write` or `write`.
    pub rights: String,
    /// The role that gives it.
    pub role: String,
    /// Who gave it.
    pub created_by: String,
    /// UTC milliseconds.
    pub created_at: i64,
}

/// A rule to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDatastoreRule {
    /// For whom: `user:NAME`, `team:NAME` or `service-principal:NAME`.
    pub principal: String,
    /// A folder with all that lies in it, such as `silver/*`; all of the datastore when nothing is said.
    #[serde(default)]
    pub path: String,
    /// `read` or `read_write`.
    pub rights: String,
}

/// A datastore as the server knows it, without its secrets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Datastore {
    /// Unique in the workspace.
    pub name: String,
    /// `local_folder`, `azure_blob`, `s3`, …
    pub r#type: String,
    /// Its specification, with every secret shown as `***`.
    #[schema(value_type = Object)]
    pub spec: Value,
    /// Give it as `If-Match` to change exactly this state.
    pub etag: String,
    /// UTC milliseconds.
    pub created_at: i64,
    /// UTC milliseconds.
    pub updated_at: i64,
}

/// What one folder of a datastore holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DatastoreFolder {
    /// The folders in it, by path from the root of the datastore.
    pub folders: Vec<String>,
    /// The files in it.
    pub files: Vec<DatastoreFile>,
    /// Nobody writes there.
    pub read_only: bool,
}

/// A file of a datastore.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DatastoreFile {
    /// From the root of the datastore.
    pub path: String,
    /// Bytes.
    pub size_bytes: u64,
    /// The last change, UTC milliseconds, where the store tells it.
    pub modified_at: Option<i64>,
}

/// Which folder is asked for.
#[derive(Debug, Clone, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FolderQuery {
    /// The folder; the root where it is left out.
    pub path: Option<String>,
}

/// Which file is uploaded.
#[derive(Debug, Clone, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UploadQuery {
    /// Where it is to be, from the root of the datastore.
    pub path: String,
    /// BLAKE3 of all its bytes, in hex. Without it nothing can be checked, and an upload that broke begins anew.
    pub hash: Option<String>,
    /// The number of its bytes.
    pub size_bytes: u64,
    /// Where the bytes that are sent begin: behind those that have been received.
    #[serde(default)]
    pub offset: u64,
    /// Replace another file that lies there.
    #[serde(default)]
    pub overwrite: bool,
}

/// How far an upload has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UploadState {
    /// Bytes that are here; sending goes on behind them.
    pub received_bytes: u64,
    /// The file is in its place, whole and with this hash.
    pub done: bool,
}
