//! A workspace.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    CustomerManagedKey, ManagedNetwork, NetworkAcls, PublicNetworkAccess, ResourceIdentity,
    ServerlessComputeSettings,
};
use crate::refs::DataPath;

/// A workspace. A hub and a project of Azure AI are workspaces with a `kind`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Workspace {
    /// The workspace's name.
    pub name: String,
    /// What it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<WorkspaceKind>,
    /// The region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The group that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_group: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Where its services are found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discovery_url: Option<String>,
    /// The name that people see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Whether its data are of high impact on a business.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hbi_workspace: Option<bool>,
    /// The full id of its storage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_account: Option<String>,
    /// The full id of its image store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container_registry: Option<String>,
    /// The full id of its vault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_vault: Option<String>,
    /// The full id of its logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application_insights: Option<String>,
    /// The key that encrypts it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_managed_key: Option<CustomerManagedKey>,
    /// Words to find it by.
    #[serde(
        default,
        deserialize_with = "crate::de::with::text_map",
        skip_serializing_if = "IndexMap::is_empty"
    )]
    #[schemars(with = "IndexMap<String, Option<crate::value::Literal>>")]
    pub tags: IndexMap<String, String>,
    /// The compute that builds images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_build_compute: Option<String>,
    /// Whether it is reached from public networks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_network_access: Option<PublicNetworkAccess>,
    /// Who may reach it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_acls: Option<NetworkAcls>,
    /// How its own datastores are signed in to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_datastores_auth_mode: Option<String>,
    /// As whom it acts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<ResourceIdentity>,
    /// The first of its identities.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary_user_assigned_identity: Option<String>,
    /// The hub that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace_hub: Option<String>,
    /// Its network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub managed_network: Option<ManagedNetwork>,
    /// Whether its network is made at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provision_network_now: Option<bool>,
    /// Whether its data are apart from those of others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enable_data_isolation: Option<bool>,
    /// Whether roles are given on the group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_roleassignment_on_rg: Option<bool>,
    /// The network of its serverless computes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serverless_compute: Option<ServerlessComputeSettings>,
    /// The group of a hub's projects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_resource_group: Option<String>,
    /// The hub of a project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hub_id: Option<String>,
    /// The stage that it is for, such as DEV, TEST or PRD (a Tidemill extension).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// The networks that it may be reached from, each as a CIDR such as 10.1.0.0/16 (a Tidemill extension); from everywhere when nothing is said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed_networks: Vec<String>,
    /// Where URLs are read from instead (a Tidemill extension): the beginning of a URL, and a folder that the server can reach or a path in a datastore. The longest beginning wins.
    #[serde(
        default,
        deserialize_with = "crate::de::with::mirrors",
        skip_serializing_if = "IndexMap::is_empty"
    )]
    pub uri_mirrors: IndexMap<String, DataPath>,
}

/// What a workspace is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WorkspaceKind {
    /// A workspace of its own.
    Default,
    /// What projects share.
    Hub,
    /// A workspace in a hub.
    Project,
}
