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

/// The rules for tags and names that hold in a workspace: its own, then its group's. All of them hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TagRules {
    /// The rules.
    pub items: Vec<TagRule>,
}

/// A rule for a tag, or for the name that people see.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TagRule {
    /// What messages call it by.
    pub name: String,
    /// Where it is written, such as ``workspace `team-a` ``.
    pub of: String,
    /// What it is for.
    pub description: Option<String>,
    /// The tag; null in a rule for the name.
    pub tag: Option<String>,
    /// A regular expression that the whole value, or name, has to fit.
    pub pattern: Option<String>,
    /// Whether the tag has to be there.
    pub required: bool,
    /// A URL in which `{value}` is the tag's value, and `{digits}` the digits in it.
    pub link: Option<String>,
    /// `warn` or `refuse`.
    pub effect: String,
    /// When a run has to carry the tag: `start` or `end`.
    pub checked: String,
    /// `run`, `job`, or both.
    pub on: Vec<String>,
}
