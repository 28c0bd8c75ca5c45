//! A job of any kind that runs, and what all jobs share.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CommandJob, PipelineJob, refused};
use crate::de::tagged_union;

/// A job; the field `type` says which kind.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Job {
    /// One command.
    Command(Box<CommandJob>),
    /// A graph of steps.
    Pipeline(Box<PipelineJob>),
}

tagged_union!(Job, "a job", { "command" => Command, "pipeline" => Pipeline }, default "command", refuse refused::job);

impl Job {
    /// The name that is given, if any.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Command(job) => job.name.as_deref(),
            Self::Pipeline(job) => job.name.as_deref(),
        }
    }

    /// The experiment that is given, if any.
    pub fn experiment_name(&self) -> Option<&str> {
        match self {
            Self::Command(job) => job.experiment_name.as_deref(),
            Self::Pipeline(job) => job.experiment_name.as_deref(),
        }
    }
}

/// How long and how often a command may run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Seconds after which the command is stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u64>,
    /// How often a failed command is started again (a Tidemill extension).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retries: Option<u32>,
}

/// How a job waits for its turn.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QueueSettings {
    /// The tier of the machines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_tier: Option<JobTier>,
    /// How urgent the job is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
}

/// The tier of the machines that a job asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobTier {
    /// May be taken away.
    Spot,
    /// Basic.
    Basic,
    /// Standard.
    Standard,
    /// Premium.
    Premium,
    /// None.
    Null,
}

/// How urgent a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Can wait.
    Low,
    /// As most.
    Medium,
    /// Before others.
    High,
}
