//! A compute: where jobs run.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    AutoPauseSettings, AutoScaleSettings, ComputeSchedules, ComputeSshSettings, CreateOnBehalfOf,
    CustomApplication, InstanceSshSettings, JobIsolation, JobNetwork, MachineSshSettings, NetworkSettings,
    ResourceIdentity, SetupScripts,
};
use crate::de::tagged_union;
use crate::value::{ByteSize, CpuAmount};

/// A compute; the field `type` says which kind.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "type")]
pub enum Compute {
    /// The machine of the server (a Tidemill extension).
    #[serde(rename = "local")]
    Local(LocalCompute),
    /// A cluster.
    #[serde(rename = "amlcompute")]
    AmlCompute(AmlCompute),
    /// One machine for one person.
    #[serde(rename = "computeinstance")]
    ComputeInstance(Box<ComputeInstance>),
    /// A Kubernetes cluster.
    #[serde(rename = "kubernetes")]
    Kubernetes(KubernetesCompute),
    /// A virtual machine.
    #[serde(rename = "virtualmachine")]
    VirtualMachine(VirtualMachine),
    /// A Spark pool.
    #[serde(rename = "synapsespark")]
    SynapseSpark(SynapseSpark),
}

tagged_union!(Compute, "a compute", {
    "local" => Local, "amlcompute" => AmlCompute, "computeinstance" => ComputeInstance, "kubernetes" => Kubernetes,
    "virtualmachine" => VirtualMachine, "synapsespark" => SynapseSpark,
});

impl Compute {
    /// The compute's name.
    pub fn name(&self) -> &str {
        match self {
            Self::Local(compute) => &compute.name,
            Self::AmlCompute(compute) => &compute.name,
            Self::ComputeInstance(compute) => &compute.name,
            Self::Kubernetes(compute) => &compute.name,
            Self::VirtualMachine(compute) => &compute.name,
            Self::SynapseSpark(compute) => &compute.name,
        }
    }
}

/// The machine of the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LocalCompute {
    /// The compute's name.
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
    /// The region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The full id of something that is there already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<String>,
    /// The least number of nodes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_instances: Option<u32>,
    /// The greatest number of nodes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_instances: Option<u32>,
    /// Cores of each node (a Tidemill extension); those of the machine where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cores: Option<CpuAmount>,
    /// Memory of each node (a Tidemill extension); that of the machine where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<ByteSize>,
    /// GPUs of each node (a Tidemill extension).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpus: Option<u32>,
    /// How far jobs here are kept from what is not theirs (a Tidemill extension); as the server does it where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub isolation: Option<JobIsolation>,
    /// What of the network there is for jobs here (a Tidemill extension); all of it where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<JobNetwork>,
}

/// A cluster of machines that grows and shrinks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AmlCompute {
    /// The compute's name.
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
    /// The region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The full id of something that is there already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<String>,
    /// The size of a machine, by its name in the cloud.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<String>,
    /// Whether machines may be taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<ComputeTier>,
    /// The least number of nodes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_instances: Option<u32>,
    /// The greatest number of nodes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_instances: Option<u32>,
    /// Seconds without work after which a machine is given back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_time_before_scale_down: Option<u32>,
    /// Whether machines are reached by SSH.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssh_public_access_enabled: Option<bool>,
    /// How they are reached by SSH.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssh_settings: Option<ComputeSshSettings>,
    /// The network they are in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_settings: Option<NetworkSettings>,
    /// As whom it acts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<ResourceIdentity>,
    /// Whether machines have public addresses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enable_node_public_ip: Option<bool>,
    /// Cores of each node (a Tidemill extension); those of the machine where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cores: Option<CpuAmount>,
    /// Memory of each node (a Tidemill extension); that of the machine where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<ByteSize>,
    /// GPUs of each node (a Tidemill extension).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpus: Option<u32>,
    /// How far jobs here are kept from what is not theirs (a Tidemill extension); as the server does it where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub isolation: Option<JobIsolation>,
    /// What of the network there is for jobs here (a Tidemill extension); all of it where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<JobNetwork>,
}

/// Whether the machines of a cluster may be taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ComputeTier {
    /// They may.
    LowPriority,
    /// They may not.
    Dedicated,
}

/// One machine for one person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ComputeInstance {
    /// The compute's name.
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
    /// The region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The full id of something that is there already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<String>,
    /// The size of the machine, by its name in the cloud.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<String>,
    /// Whether it is reached by SSH.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssh_public_access_enabled: Option<bool>,
    /// How it is reached by SSH.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssh_settings: Option<InstanceSshSettings>,
    /// The network it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_settings: Option<NetworkSettings>,
    /// As whom it acts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<ResourceIdentity>,
    /// Whether it has a public address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enable_node_public_ip: Option<bool>,
    /// For whom it is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create_on_behalf_of: Option<CreateOnBehalfOf>,
    /// When it starts and stops.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedules: Option<ComputeSchedules>,
    /// How long it may be idle, as in `PT30M`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_time_before_shutdown: Option<String>,
    /// How many minutes it may be idle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_time_before_shutdown_minutes: Option<u32>,
    /// Applications on it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub custom_applications: Vec<CustomApplication>,
    /// What runs when it is made or started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setup_scripts: Option<SetupScripts>,
    /// Whether one signs in once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enable_sso: Option<bool>,
    /// Whether its user is root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enable_root_access: Option<bool>,
    /// Whether its place is given back when it stops.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release_quota_on_stop: Option<bool>,
    /// Whether its system is kept up to date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enable_os_patching: Option<bool>,
    /// Cores of each node (a Tidemill extension); those of the machine where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cores: Option<CpuAmount>,
    /// Memory of each node (a Tidemill extension); that of the machine where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<ByteSize>,
    /// GPUs of each node (a Tidemill extension).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpus: Option<u32>,
    /// How far jobs here are kept from what is not theirs (a Tidemill extension); as the server does it where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub isolation: Option<JobIsolation>,
    /// What of the network there is for jobs here (a Tidemill extension); all of it where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<JobNetwork>,
}

/// A Kubernetes cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KubernetesCompute {
    /// The compute's name.
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
    /// The region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The full id of something that is there already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<String>,
    /// The namespace.
    pub namespace: String,
    /// Settings.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<String, serde_json::Value>,
    /// As whom it acts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<ResourceIdentity>,
    /// Cores of each node (a Tidemill extension); those of the machine where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cores: Option<CpuAmount>,
    /// Memory of each node (a Tidemill extension); that of the machine where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<ByteSize>,
    /// GPUs of each node (a Tidemill extension).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpus: Option<u32>,
}

/// A virtual machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VirtualMachine {
    /// The compute's name.
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
    /// The region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The full id of what is attached.
    pub resource_id: String,
    /// How it is reached by SSH.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssh_settings: Option<MachineSshSettings>,
    /// Cores of each node (a Tidemill extension); those of the machine where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cores: Option<CpuAmount>,
    /// Memory of each node (a Tidemill extension); that of the machine where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<ByteSize>,
    /// GPUs of each node (a Tidemill extension).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpus: Option<u32>,
}

/// A Spark pool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SynapseSpark {
    /// The compute's name.
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
    /// The region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The full id of what is attached.
    pub resource_id: String,
    /// As whom it acts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<ResourceIdentity>,
    /// How it grows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale_settings: Option<AutoScaleSettings>,
    /// When it rests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_pause_settings: Option<AutoPauseSettings>,
    /// Cores of each node (a Tidemill extension); those of the machine where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cores: Option<CpuAmount>,
    /// Memory of each node (a Tidemill extension); that of the machine where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<ByteSize>,
    /// GPUs of each node (a Tidemill extension).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpus: Option<u32>,
}
