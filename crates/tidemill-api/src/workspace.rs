//! Workspaces on the wire.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// A workspace as the server knows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Workspace {
    /// Unique on a server.
    pub name: String,
    /// As people wrote it.
    pub display_name: String,
    /// The group that it belongs to.
    pub group: String,
    /// Its specification: Azure's fields of a workspace, and `uri_mirrors`.
    #[schema(value_type = Object)]
    pub spec: Value,
    /// Give it as `If-Match` to change exactly this state.
    pub etag: String,
    /// UTC milliseconds.
    pub created_at: i64,
    /// UTC milliseconds.
    pub updated_at: i64,
}
