//! Steps that need no code of the project's: checks of data and of models, and tables made of tables.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use tidemill_policy::action;
use tidemill_spec::expr::{Ref, Template};
use tidemill_spec::kinds::{
    Input, Limits, Node, Output, TransformNode, ValidateModelNode, ValidateNode, Validation,
};
use tidemill_spec::refs::ComputeRef;

use super::inputs::in_field;
use super::pipeline::{
    Parts, bound_compute, bound_variable, child_name, own_compute, own_environment, step_output,
    step_outputs, waits_for,
};
use super::submit::{code_tree, plan_environment};
use super::{
    CommandPlan, EnvironmentPlan, ModelStep, PlannedInput, PlannedOutput, StepOutput, StepPlan, StepWork,
};
use crate::data_validation::STEP_FOLDER;
use crate::{Error, OpContext, Result, Scope, compute, model_validation};

/// The variable in which a step finds this program.
const PROGRAM: &str = "TIDEMILL_PROGRAM";

/// A step that checks data: this very program, run by the runner.
pub(super) async fn validate_step(
    ctx: &OpContext,
    workspace: &str,
    parts: &Parts<'_>,
    node_name: &str,
    node: &ValidateNode,
    pipeline_inputs: &IndexMap<String, PlannedInput>,
) -> Result<StepPlan> {
    let ValidateNode {
        inputs,
        outputs,
        compute,
        limits,
        comment: _,
        display_name,
    } = node;
    let mut command = String::from(
        "\"$TIDEMILL_PROGRAM\" data validate --data \"${{inputs.data}}\" --expectations \"${{inputs.expectations}}\" -o table",
    );
    for name in inputs.keys() {
        match name.as_str() {
            "data" | "expectations" => {}
            "baseline" => command.push_str(" $[[--baseline \"${{inputs.baseline}}\"]]"),
            name => command.push_str(&format!(" $[[--table \"{name}=${{{{inputs.{name}}}}}\"]]")),
        }
    }
    // Artifacts are kept however the step ends.
    command.push_str(&format!(" --report {STEP_FOLDER}"));
    if outputs.contains_key(ValidateNode::REPORT) {
        command.push_str(" --report \"${{outputs.report}}\"");
    }
    let own = Own {
        command,
        validates: true,
        validates_model: None,
        variables: IndexMap::new(),
        inputs,
        outputs,
        compute: compute.as_ref(),
        limits: limits.as_ref(),
        display_name: display_name.as_deref(),
    };
    own_step(ctx, workspace, parts, node_name, own, pipeline_inputs).await
}

/// A step that makes tables of tables: this very program, run by the runner.
pub(super) async fn transform_step(
    ctx: &OpContext,
    workspace: &str,
    parts: &Parts<'_>,
    node_name: &str,
    node: &TransformNode,
    pipeline_inputs: &IndexMap<String, PlannedInput>,
) -> Result<StepPlan> {
    let TransformNode {
        inputs,
        outputs,
        sql,
        steps,
        split,
        compute,
        limits,
        comment: _,
        display_name,
    } = node;
    let plan = serde_json::json!({ "sql": sql, "steps": steps, "split": split });
    // A slip is told now, and not when the step's turn has come.
    serde_json::from_value::<tidemill_table::sql::Transform>(plan.clone())
        .map_err(|error| Error::invalid(format!("its steps cannot be read: {error}")))?;
    if let Some(sql) = sql {
        let tables =
            tidemill_table::sql::tables_of(sql).map_err(|failure| Error::invalid(failure.message))?;
        if let Some(unknown) = tables.iter().find(|name| !inputs.contains_key(*name)) {
            return Err(Error::invalid(format!(
                "its query names the table `{unknown}`, which is none of its inputs"
            )));
        }
    }
    let mut command =
        String::from("\"$TIDEMILL_PROGRAM\" data transform --plan-text \"$TIDEMILL_TRANSFORM\"");
    for name in inputs.keys() {
        match name.as_str() {
            TransformNode::PARAMETERS => command.push_str(" $[[--parameters \"${{inputs.parameters}}\"]]"),
            name => command.push_str(&format!(" $[[--file \"{name}=${{{{inputs.{name}}}}}\"]]")),
        }
    }
    command.push_str(" --output-folder \"${{outputs.data}}\"");
    let own = Own {
        command,
        validates: false,
        validates_model: None,
        variables: IndexMap::from([("TIDEMILL_TRANSFORM".to_owned(), plan.to_string())]),
        inputs,
        outputs,
        compute: compute.as_ref(),
        limits: limits.as_ref(),
        display_name: display_name.as_deref(),
    };
    own_step(ctx, workspace, parts, node_name, own, pipeline_inputs).await
}

/// A step that holds a model against a validation. Its program, environment and champion are known when its turn has come.
pub(super) async fn validate_model_step(
    ctx: &OpContext,
    workspace: &str,
    parts: &Parts<'_>,
    node_name: &str,
    node: &ValidateModelNode,
    (pipeline_inputs, pipeline_outputs): (&IndexMap<String, PlannedInput>, &IndexMap<String, PlannedOutput>),
) -> Result<StepPlan> {
    let ValidateModelNode {
        validation,
        model_name,
        inputs,
        outputs,
        compute,
        limits,
        comment: _,
        display_name,
    } = node;
    let mut given = inputs.clone();
    if let (false, Some(text)) = (
        given.contains_key(ValidateModelNode::TRAINING),
        trained_on(validation),
    ) {
        given.insert(
            ValidateModelNode::TRAINING.to_owned(),
            model_validation::named_data(text)?,
        );
    }
    for (port, code) in model_validation::codes(validation) {
        if let Some(digest) = code_tree(ctx, code)? {
            given.insert(port.to_owned(), model_validation::tree(&digest));
        }
    }
    let own = Own {
        command: model_validation::command(&given),
        validates: false,
        validates_model: None,
        variables: validation.environment_variables.clone(),
        inputs: &given,
        outputs,
        compute: compute.as_ref().or(validation.compute.as_ref()),
        limits: limits.as_ref(),
        display_name: display_name.as_deref(),
    };
    let mut step = own_step(ctx, workspace, parts, node_name, own, pipeline_inputs).await?;
    let says_type = |output: &Output| output.asset_type.is_some();
    if let Some(output) = step.outputs.get_mut(ValidateModelNode::MODEL)
        && !outputs.get(ValidateModelNode::MODEL).is_some_and(says_type)
    {
        output.r#type = match validation.scoring {
            Some(_) => "custom_model".to_owned(),
            None => "mlflow_model".to_owned(),
        };
    }
    let written = step.outputs.get(ValidateModelNode::MODEL);
    let becomes = written.and_then(|output| registered_as(output, pipeline_outputs));
    let name = match (model_name, becomes) {
        (Some(name), _) => {
            bound_variable(name, pipeline_inputs).map_err(|error| in_field(error, "field", "model_name"))?
        }
        (None, Some(name)) => name.to_owned(),
        (None, None) => {
            return Err(Error::invalid("it does not say whose metric history it adds to")
                .hint("write `model_name: NAME`, or give its output `model` a `name`"));
        }
    };
    let scope = Scope::resource(workspace, "models", &name);
    ctx.authorize(action::MODEL_READ, &scope).await?;
    let environment = match own_environment(validation.environment.as_ref()) {
        Some(reference) => Some(plan_environment(ctx, workspace, reference, parts.policy).await?),
        None => None,
    };
    let default = match &parts.settings.default_environment {
        Some(reference) if environment.is_none() => {
            Some(plan_environment(ctx, workspace, reference, parts.policy).await?)
        }
        _ => None,
    };
    step.outputs.insert(
        model_validation::OUTPUT.to_owned(),
        step_output(&Output::default(), None)?,
    );
    if let StepWork::Command(plan) = &mut step.work {
        plan.variables.shift_remove(PROGRAM);
        plan.validates_model = Some(Box::new(ModelStep {
            model: name,
            policy: parts.policy.to_owned(),
            has_environment: environment.is_some(),
            validation: (**validation).clone(),
            champion: None,
        }));
        if let Some(environment) = environment.or(default) {
            plan.environment = environment;
        }
    }
    Ok(step)
}

fn trained_on(validation: &Validation) -> Option<&str> {
    validation.training.as_ref()?.data.as_deref()
}

/// The model that an output becomes a version of.
fn registered_as<'a>(
    output: &'a StepOutput,
    of_pipeline: &'a IndexMap<String, PlannedOutput>,
) -> Option<&'a str> {
    let bound = output.parent.as_ref().and_then(|parent| of_pipeline.get(parent));
    output
        .name
        .as_deref()
        .or_else(|| bound.and_then(|bound| bound.name.as_deref()))
}

/// A model that is validated becomes no version before: the step that trains it ends before it is looked at.
pub(super) fn check_order(
    nodes: &IndexMap<String, Node>,
    steps: &IndexMap<String, StepPlan>,
    outputs: &IndexMap<String, PlannedOutput>,
) -> Result<()> {
    for (name, node) in nodes {
        let Node::ValidateModel(node) = node else { continue };
        let text = node
            .inputs
            .get(ValidateModelNode::MODEL)
            .and_then(Input::expression);
        let Some(Ok(template)) = text.map(Template::parse) else {
            continue;
        };
        let Some(Ref::JobOutput { job, output }) = template.singular() else {
            continue;
        };
        let made = steps.get(job).and_then(|step| step.outputs.get(output));
        let Some(becomes) = made.and_then(|made| registered_as(made, outputs)) else {
            continue;
        };
        return Err(Error::invalid(format!(
            "failed to plan step `{name}`: step `{job}` registers its output `{output}` as `{becomes}` before it is validated"
        ))
        .hint(format!(
            "take the name from `{job}` and give it to the output of the check: `outputs: {{model: {{type: mlflow_model, name: {becomes}}}}}` in `{name}`"
        )));
    }
    Ok(())
}

/// A step that is done by this very program.
struct Own<'a> {
    command: String,
    validates: bool,
    validates_model: Option<Box<ModelStep>>,
    variables: IndexMap<String, String>,
    inputs: &'a IndexMap<String, Input>,
    outputs: &'a IndexMap<String, Output>,
    compute: Option<&'a ComputeRef>,
    limits: Option<&'a Limits>,
    display_name: Option<&'a str>,
}

async fn own_step(
    ctx: &OpContext,
    workspace: &str,
    parts: &Parts<'_>,
    node_name: &str,
    own: Own<'_>,
    pipeline_inputs: &IndexMap<String, PlannedInput>,
) -> Result<StepPlan> {
    let Own {
        command,
        validates,
        validates_model,
        mut variables,
        inputs,
        outputs,
        compute,
        limits,
        display_name,
    } = own;
    let reference = own_compute(compute, parts);
    let target = compute::resolve(
        ctx,
        workspace,
        bound_compute(reference.as_ref(), pipeline_inputs)?.as_ref(),
    )
    .await?;
    crate::isolation::of_compute(ctx.app(), workspace, &target.name).await?;
    variables.insert(PROGRAM.to_owned(), String::new());
    // What another version of this program finds is other work.
    variables.insert(
        "TIDEMILL_VERSION".to_owned(),
        env!("CARGO_PKG_VERSION").to_owned(),
    );
    let plan = CommandPlan {
        command,
        code: None,
        environment: EnvironmentPlan {
            name: None,
            request: serde_json::Value::Null,
            build_context: None,
        },
        variables,
        inputs: IndexMap::new(),
        outputs: IndexMap::new(),
        distribution: None,
        instance_count: 1,
        timeout_s: limits.and_then(|limits| limits.timeout),
        memory_bytes: None,
        cores: None,
        gpus: 0,
        retries: limits.and_then(|limits| limits.retries).unwrap_or(0),
        deterministic: true,
        validates,
        validates_model,
    };
    Ok(StepPlan {
        job: child_name(parts.name, node_name),
        display_name: display_name
            .map(str::to_owned)
            .or_else(|| Some(node_name.to_owned())),
        work: StepWork::Command(Box::new(plan)),
        given: inputs.clone(),
        ports: IndexMap::new(),
        outputs: step_outputs(outputs, None)?,
        compute: Some(ComputeRef::Named(target.name)),
        waits_for: waits_for(inputs)?,
        guards: Vec::new(),
        turn: None,
    })
}

/// A step that checks data or a model stands before every other step that reads the same, except those that it waits for itself.
pub(super) fn guard(nodes: &IndexMap<String, Node>, steps: &mut IndexMap<String, StepPlan>) {
    let guarded = |node: &Node| match node {
        Node::Validate(node) => node.inputs.get("data").map(place_of),
        Node::ValidateModel(node) => node.inputs.get(ValidateModelNode::MODEL).map(place_of),
        _ => None,
    };
    for (guard, node) in nodes {
        let Some(data) = guarded(node) else { continue };
        let before = before(guard, steps);
        for (name, step) in steps.iter_mut() {
            let reads = step.given.values().any(|input| place_of(input) == data);
            if name != guard && reads && !before.contains(name) && !step.waits_for.contains(guard) {
                let is_guard = nodes.get(name).is_some_and(|node| guarded(node).is_some());
                // Two checks of the same data need not wait for each other.
                if !is_guard {
                    step.waits_for.push(guard.clone());
                }
            }
        }
    }
}

/// Where an input comes from: a binding, or a path.
fn place_of(input: &Input) -> String {
    match (input.expression(), input) {
        (Some(text), _) => text.split_whitespace().collect(),
        (None, Input::Data(data)) => data.path.as_ref().map(ToString::to_string).unwrap_or_default(),
        (None, Input::Literal(value)) => format!("literal {value}"),
    }
}

/// The steps that a step waits for, directly or not.
fn before(step: &str, steps: &IndexMap<String, StepPlan>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![step.to_owned()];
    while let Some(next) = open.pop() {
        for earlier in steps.get(&next).into_iter().flat_map(|plan| &plan.waits_for) {
            if found.insert(earlier.clone()) {
                open.push(earlier.clone());
            }
        }
    }
    found
}
