//! How several processes of one job work together.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::de::tagged_union;

/// How several processes of one job work together; the field `type` says by which framework.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Distribution {
    /// PyTorch: `RANK`, `WORLD_SIZE`, `MASTER_ADDR`, …
    #[serde(rename = "pytorch")]
    PyTorch(PyTorchDistribution),
    /// TensorFlow: `TF_CONFIG`.
    #[serde(rename = "tensorflow")]
    TensorFlow(TensorFlowDistribution),
    /// MPI: `OMPI_COMM_WORLD_RANK`, …
    Mpi(MpiDistribution),
    /// Ray.
    Ray(RayDistribution),
}

tagged_union!(Distribution, "a distribution", {
    "pytorch" => PyTorch, "tensorflow" => TensorFlow, "mpi" => Mpi, "ray" => Ray,
});

/// Processes that find each other as PyTorch's do.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PyTorchDistribution {
    /// Processes on each machine; 1 where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process_count_per_instance: Option<u32>,
}

/// Processes that find each other as TensorFlow's do.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TensorFlowDistribution {
    /// Parameter servers; 0 where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameter_server_count: Option<u32>,
    /// Workers; as many as machines where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker_count: Option<u32>,
}

/// Processes that MPI starts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MpiDistribution {
    /// Processes on each machine; 1 where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process_count_per_instance: Option<u32>,
}

/// A Ray cluster around the command.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RayDistribution {
    /// The port of the head.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// The address of a head that is there already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Whether the dashboard starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub include_dashboard: Option<bool>,
    /// The dashboard's port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dashboard_port: Option<u16>,
    /// More arguments for the head.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head_node_additional_args: Option<String>,
    /// More arguments for workers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker_node_additional_args: Option<String>,
}
