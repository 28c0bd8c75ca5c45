//! A group of workspaces.

use super::TagPolicy;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A group of workspaces that share resources, such as a region or a department (a Tidemill extension).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// The group's name.
    pub name: String,
    /// The name that people see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Its stages, in the order in which releases go through them; DEV, TEST, PRD when nothing is said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<String>,
    /// What must hold before a release enters a stage, by stage; what the release itself says holds as well.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub gates: IndexMap<String, super::Gates>,
    /// What must hold before a plan of infrastructure that touches a stage is applied, by stage.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub infrastructure: IndexMap<String, super::RolloutGates>,
    /// The service principal as which releases are deployed in a stage, by stage; the server itself where nothing is said.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub release_as: IndexMap<String, String>,
    /// Words to find it by.
    #[serde(
        default,
        deserialize_with = "crate::de::with::text_map",
        skip_serializing_if = "IndexMap::is_empty"
    )]
    #[schemars(with = "IndexMap<String, Option<crate::value::Literal>>")]
    pub tags: IndexMap<String, String>,
    /// Rules for the tags and names of runs and jobs of all its workspaces, by name.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub tag_policy: TagPolicy,
}
