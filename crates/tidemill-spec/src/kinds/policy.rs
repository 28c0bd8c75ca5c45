//! The policy of a workspace: what may run in it, on what, and for how much. A Tidemill extension.

use super::{JobNetwork, TagPolicy};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The policy of a workspace. What it does not say is not limited.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Always `policy`.
    #[serde(default)]
    pub r#type: PolicyType,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Environments that jobs may use, as `name` or `name:version`, with `*` for any text; `inline` is one that is written out in a job.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environments: Vec<String>,
    /// Package indexes and conda channels that environments may name, with `*` for any text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub package_sources: Vec<String>,
    /// What computes may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compute: Option<ComputePolicy>,
    /// What of the network there is for jobs; of this and what a compute says, the stricter holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<JobNetwork>,
    /// What an hour of one node costs, by the name of a compute or of a size, with `*` for any text. The first that fits counts; without one it is free.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub prices: IndexMap<String, f64>,
    /// How much may be spent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<BudgetPolicy>,
    /// How much may be in use at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<QuotaPolicy>,
    /// Rules for the tags and names of runs and jobs, by name; those of the workspace's group hold as well.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub tag_policy: TagPolicy,
}

/// The word that says what the document is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PolicyType {
    /// `policy`
    #[default]
    Policy,
}

/// What computes may be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ComputePolicy {
    /// Sizes that a compute may have, with `*` for any text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sizes: Vec<String>,
    /// The most nodes that a compute may have, and a job may ask for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_nodes: Option<u32>,
    /// The longest time, in seconds, for which a node may be kept without work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_idle_time: Option<u32>,
}

/// How much may be spent in a month (UTC), in the unit of the prices.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BudgetPolicy {
    /// In the whole workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub month: Option<f64>,
    /// By one user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_month: Option<f64>,
}

/// How much may be in use at once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuotaPolicy {
    /// Jobs that wait or run, in the whole workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jobs: Option<u64>,
    /// Jobs that wait or run, of one user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_jobs: Option<u64>,
    /// Nodes that those jobs take, in the whole workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nodes: Option<u64>,
    /// Nodes that those jobs take, of one user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_nodes: Option<u64>,
}
