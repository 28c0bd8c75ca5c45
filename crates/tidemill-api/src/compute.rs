//! Computes on the wire.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// A compute as the server knows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Compute {
    /// Unique in the workspace.
    pub name: String,
    /// `local`, `amlcompute`, `kubernetes`, …
    pub r#type: String,
    /// Its specification: the fields of its YAML.
    #[schema(value_type = Object)]
    pub spec: Value,
    /// Give it as `If-Match` to change exactly this state.
    pub etag: String,
    /// UTC milliseconds.
    pub created_at: i64,
    /// UTC milliseconds.
    pub updated_at: i64,
}
