//! The roll-out of infrastructure: what must hold before a stage is touched, and what must hold after it was.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ApprovalGate, EnvironmentRef, Expected};
use crate::refs::ComputeRef;

/// What must hold before a plan that touches a stage is applied.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RolloutGates {
    /// Who must agree; never who made the plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approvals: Option<ApprovalGate>,
    /// The branches that plans are made from, such as `refs/heads/main` or `refs/heads/release/*`: read from the signed token
    /// with which whoever made the plan had signed in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub branches: Vec<String>,
    /// The issuer that must have signed that token, as its URL; any that the service principal trusts where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The claim of that token that names the branch; `ref` where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch_claim: Option<String>,
    /// Who makes and applies plans, as `service-principal:NAME`; all whose role gives it where nothing is said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub principals: Vec<String>,
    /// The stage in which the same files must have been applied, and have passed their tests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tested_in: Option<String>,
    /// Whether workspaces of the stage may also be changed by hand, as roles allow; yes where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_hand: Option<bool>,
}

/// Something that must hold after a plan was applied.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RolloutTest {
    /// What it shows.
    pub name: String,
    /// The workspace; the only one of the roll-out where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    /// A command that must end well; it runs as a job there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// The software that the command runs in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<EnvironmentRef>,
    /// Where the command runs; the workspace's default where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compute: Option<ComputeRef>,
    /// Variables that the command sees.
    #[serde(
        default,
        deserialize_with = "crate::de::with::text_map",
        skip_serializing_if = "IndexMap::is_empty"
    )]
    #[schemars(with = "IndexMap<String, Option<crate::value::Literal>>")]
    pub environment_variables: IndexMap<String, String>,
    /// Something that the server asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe: Option<RolloutProbe>,
    /// How long it may take, in seconds; 600 where nothing is said, 3600 at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u32>,
}

/// Something that the server asks: one of a datastore, an endpoint, and an address.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RolloutProbe {
    /// A datastore that must open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub datastore: Option<String>,
    /// An online endpoint that must answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// An address that must answer to GET. The server reaches what it may reach for webhooks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What the endpoint is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<serde_json::Value>,
    /// The answer.
    #[serde(default)]
    pub expect: Expected,
}
