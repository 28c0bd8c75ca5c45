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
    /// Of a compute instance: `Running`, `Stopping` while jobs run that it no longer takes, or `Stopped`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Why it is stopped, and who stopped it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_reason: Option<String>,
    /// Give it as `If-Match` to change exactly this state.
    pub etag: String,
    /// UTC milliseconds.
    pub created_at: i64,
    /// UTC milliseconds.
    pub updated_at: i64,
}

/// What somebody asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewComputeRequest {
    /// The compute: a new one, or one that is to be another.
    pub name: String,
    /// What it is to be: the fields of its YAML.
    #[schema(value_type = Object)]
    pub spec: Value,
    /// What for.
    pub reason: String,
}

/// A request for a compute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ComputeRequest {
    /// Its id.
    pub name: String,
    /// The compute that is wanted.
    pub compute: String,
    /// What it is to be.
    #[schema(value_type = Object)]
    pub spec: Value,
    /// What for.
    pub reason: String,
    /// `requested`, `approved` or `rejected`.
    pub state: String,
    /// Who asks.
    pub created_by: String,
    /// UTC milliseconds.
    pub created_at: i64,
    /// Who said yes or no.
    pub decided_by: Option<String>,
    /// UTC milliseconds.
    pub decided_at: Option<i64>,
    /// What they said to it.
    pub comment: Option<String>,
}

/// What is said to a request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}
