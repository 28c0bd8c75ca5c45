//! A schedule: a job that is submitted by itself, or data that are brought in, at times or when something happens.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CommandJob, DataImport, Input, Monitor, PipelineJob, PipelineSettings, Trigger};
use crate::de::tagged_union;
use crate::refs::ComputeRef;

/// A job that is submitted by itself, or data that are brought in, at times or when something happens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Unique in its workspace.
    pub name: String,
    /// The name that people see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
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
    #[serde(
        default,
        deserialize_with = "crate::de::with::text_map",
        skip_serializing_if = "IndexMap::is_empty"
    )]
    #[schemars(with = "IndexMap<String, Option<crate::value::Literal>>")]
    pub properties: IndexMap<String, String>,
    /// When.
    pub trigger: Trigger,
    /// What is submitted: a job, a file with one, `azureml:` and the name of a job that is there, or a published pipeline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create_job: Option<ScheduledJob>,
    /// Data that are brought in, in the place of a job; or a file that says which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import_data: Option<Box<DataImport>>,
    /// Data that are compared with a reference, in the place of a job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create_monitor: Option<Box<Monitor>>,
    /// As whom, such as `service-principal:retrain`; as who wrote the schedule where nothing is said (a Tidemill extension).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_as: Option<String>,
}

/// What a schedule submits; the field `type` says which.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ScheduledJob {
    /// One command.
    Command(Box<CommandJob>),
    /// A graph of steps.
    Pipeline(Box<PipelineJob>),
    /// A job that is there, with changes.
    Reference(Box<JobReference>),
    /// A published pipeline.
    Published(Box<PublishedCall>),
}

tagged_union!(ScheduledJob, "a job", {
    "command" => Command, "pipeline" => Pipeline, "reference" => Reference, "published" => Published
}, default "command", refuse super::refused::job);

/// A job that is there: what it says is submitted anew, with these changes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JobReference {
    /// `azureml:` and the name of the job.
    pub job: String,
    /// Inputs in place of those of the job.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub inputs: IndexMap<String, Input>,
    /// Settings of a pipeline in place of those of the job.
    #[serde(
        default,
        deserialize_with = "crate::de::with::open_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub settings: Option<PipelineSettings>,
    /// Tags beside those of the job.
    #[serde(
        default,
        deserialize_with = "crate::de::with::text_map",
        skip_serializing_if = "IndexMap::is_empty"
    )]
    #[schemars(with = "IndexMap<String, Option<crate::value::Literal>>")]
    pub tags: IndexMap<String, String>,
    /// Where it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compute: Option<ComputeRef>,
    /// The experiment that the runs belong to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub experiment_name: Option<String>,
    /// The name that people see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A published pipeline, invoked by its name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishedCall {
    /// Its name.
    pub endpoint: String,
    /// Its version; the default one where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// Inputs in place of those that it has.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub inputs: IndexMap<String, Input>,
}
