//! A step of a pipeline.

use std::sync::LazyLock;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    ComponentRef, Distribution, DoWhileNode, EnvironmentRef, Identity, IfElseNode, Input, Limits, Output,
    ParallelForNode, QueueSettings, Resources, Service, Validation, refused,
};
use crate::de::tagged_union;
use crate::refs::{CodeRef, ComputeRef};

/// A step of a pipeline; the field `type` says which kind.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Node {
    /// A command: a component, or a command of its own.
    Command(Box<CommandNode>),
    /// A pipeline component.
    Pipeline(Box<PipelineNode>),
    /// A check of data against expectations (a Tidemill extension).
    Validate(Box<ValidateNode>),
    /// A check of a model against a validation (a Tidemill extension).
    ValidateModel(Box<ValidateModelNode>),
    /// Tables made of tables (a Tidemill extension).
    Transform(Box<TransformNode>),
    /// One of two blocks of steps.
    IfElse(Box<IfElseNode>),
    /// A step that is repeated.
    DoWhile(Box<DoWhileNode>),
    /// A step for each item.
    ParallelFor(Box<ParallelForNode>),
}

static NO_INPUTS: LazyLock<IndexMap<String, Input>> = LazyLock::new(IndexMap::new);
static NO_OUTPUTS: LazyLock<IndexMap<String, Output>> = LazyLock::new(IndexMap::new);

tagged_union!(Node, "a step", {
    "command" => Command, "pipeline" => Pipeline, "validate" => Validate, "validate_model" => ValidateModel,
    "transform" => Transform, "if_else" => IfElse, "do_while" => DoWhile, "parallel_for" => ParallelFor,
}, default "command", refuse refused::node);

impl Node {
    /// What goes in.
    pub fn inputs(&self) -> &IndexMap<String, Input> {
        match self {
            Self::Command(node) => &node.inputs,
            Self::Pipeline(node) => &node.inputs,
            Self::Validate(node) => &node.inputs,
            Self::ValidateModel(node) => &node.inputs,
            Self::Transform(node) => &node.inputs,
            Self::IfElse(_) | Self::DoWhile(_) | Self::ParallelFor(_) => &NO_INPUTS,
        }
    }

    /// What goes in, to be changed; a step that steers others has none.
    pub fn inputs_mut(&mut self) -> Option<&mut IndexMap<String, Input>> {
        match self {
            Self::Command(node) => Some(&mut node.inputs),
            Self::Pipeline(node) => Some(&mut node.inputs),
            Self::Validate(node) => Some(&mut node.inputs),
            Self::ValidateModel(node) => Some(&mut node.inputs),
            Self::Transform(node) => Some(&mut node.inputs),
            Self::IfElse(_) | Self::DoWhile(_) | Self::ParallelFor(_) => None,
        }
    }

    /// Whether it does no work itself, and says which other steps do.
    pub fn steers(&self) -> bool {
        matches!(self, Self::IfElse(_) | Self::DoWhile(_) | Self::ParallelFor(_))
    }

    /// The step that a loop repeats, as it is written.
    pub fn body(&self) -> Option<&str> {
        match self {
            Self::DoWhile(node) => Some(&node.body),
            Self::ParallelFor(node) => Some(&node.body),
            _ => None,
        }
    }

    /// What comes out.
    pub fn outputs(&self) -> &IndexMap<String, Output> {
        match self {
            Self::Command(node) => &node.outputs,
            Self::Pipeline(node) => &node.outputs,
            Self::Validate(node) => &node.outputs,
            Self::ValidateModel(node) => &node.outputs,
            Self::Transform(node) => &node.outputs,
            Self::IfElse(_) | Self::DoWhile(_) | Self::ParallelFor(_) => &NO_OUTPUTS,
        }
    }

    /// The component that the step runs, if it runs one.
    pub fn component(&self) -> Option<&ComponentRef> {
        match self {
            Self::Command(node) => node.component.as_ref(),
            Self::Pipeline(node) => Some(&node.component),
            Self::Validate(_) | Self::ValidateModel(_) | Self::Transform(_) => None,
            Self::IfElse(_) | Self::DoWhile(_) | Self::ParallelFor(_) => None,
        }
    }
}

/// A command step. It runs a `component`, or a `command` of its own; with a component, what is given here wins over what
/// the component says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CommandNode {
    /// The component that runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<ComponentRef>,
    /// What runs, in bash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// The folder or file that is laid into the working directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<CodeRef>,
    /// The software that it runs in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<EnvironmentRef>,
    /// Variables that the command sees.
    #[serde(
        default,
        deserialize_with = "crate::de::with::text_map",
        skip_serializing_if = "IndexMap::is_empty"
    )]
    #[schemars(with = "IndexMap<String, Option<crate::value::Literal>>")]
    pub environment_variables: IndexMap<String, String>,
    /// How many machines, and of what size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<Resources>,
    /// How several processes work together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distribution: Option<Distribution>,
    /// How it waits for its turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue_settings: Option<QueueSettings>,
    /// What goes in: values, data, or bindings such as `${{parent.jobs.prep.outputs.data}}`.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub inputs: IndexMap<String, Input>,
    /// What comes out: where it goes, or bindings such as `${{parent.outputs.model}}`.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub outputs: IndexMap<String, Output>,
    /// Facts about the step's job that cannot change later.
    #[serde(
        default,
        deserialize_with = "crate::de::with::text_map",
        skip_serializing_if = "IndexMap::is_empty"
    )]
    #[schemars(with = "IndexMap<String, Option<crate::value::Literal>>")]
    pub properties: IndexMap<String, String>,
    /// A remark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Where it runs, or a binding to an input of the pipeline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compute: Option<ComputeRef>,
    /// How long and how often it may run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<Limits>,
    /// Interactive services beside the command.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub services: IndexMap<String, Service>,
    /// As whom it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// A name; the step's key in `jobs` is what counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What the step is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Words to find the step's job by.
    #[serde(
        default,
        deserialize_with = "crate::de::with::text_map",
        skip_serializing_if = "IndexMap::is_empty"
    )]
    #[schemars(with = "IndexMap<String, Option<crate::value::Literal>>")]
    pub tags: IndexMap<String, String>,
    /// The name that people see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The experiment; that of the pipeline counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub experiment_name: Option<String>,
    /// The parent; the pipeline counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_job_name: Option<String>,
}

/// A step that is a pipeline itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PipelineNode {
    /// The pipeline component.
    pub component: ComponentRef,
    /// What goes in.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub inputs: IndexMap<String, Input>,
    /// What comes out.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub outputs: IndexMap<String, Output>,
    /// Facts about the step's job that cannot change later.
    #[serde(
        default,
        deserialize_with = "crate::de::with::text_map",
        skip_serializing_if = "IndexMap::is_empty"
    )]
    #[schemars(with = "IndexMap<String, Option<crate::value::Literal>>")]
    pub properties: IndexMap<String, String>,
    /// A remark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The name that people see (a Tidemill extension).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
}

/// A step that checks data against expectations, and fails where they are not met. Every other step that reads the same data
/// waits for it. Its inputs are `data` and `expectations` (a file), `baseline` where drift is looked at, and further tables that
/// rules in SQL name; its output `report` takes report.html, validation.json and profile.json.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ValidateNode {
    /// What goes in: `data`, `expectations`, `baseline`, and tables for rules.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub inputs: IndexMap<String, Input>,
    /// What comes out: `report`.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub outputs: IndexMap<String, Output>,
    /// Where it runs, or a binding to an input of the pipeline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compute: Option<ComputeRef>,
    /// How long and how often it may run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<Limits>,
    /// A remark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The name that people see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
}

impl ValidateNode {
    /// Inputs that it needs.
    pub const NEEDS: [&'static str; 2] = ["data", "expectations"];
    /// Its output.
    pub const REPORT: &'static str = "report";
}

/// A step that holds a model against a validation before anybody takes it, and fails where that does not hold. Every other step
/// that reads the same model waits for it. Its inputs are `model` (an output of a step, a version, a folder), `data`, and
/// `training` where drift and age are looked at; its output `report` takes report.html and validation.json, its output `model` the
/// model as it was validated, so that nothing else can be registered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ValidateModelNode {
    /// What it is held against: a file such as `validation.yml`, or its content.
    pub validation: Box<Validation>,
    /// The registered model whose metric history it adds to, or a binding to an input of the pipeline; the name that the output
    /// `model` gets where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_name: Option<String>,
    /// What goes in: `model`, `data` and `training`.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub inputs: IndexMap<String, Input>,
    /// What comes out: `report` and `model`.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub outputs: IndexMap<String, Output>,
    /// Where it runs, or a binding to an input of the pipeline; what the validation says where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compute: Option<ComputeRef>,
    /// How long and how often it may run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<Limits>,
    /// A remark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The name that people see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
}

impl ValidateModelNode {
    /// What is validated; as an output, what was.
    pub const MODEL: &'static str = "model";
    /// What it is scored on.
    pub const DATA: &'static str = "data";
    /// What it was trained on.
    pub const TRAINING: &'static str = "training";
    /// The page and the JSON of what was found.
    pub const REPORT: &'static str = "report";
}

/// A step that makes tables of tables, without code: a query over its inputs, steps whose parameters are fitted, a split. Its
/// output `data` takes data.parquet, or train.parquet and test.parquet, and parameters.json; the input `parameters` gives what was
/// fitted before.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TransformNode {
    /// What goes in: tables by name, and `parameters`.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub inputs: IndexMap<String, Input>,
    /// What comes out: `data`.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub outputs: IndexMap<String, Output>,
    /// The query over the inputs; without it, all of the only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sql: Option<String>,
    /// Steps: `log`, `scale`, `bin`, `one_hot`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<serde_json::Value>,
    /// Rows to train on and rows to test on: `by` or `key`, and `test`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<serde_json::Value>,
    /// Where it runs, or a binding to an input of the pipeline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compute: Option<ComputeRef>,
    /// How long and how often it may run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<Limits>,
    /// A remark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The name that people see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
}

impl TransformNode {
    /// The input that is no table.
    pub const PARAMETERS: &'static str = "parameters";
    /// Its output.
    pub const DATA: &'static str = "data";
}
