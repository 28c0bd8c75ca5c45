//! Settings of a deployment: requests, probes, scale, what is collected, what an instance may take.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::de::VariantAccess;
use serde::{Deserialize, Deserializer, Serialize};

use crate::de::{Shape, Shaped, deserialize_shaped, tagged_union};
use crate::value::{ByteSize, CpuAmount};

/// How requests are treated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestSettings {
    /// How long an answer may take, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_timeout_ms: Option<u64>,
    /// How many requests an instance works on at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_concurrent_requests_per_instance: Option<u32>,
    /// How long a request may wait for its turn, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_queue_wait_ms: Option<u64>,
}

/// How an instance is asked whether it lives, or is ready. Times are in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    /// Time between two questions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<u64>,
    /// Time before the first question counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial_delay: Option<u64>,
    /// How long an answer may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u64>,
    /// Good answers in a row that make it good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub success_threshold: Option<u32>,
    /// Bad answers in a row that make it bad.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_threshold: Option<u32>,
}

/// How the number of instances follows the load; the field `type` says which way.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ScaleSettings {
    /// It does not: there are `instance_count` of them.
    Default(DefaultScale),
    /// It follows how busy the instances are.
    TargetUtilization(TargetUtilization),
}

tagged_union!(ScaleSettings, "scale settings", {
    "default" => Default, "target_utilization" => TargetUtilization,
});

/// The number of instances stays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DefaultScale {}

/// The number of instances follows how busy they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetUtilization {
    /// Time between two looks, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub polling_interval: Option<u64>,
    /// How busy they should be, in percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_utilization_percentage: Option<u32>,
    /// The least number of instances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_instances: Option<u32>,
    /// The greatest number of instances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_instances: Option<u32>,
}

/// What is kept of requests and answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DataCollector {
    /// What is kept, by name.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub collections: IndexMap<String, DeploymentCollection>,
    /// How often a new file is begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rolling_rate: Option<RollingRate>,
    /// Which part of the requests is kept, from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampling_rate: Option<f64>,
    /// What of the request is kept beside its data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_logging: Option<RequestLogging>,
}

/// How often a new file is begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RollingRate {
    /// Every minute.
    Minute,
    /// Every day.
    Day,
    /// Every hour.
    Hour,
}

/// One collection of a deployment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeploymentCollection {
    /// Whether it is kept.
    pub enabled: bool,
    /// The data asset that it becomes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<CollectedData>,
    /// A client id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
}

/// The data asset that a collection becomes.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum CollectedData {
    /// An id.
    Reference(String),
    /// The asset itself.
    Asset(CollectedAsset),
}

impl<'de> Deserialize<'de> for CollectedData {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        deserialize_shaped(d)
    }
}

impl<'de> Shaped<'de> for CollectedData {
    const EXPECTED: &'static str = "a data asset: its id, or a map with `name` and `path`";

    fn from_shape<A: VariantAccess<'de>>(shape: Shape, content: A) -> Result<Option<Self>, A::Error> {
        match shape {
            Shape::Map => content.newtype_variant().map(|asset| Some(Self::Asset(asset))),
            Shape::Text => content.newtype_variant().map(|id| Some(Self::Reference(id))),
            _ => Ok(None),
        }
    }
}

/// A data asset that a collection becomes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CollectedAsset {
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it lies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// A full id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_id: Option<String>,
}

/// What of a request is kept beside its data.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestLogging {
    /// Headers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub capture_headers: Vec<String>,
}

/// Whether instances reach the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EgressAccess {
    /// They do.
    Enabled,
    /// They do not.
    Disabled,
}

/// What each instance may take.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResourceRequirements {
    /// What it needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests: Option<ResourceSettings>,
    /// What it may not pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<ResourceSettings>,
}

/// An amount of each resource.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResourceSettings {
    /// Cores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<CpuAmount>,
    /// Memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<ByteSize>,
    /// Graphics cards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpu: Option<String>,
}
