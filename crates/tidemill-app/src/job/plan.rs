//! What is made of a job when it is submitted: everything resolved that can be, nothing left to look up by name.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tidemill_api::runner::{Distribution, Source};
use tidemill_spec::kinds::{ComponentInput, Input, PipelineComponent, PipelineSettings, Validation};
use tidemill_spec::refs::{ComputeRef, DataPath};

use super::control_flow::{Guard, Turn};
use crate::{Error, Result};

/// The plan of a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Plan {
    /// One command.
    Command(Box<CommandPlan>),
    /// A graph of steps.
    Pipeline(Box<PipelinePlan>),
    /// A step whose turn has not come.
    Waiting,
}

/// One command, ready to be given to a runner once its inputs are known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CommandPlan {
    /// As written.
    pub command: String,
    /// Digest of the code tree.
    pub code: Option<String>,
    /// What it runs in.
    pub environment: EnvironmentPlan,
    /// The user's variables.
    pub variables: IndexMap<String, String>,
    /// What goes in.
    pub inputs: IndexMap<String, PlannedInput>,
    /// What comes out.
    pub outputs: IndexMap<String, PlannedOutput>,
    /// How many processes, and of what kind.
    pub distribution: Option<Distribution>,
    /// Nodes.
    pub instance_count: u32,
    /// Wall time in seconds.
    pub timeout_s: Option<u64>,
    /// Memory in bytes.
    pub memory_bytes: Option<u64>,
    /// Cores.
    pub cores: Option<u32>,
    /// Graphics cards.
    pub gpus: u32,
    /// Tries after the first.
    pub retries: u32,
    /// Whether a finished one may stand for it.
    pub deterministic: bool,
    /// Whether it is a step that checks data: what it finds goes into the history of the data.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub validates: bool,
    /// Whether it is a step that holds a model against a validation: the verdict is found when its program has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validates_model: Option<Box<ModelStep>>,
}

/// A step that holds a model against a validation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelStep {
    /// The registered model whose metric history it adds to.
    pub model: String,
    /// The environment policy of its pipeline.
    pub policy: String,
    /// Whether the validation names the environment; else a model of MLflow brings its own.
    pub has_environment: bool,
    /// What must hold.
    pub validation: Validation,
    /// What it is held against, as people read it; known when the step's turn has come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub champion: Option<String>,
}

/// The environment of a command.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EnvironmentPlan {
    /// For people, such as `sklearn-1.5:1`.
    pub name: Option<String>,
    /// `tidemill_env::EnvironmentRequest` in JSON, with its policy.
    pub request: Value,
    /// Digest of the tree of a build context.
    pub build_context: Option<String>,
}

/// One input, resolved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PlannedInput {
    /// Text.
    Literal {
        /// The text.
        value: String,
    },
    /// Files.
    Data {
        /// `uri_file`, `uri_folder`, …
        r#type: String,
        /// `ro_mount`, `download`, `direct`, …
        mode: String,
        /// Where the bytes are.
        source: Source,
        /// Digest of their manifest.
        manifest: Option<String>,
        /// Such as `data/flights/3`.
        asset: Option<String>,
        /// For people and for lineage.
        uri: String,
    },
}

/// One output: where it is to be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedOutput {
    /// `uri_file`, `uri_folder`, …
    pub r#type: String,
    /// `rw_mount`, `upload`, …
    pub mode: String,
    /// The datastore; `None` is the artifact root of the run.
    pub datastore: Option<String>,
    /// The path in it.
    pub path: String,
    /// The asset that it becomes.
    pub name: Option<String>,
    /// The version of that asset.
    pub version: Option<String>,
    /// Whether someone asked for this very place.
    #[serde(default)]
    pub chosen: bool,
}

impl PlannedOutput {
    /// Where it is, as a URI.
    pub fn uri(&self, run: &str) -> String {
        match &self.datastore {
            Some(datastore) => format!("azureml://datastores/{datastore}/paths/{}", self.path),
            None => format!("runs:/{run}/"),
        }
    }
}

/// One output, as it stands after the job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutputRecord {
    /// `uri_file`, `uri_folder`, …
    pub r#type: String,
    /// Where it is.
    pub uri: String,
    /// The datastore; `None` is the artifact root of the run.
    pub datastore: Option<String>,
    /// The path in it.
    pub path: String,
    /// Digest of its manifest.
    pub digest: Option<String>,
    /// Bytes.
    pub size_bytes: u64,
    /// Files.
    pub files: u64,
    /// The asset that it became, such as `models/delay/1`.
    pub asset: Option<String>,
}

/// A graph of steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PipelinePlan {
    /// What goes in.
    pub inputs: IndexMap<String, PlannedInput>,
    /// What comes out: where steps write that are bound to it.
    pub outputs: IndexMap<String, PlannedOutput>,
    /// The steps.
    pub steps: IndexMap<String, StepPlan>,
    /// Steps that do not need a failed one go on.
    pub continue_on_step_failure: bool,
    /// No finished step is used again.
    pub force_rerun: bool,
    /// Steps that do their work themselves, whatever has been done before.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub rerun: BTreeSet<String>,
    /// Where outputs go that say nothing.
    pub default_datastore: String,
    /// The environment policy that holds for its steps.
    pub policy: String,
    /// What it was given as settings; pipelines within it inherit them.
    pub settings: PipelineSettings,
}

impl PipelinePlan {
    /// A step and all that wait for it, directly or not.
    ///
    /// # Errors
    /// Invalid, with the steps that there are.
    pub fn behind(&self, step: &str) -> Result<BTreeSet<String>> {
        if !self.steps.contains_key(step) {
            let there: Vec<&str> = self.steps.keys().map(String::as_str).collect();
            return Err(Error::invalid(format!(
                "failed to run the pipeline from step `{step}`: it has no such step"
            ))
            .hint(format!("it has: {}", there.join(", "))));
        }
        let mut behind = BTreeSet::from([step.to_owned()]);
        loop {
            let next: Vec<String> = self
                .steps
                .iter()
                .filter(|(name, plan)| {
                    !behind.contains(*name) && plan.waits_for.iter().any(|one| behind.contains(one))
                })
                .map(|(name, _)| name.clone())
                .collect();
            if next.is_empty() {
                return Ok(behind);
            }
            behind.extend(next);
        }
    }
}

/// One step, before its inputs are known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepPlan {
    /// The job of the step.
    pub job: String,
    /// What people call it.
    pub display_name: Option<String>,
    /// What it does.
    pub work: StepWork,
    /// Inputs as the node gives them: literals, data, bindings.
    pub given: IndexMap<String, Input>,
    /// Inputs that its component declares, in its order; empty for a command of its own.
    pub ports: IndexMap<String, ComponentInput>,
    /// Outputs.
    pub outputs: IndexMap<String, StepOutput>,
    /// The compute: a name, or a binding to an input of the pipeline.
    pub compute: Option<ComputeRef>,
    /// The steps that it waits for.
    pub waits_for: Vec<String>,
    /// It runs only where all of these hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guards: Vec<Guard>,
    /// The turn of a loop that it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<Turn>,
}

/// An output of a step, before the job's name is filled in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepOutput {
    /// `uri_file`, `uri_folder`, …
    pub r#type: String,
    /// `rw_mount`, `upload`, …
    pub mode: String,
    /// The output of the pipeline that it is bound to.
    pub parent: Option<String>,
    /// Where it goes; `None` is the default place.
    pub path: Option<DataPath>,
    /// The asset that it becomes.
    pub name: Option<String>,
    /// The version of that asset.
    pub version: Option<String>,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum StepWork {
    /// A command; its inputs and outputs are filled in when its turn comes.
    Command(Box<CommandPlan>),
    /// A pipeline within the pipeline.
    Pipeline {
        /// The component.
        component: Box<PipelineComponent>,
    },
}
