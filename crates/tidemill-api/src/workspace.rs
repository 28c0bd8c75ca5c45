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
    /// Since when it is read alone, in UTC milliseconds; absent where it is not archived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<i64>,
    /// When it was deleted, in UTC milliseconds; absent where it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<i64>,
    /// Who deleted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_by: Option<String>,
    /// Until when it can be recovered, in UTC milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_until: Option<i64>,
    /// What broke when it was moved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// What a workspace holds, and what stands in the way of deleting it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WorkspaceContents {
    /// What would be lost: such as `runs`, and how many.
    pub held: Vec<WorkspaceHeld>,
    /// What has to be ended first.
    pub in_the_way: Vec<String>,
    /// What elsewhere depends on it.
    pub depends: Vec<String>,
}

/// Some things of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WorkspaceHeld {
    /// Such as `runs`.
    pub noun: String,
    /// How many.
    pub count: i64,
}

/// What an action on a workspace needs to know.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkspaceAct {
    /// For `:move`: the group that it goes to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// For `:move`: also when something breaks by it.
    #[serde(default)]
    pub anyway: bool,
}
