//! The policy of a workspace on the wire.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// The policy of a workspace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Policy {
    /// The workspace.
    pub workspace: String,
    /// Its specification.
    #[schema(value_type = Object)]
    pub spec: Value,
    /// Give it as `If-Match` to change exactly this state.
    pub etag: String,
    /// UTC milliseconds.
    pub created_at: i64,
    /// UTC milliseconds.
    pub updated_at: i64,
}

/// What is in use of a workspace, and what was spent this month (UTC).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PolicyUsage {
    /// A row for the workspace, whose `user` is null, and one for each user that has something in use.
    pub items: Vec<Used>,
}

/// What somebody has of what they may have; without a limit it is null.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Used {
    /// The user; null for the whole workspace.
    pub user: Option<String>,
    /// Jobs that wait or run.
    pub jobs: u64,
    /// The most of them.
    pub most_jobs: Option<u64>,
    /// Nodes that they take.
    pub nodes: u64,
    /// The most of them.
    pub most_nodes: Option<u64>,
    /// Spent this month, in the unit of the prices.
    pub spent: f64,
    /// The budget of a month.
    pub budget: Option<f64>,
}
