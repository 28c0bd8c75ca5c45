//! Uploads of trees on the wire.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Contents by their names: 64 hex digits each.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TreeContents {
    /// Large files, by the hash of their bytes.
    #[serde(default)]
    pub blobs: Vec<String>,
    /// Packs of small files, by the hash of the whole pack.
    #[serde(default)]
    pub packs: Vec<String>,
}

/// A tree that the server has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TreeView {
    /// Its name: the digest of its manifest, in hex.
    pub digest: String,
    /// `tidemill://trees/{digest}`.
    pub uri: String,
    /// Number of files.
    pub files: u64,
    /// Bytes in all.
    pub size_bytes: u64,
}

/// A pack that the server has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PackView {
    /// Its name: the hash of its bytes, in hex.
    pub id: String,
}
