//! A job that is a graph of steps.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ComponentRef, EnvironmentRef, Identity, Input, Node, Output, Service};
use crate::refs::{ComputeRef, DatastoreRef};

/// A job that is a graph of steps: given by `jobs`, or by a pipeline `component`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PipelineJob {
    /// The job's name, unique in its workspace; made up where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What the job is for, in Markdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Words to find the job by.
    #[serde(
        default,
        deserialize_with = "crate::de::with::text_map",
        skip_serializing_if = "IndexMap::is_empty"
    )]
    #[schemars(with = "IndexMap<String, Option<crate::value::Literal>>")]
    pub tags: IndexMap<String, String>,
    /// Interactive services.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub services: IndexMap<String, Service>,
    /// The name that people see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The experiment that the runs belong to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub experiment_name: Option<String>,
    /// Facts about the job that cannot change later.
    #[serde(
        default,
        deserialize_with = "crate::de::with::text_map",
        skip_serializing_if = "IndexMap::is_empty"
    )]
    #[schemars(with = "IndexMap<String, Option<crate::value::Literal>>")]
    pub properties: IndexMap<String, String>,
    /// Where steps run that name no compute themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compute: Option<ComputeRef>,
    /// As whom steps run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// What holds for all steps.
    #[serde(
        default,
        deserialize_with = "crate::de::with::open_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub settings: Option<PipelineSettings>,
    /// What goes in.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub inputs: IndexMap<String, Input>,
    /// What comes out.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub outputs: IndexMap<String, Output>,
    /// The steps by name.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub jobs: IndexMap<String, Node>,
    /// A pipeline component that gives the steps, in place of `jobs`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<ComponentRef>,
}

/// What holds for all steps of a pipeline. Unknown fields are kept in `extra`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PipelineSettings {
    /// Where outputs go that name no path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_datastore: Option<DatastoreRef>,
    /// Where steps run that name no compute themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_compute: Option<ComputeRef>,
    /// The software of steps that name no environment themselves (a Tidemill extension).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_environment: Option<EnvironmentRef>,
    /// Steps that do not need a failed step still run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continue_on_step_failure: Option<bool>,
    /// No finished step is used again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub force_rerun: Option<bool>,
    /// Fields that are not known, as they were written.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub extra: BTreeMap<String, serde_json::Value>,
}
