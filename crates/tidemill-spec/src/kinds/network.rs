//! The settings that workspaces have in the cloud.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::de::tagged_union;

/// Where the traffic of a workspace may go; the field `type` says how it is written.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum OutboundRule {
    /// A private endpoint.
    PrivateEndpoint(PrivateEndpointRule),
    /// A service of the cloud.
    ServiceTag(ServiceTagRule),
    /// A name.
    Fqdn(FqdnRule),
}

tagged_union!(OutboundRule, "an outbound rule", {
    "private_endpoint" => PrivateEndpoint, "service_tag" => ServiceTag, "fqdn" => Fqdn,
});

/// Traffic to a private endpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PrivateEndpointRule {
    /// The rule's name.
    pub name: String,
    /// Where to.
    pub destination: PrivateEndpointDestination,
    /// Names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fqdns: Vec<String>,
}

/// A private endpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PrivateEndpointDestination {
    /// The full id of the service.
    pub service_resource_id: String,
    /// The part of the service.
    pub subresource_target: String,
    /// Whether Spark may use it.
    pub spark_enabled: bool,
}

/// Traffic to a service of the cloud.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceTagRule {
    /// The rule's name.
    pub name: String,
    /// Where to.
    pub destination: ServiceTagDestination,
}

/// A service of the cloud.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceTagDestination {
    /// The service.
    pub service_tag: String,
    /// The protocol.
    pub protocol: String,
    /// The ports.
    pub port_ranges: String,
    /// Addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub address_prefixes: Vec<String>,
}

/// Traffic to a name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FqdnRule {
    /// The rule's name.
    pub name: String,
    /// The name.
    pub destination: String,
}

/// The network of a workspace.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ManagedNetwork {
    /// What may leave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub isolation_mode: Option<IsolationMode>,
    /// Where traffic may go.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outbound_rules: Vec<OutboundRule>,
    /// The size of the firewall.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub firewall_sku: Option<FirewallSku>,
}

/// What may leave a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IsolationMode {
    /// Everything: there is no network.
    Disabled,
    /// Everything.
    AllowInternetOutbound,
    /// What the rules say.
    AllowOnlyApprovedOutbound,
}

/// The size of a firewall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FirewallSku {
    /// Standard.
    Standard,
    /// Basic.
    Basic,
}

/// Who may reach a workspace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NetworkAcls {
    /// What holds for all others: `Allow` or `Deny`.
    pub default_action: String,
    /// Addresses that may.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ip_rules: Vec<IpRule>,
}

/// An address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IpRule {
    /// The address or range.
    pub value: String,
}

/// The key that encrypts a workspace.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerManagedKey {
    /// The vault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_vault: Option<String>,
    /// The key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_uri: Option<String>,
    /// The database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cosmosdb_id: Option<String>,
    /// The storage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_id: Option<String>,
    /// The search.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search_id: Option<String>,
}

/// The network of serverless computes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServerlessComputeSettings {
    /// The part of the network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_subnet: Option<String>,
    /// Whether machines have no public addresses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_public_ip: Option<bool>,
}

/// Whether something is reached from public networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PublicNetworkAccess {
    /// It is.
    Enabled,
    /// It is not.
    Disabled,
}
