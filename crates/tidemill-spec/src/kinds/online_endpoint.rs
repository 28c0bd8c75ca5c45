//! An online endpoint: one address behind which deployments answer.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{PublicNetworkAccess, ResourceIdentity};
use crate::refs::ComputeRef;

/// An online endpoint. One that names a `compute` is of the kind that Azure runs on Kubernetes; here both are served alike.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OnlineEndpoint {
    /// The endpoint's name.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Words to find it by.
    #[serde(
        default,
        deserialize_with = "crate::de::with::text_map",
        skip_serializing_if = "IndexMap::is_empty"
    )]
    #[schemars(with = "IndexMap<String, Option<crate::value::Literal>>")]
    pub tags: IndexMap<String, String>,
    /// Facts about it.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub properties: IndexMap<String, serde_json::Value>,
    /// How callers show who they are; by key where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_mode: Option<EndpointAuthMode>,
    /// The region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// As whom it acts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<ResourceIdentity>,
    /// Shares of the requests by deployment, in percent: 100 together, or none.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub traffic: IndexMap<String, u32>,
    /// The share of the requests, in percent, of which one deployment gets a copy; what it answers is dropped.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub mirror_traffic: IndexMap<String, u32>,
    /// Whether it is reached from everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_network_access: Option<PublicNetworkAccess>,
    /// Where deployments run, for one of Kubernetes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compute: Option<ComputeRef>,
}

/// How callers of an endpoint show who they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EndpointAuthMode {
    /// With one of two keys that do not expire.
    #[default]
    Key,
    /// With a token that expires, which the workspace gives.
    AmlToken,
    /// With a token of their own.
    AadToken,
}

impl EndpointAuthMode {
    /// The word in YAML.
    pub fn word(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::AmlToken => "aml_token",
            Self::AadToken => "aad_token",
        }
    }
}
