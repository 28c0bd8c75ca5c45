//! Jobs on the wire.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// A job as it is submitted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PutJob {
    /// The fields of the job's YAML, with local paths replaced by `tidemill://trees/…`.
    #[schema(value_type = Object)]
    pub spec: tidemill_spec::kinds::Job,
    /// `exact` or `relaxed`; the server's default when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment_policy: Option<String>,
    /// Facts that the client adds, such as the commit of the code.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    #[schema(value_type = Object)]
    pub properties: IndexMap<String, String>,
    /// A step of a pipeline: it and all behind it do their work themselves, whatever has been done before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rerun_from: Option<String>,
}

/// A job as the server knows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Job {
    /// Unique in the workspace; also the run id.
    pub name: String,
    /// `command` or `pipeline`.
    pub r#type: String,
    /// The name that people see.
    pub display_name: Option<String>,
    /// The experiment of its run.
    pub experiment_name: String,
    /// Id of that experiment.
    pub experiment_id: String,
    /// `NotStarted Queued Starting Preparing Running Finalizing CancelRequested Completed Failed Canceled Skipped`.
    pub status: String,
    /// Why it waits, or why it ended as it did.
    pub reason: Option<String>,
    /// The pipeline job that it is a step of.
    pub parent: Option<String>,
    /// Its name as a step.
    pub node: Option<String>,
    /// The compute that it runs on.
    pub compute: Option<String>,
    /// Markdown.
    pub description: Option<String>,
    /// Words to find it by.
    #[schema(value_type = Object)]
    pub tags: IndexMap<String, String>,
    /// Facts that do not change.
    #[schema(value_type = Object)]
    pub properties: IndexMap<String, String>,
    /// What was submitted.
    #[schema(value_type = Object)]
    pub spec: Value,
    /// Inputs as they were resolved.
    #[schema(value_type = Object)]
    pub inputs: Value,
    /// Outputs as they stand.
    #[schema(value_type = Object)]
    pub outputs: IndexMap<String, JobOutput>,
    /// The environment that was prepared: name, digest, changes, reused, lock.
    #[schema(value_type = Object)]
    pub environment: Option<Value>,
    /// Fields without effect, processes that had to be killed.
    pub warnings: Vec<String>,
    /// Of the command.
    pub exit_code: Option<i64>,
    /// Which try, from 1; 0 before the first.
    pub attempt: i64,
    /// The job whose outputs it took over.
    pub reused_from: Option<String>,
    /// The principal.
    pub created_by: String,
    /// UTC milliseconds.
    pub created_at: i64,
    /// UTC milliseconds.
    pub started_at: Option<i64>,
    /// UTC milliseconds.
    pub ended_at: Option<i64>,
    /// Left out of lists.
    pub archived: bool,
    /// How many steps it has.
    pub children_count: usize,
    /// Where to look at it and talk to it, by name.
    #[schema(value_type = Object)]
    pub services: IndexMap<String, Value>,
    /// The latest value of each metric of its run; a value that is no number is a text.
    #[schema(value_type = Object)]
    pub metrics: IndexMap<String, Value>,
    /// For a pipeline: its steps with what each waits for, in order.
    pub steps: Vec<Step>,
}

/// A step of a pipeline, as the graph shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Step {
    /// Its name.
    pub node: String,
    /// Its job.
    pub job: String,
    /// `command` or `pipeline`.
    pub r#type: String,
    /// The steps that it waits for.
    pub waits_for: Vec<String>,
}

/// An output of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JobOutput {
    /// `uri_file`, `uri_folder`, …
    pub r#type: String,
    /// Where it is.
    pub uri: String,
    /// Digest of its manifest.
    pub digest: Option<String>,
    /// Bytes.
    pub size_bytes: u64,
    /// Files.
    pub files: u64,
    /// The asset that it became, such as `models/delay/1`.
    pub asset: Option<String>,
}

/// Which jobs a list shows.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct JobQuery {
    /// Steps of this job; without it, jobs that are no steps.
    pub parent: Option<String>,
    /// Only with this status.
    pub status: Option<String>,
    /// `exclude` (default), `include` or `only`.
    pub archived: Option<String>,
    /// Rows at most, 1 to 1000; 100 when not given.
    pub limit: Option<u64>,
    /// `next` of the page before.
    pub after: Option<String>,
}

/// What people may change of a job.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PatchJob {
    /// The name that people see.
    #[serde(default)]
    pub display_name: Option<String>,
    /// Markdown.
    #[serde(default)]
    pub description: Option<String>,
    /// Tags to set; `null` takes one away, others stay.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub tags: Option<IndexMap<String, Option<String>>>,
}

/// What a check of a job found.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Validation {
    /// What would be warned of.
    pub warnings: Vec<String>,
}

/// A file of a job or of one of its outputs.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct File {
    /// Relative path.
    pub path: String,
    /// Bytes.
    pub size_bytes: u64,
}

/// Files.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Files {
    /// By path.
    pub files: Vec<File>,
}

/// Where something comes from: jobs with what went in and came out, the nearest first.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Lineage {
    /// The jobs.
    pub jobs: Vec<LineageJob>,
}

/// One job of a lineage.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LineageJob {
    /// The job.
    pub job: String,
    /// Its name as a step.
    pub node: Option<String>,
    /// Its parent.
    pub parent: Option<String>,
    /// Its state.
    pub status: String,
    /// The commit of its code, when it is known.
    pub commit: Option<String>,
    /// Digest of its environment's lock.
    pub environment: Option<String>,
    /// What went in.
    pub inputs: Vec<LineageEdge>,
    /// What came out.
    pub outputs: Vec<LineageEdge>,
}

/// An input or output of a job of a lineage.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LineageEdge {
    /// Its name.
    pub port: String,
    /// The asset, such as `data/flights/3`.
    pub asset: Option<String>,
    /// Where the bytes are.
    pub uri: String,
    /// Digest of the manifest.
    pub digest: Option<String>,
}
