//! Planning a pipeline: components and environments are looked up, steps are put in order, outputs get their places.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use tidemill_plan::Dag;
use tidemill_spec::expr::{Ref, Template};
use tidemill_spec::kinds::{
    CommandNode, Component, ComponentInput, ComponentOutput, ComponentRef, EnvironmentRef, Input, Node,
    Output, PipelineComponent, PipelineJob, PipelineNode, PipelineSettings, Resources,
};
use tidemill_spec::refs::{ComputeRef, DataPath};
use tidemill_spec::value::Literal;

use super::control_flow::unroll;
use super::inputs::{in_field, word};
use super::output::planned_output;
use super::own_step::{check_order, guard, transform_step, validate_model_step, validate_step};
use super::submit::{check_datastore, check_output, check_room, code_tree, distribution, plan_environment};
use super::{
    CommandPlan, PipelinePlan, PlannedInput, PlannedOutput, StepOutput, StepPlan, StepWork, planned_input,
};
use crate::{Error, Kind, OpContext, Result, component, compute, datastore, datastore_access};

/// The parts of a pipeline, whether a job or a component brings them.
pub(super) struct Parts<'a> {
    pub(super) name: &'a str,
    pub(super) nodes: &'a IndexMap<String, Node>,
    pub(super) settings: PipelineSettings,
    pub(super) compute: Option<ComputeRef>,
    pub(super) policy: &'a str,
}

/// Plans a pipeline job.
///
/// # Errors
/// Invalid with the step and field, NotFound for what it refers to.
pub(crate) async fn plan_pipeline(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    job: &PipelineJob,
    policy: &str,
) -> Result<PipelinePlan> {
    let settings = job.settings.clone().unwrap_or_default();
    let store = default_datastore(&settings);
    check_datastore(ctx, workspace, "settings.default_datastore", Some(&store)).await?;
    let component = match &job.component {
        Some(reference) => Some(pipeline_component(ctx, workspace, reference).await?),
        None => None,
    };
    let ports = component.as_ref().map(|component| &component.inputs);
    if let Some(ports) = ports {
        check_given(&job.inputs, ports, true, &IndexMap::new())?;
    }
    let mut inputs = IndexMap::new();
    for (port, input) in &job.inputs {
        let declared = ports
            .and_then(|ports| ports.get(port))
            .map(|port| port.port_type.word());
        inputs.insert(
            port.clone(),
            planned_input(ctx, workspace, port, input, declared).await?,
        );
    }
    add_defaults(&mut inputs, ports);
    let mut outputs = IndexMap::new();
    for (port, output) in &job.outputs {
        let declared = component
            .as_ref()
            .and_then(|component| component.outputs.get(port));
        outputs.insert(
            port.clone(),
            pipeline_output(name, port, &store, output, declared)?,
        );
    }
    let nodes = component.as_ref().map_or(&job.jobs, |component| &component.jobs);
    if let Some(component) = &component {
        add_undeclared(name, &store, &component.outputs, &mut outputs)?;
    }
    for (port, planned) in &outputs {
        check_output(ctx, workspace, port, planned).await?;
    }
    let parts = Parts {
        name,
        nodes,
        settings,
        compute: job.compute.clone(),
        policy,
    };
    build(ctx, workspace, parts, inputs, outputs).await
}

/// Plans a pipeline component that is a step: its inputs and outputs are known by now.
pub(crate) async fn plan_nested(
    ctx: &OpContext,
    (workspace, name): (&str, &str),
    component: &PipelineComponent,
    settings: PipelineSettings,
    policy: &str,
    mut inputs: IndexMap<String, PlannedInput>,
    mut outputs: IndexMap<String, PlannedOutput>,
) -> Result<PipelinePlan> {
    add_defaults(&mut inputs, Some(&component.inputs));
    add_undeclared(
        name,
        &default_datastore(&settings),
        &component.outputs,
        &mut outputs,
    )?;
    for (port, planned) in &outputs {
        check_output(ctx, workspace, port, planned).await?;
    }
    let parts = Parts {
        name,
        nodes: &component.jobs,
        settings,
        compute: None,
        policy,
    };
    build(ctx, workspace, parts, inputs, outputs).await
}

async fn build(
    ctx: &OpContext,
    workspace: &str,
    parts: Parts<'_>,
    inputs: IndexMap<String, PlannedInput>,
    outputs: IndexMap<String, PlannedOutput>,
) -> Result<PipelinePlan> {
    let unrolled = unroll(parts.nodes, &inputs)?;
    let nodes = unrolled.nodes.clone();
    let mut steps = IndexMap::new();
    for (node_name, node) in &nodes {
        let step = match node {
            Node::Command(node) => command_step(ctx, workspace, &parts, node_name, node, &inputs).await,
            Node::Pipeline(node) => pipeline_step(ctx, workspace, &parts, node_name, node, &inputs).await,
            Node::Transform(node) => transform_step(ctx, workspace, &parts, node_name, node, &inputs).await,
            Node::Validate(node) => validate_step(ctx, workspace, &parts, node_name, node, &inputs).await,
            Node::ValidateModel(node) => {
                validate_model_step(ctx, workspace, &parts, node_name, node, (&inputs, &outputs)).await
            }
            Node::IfElse(_) | Node::DoWhile(_) | Node::ParallelFor(_) => continue,
        };
        let mut step = step.map_err(|mut error| {
            error.message = format!("failed to plan step `{node_name}`: {}", error.message);
            error
        })?;
        as_pipeline_declares(node, &mut step, &outputs);
        steps.insert(node_name.clone(), step);
    }
    if steps.is_empty() {
        return Err(Error::invalid(format!(
            "failed to plan pipeline `{}`: it has no steps",
            parts.name
        )));
    }
    for (node_name, step) in &steps {
        check_files(ctx, workspace, &parts, step)
            .await
            .map_err(|mut error| {
                error.message = format!("failed to plan step `{node_name}`: {}", error.message);
                error
            })?;
    }
    check_order(&nodes, &steps, &outputs)?;
    unrolled.steer(parts.nodes, &inputs, &mut steps)?;
    guard(&nodes, &mut steps);
    let waits = steps
        .iter()
        .map(|(name, step): (&String, &StepPlan)| (name.clone(), step.waits_for.clone()))
        .collect();
    Dag::new(&waits).map_err(|error| Error::invalid(error.to_string()))?;
    Ok(PipelinePlan {
        inputs,
        outputs,
        steps,
        continue_on_step_failure: parts.settings.continue_on_step_failure.unwrap_or(false),
        force_rerun: parts.settings.force_rerun.unwrap_or(false),
        rerun: BTreeSet::new(),
        default_datastore: default_datastore(&parts.settings),
        policy: parts.policy.to_owned(),
        settings: PipelineSettings {
            default_compute: own_compute(None, &parts),
            ..parts.settings
        },
    })
}

/// An output that says of itself only that it is one of the pipeline's is of the type that the pipeline says.
fn as_pipeline_declares(node: &Node, step: &mut StepPlan, outputs: &IndexMap<String, PlannedOutput>) {
    if node.component().is_some() {
        return;
    }
    for (name, output) in &mut step.outputs {
        let says = node
            .outputs()
            .get(name)
            .is_some_and(|given| given.asset_type.is_some());
        let bound = output.parent.as_ref().and_then(|parent| outputs.get(parent));
        if let (false, Some(bound)) = (says, bound) {
            output.r#type.clone_from(&bound.r#type);
        }
    }
}

/// What a step reads and writes by a path of its own is asked for now, and not when its turn has come.
async fn check_files(ctx: &OpContext, workspace: &str, parts: &Parts<'_>, step: &StepPlan) -> Result<()> {
    if !datastore_access::any(ctx) {
        return Ok(());
    }
    for (port, input) in step
        .given
        .iter()
        .filter(|(_, input)| input.expression().is_none())
    {
        // What is not there yet may be made by a step before it.
        if let Err(error) = planned_input(ctx, workspace, port, input, None).await
            && error.kind == Kind::Forbidden
        {
            return Err(error);
        }
    }
    let store = default_datastore(&parts.settings);
    for (port, output) in step.outputs.iter().filter(|(_, output)| output.parent.is_none()) {
        let asset = (output.name.as_deref(), output.version.as_deref());
        let planned = planned_output(
            &step.job,
            port,
            &store,
            &output.r#type,
            &output.mode,
            output.path.as_ref(),
            asset,
        );
        if let Ok(planned) = planned {
            check_output(ctx, workspace, port, &planned).await?;
        }
    }
    Ok(())
}

async fn command_step(
    ctx: &OpContext,
    workspace: &str,
    parts: &Parts<'_>,
    node_name: &str,
    node: &CommandNode,
    pipeline_inputs: &IndexMap<String, PlannedInput>,
) -> Result<StepPlan> {
    let component = match &node.component {
        None => None,
        Some(reference) => match component::resolve(ctx, workspace, reference).await? {
            Component::Command(component) => Some(component),
            Component::Pipeline(_) => {
                return Err(
                    Error::invalid("its component is a pipeline").hint("write `type: pipeline` in the step")
                );
            }
        },
    };
    let component = component.as_deref();
    let missing = |field: &str| Error::invalid(format!("it has neither a component nor a `{field}`"));
    let command = node
        .command
        .as_ref()
        .or(component.map(|c| &c.command))
        .ok_or_else(|| missing("command"))?;
    let environment = own_environment(node.environment.as_ref())
        .or(component.map(|c| &c.environment))
        .or(parts.settings.default_environment.as_ref())
        .ok_or_else(|| missing("environment"))?;
    let mut variables = component
        .map(|c| c.environment_variables.clone())
        .unwrap_or_default();
    variables.extend(node.environment_variables.clone());
    for (name, value) in &mut variables {
        *value = bound_variable(value, pipeline_inputs)
            .map_err(|error| in_field(error, "environment variable", name))?;
    }
    let both = [
        node.resources.as_ref(),
        component.and_then(|c| c.resources.as_ref()),
    ];
    let of = |field: fn(&Resources) -> Option<u32>| both.iter().flatten().find_map(|r| field(r));
    let memory = both
        .iter()
        .flatten()
        .find_map(|r| r.memory_limit())
        .map(|size| size.bytes());
    let cores = both
        .iter()
        .flatten()
        .find_map(|r| r.cpu)
        .map(|cpu| cpu.cores_up());
    let spread = node
        .distribution
        .as_ref()
        .or(component.and_then(|c| c.distribution.as_ref()));
    let instance_count = of(|r| r.instance_count).unwrap_or(1).max(1);
    let reference = own_compute(node.compute.as_ref(), parts);
    let target = compute::resolve(
        ctx,
        workspace,
        bound_compute(reference.as_ref(), pipeline_inputs)?.as_ref(),
    )
    .await?;
    crate::isolation::of_compute(ctx.app(), workspace, &target.name).await?;
    let gpus = of(|r| r.gpu).unwrap_or(0);
    check_room(&target, instance_count, cores, memory, gpus)?;
    let plan = CommandPlan {
        command: command.clone(),
        code: code_tree(
            ctx,
            node.code.as_ref().or(component.and_then(|c| c.code.as_ref())),
        )?,
        environment: plan_environment(ctx, workspace, environment, parts.policy).await?,
        variables,
        inputs: IndexMap::new(),
        outputs: IndexMap::new(),
        distribution: spread.map(distribution).transpose()?,
        instance_count,
        timeout_s: node.limits.as_ref().and_then(|limits| limits.timeout),
        memory_bytes: memory,
        cores,
        gpus,
        retries: node
            .limits
            .as_ref()
            .and_then(|limits| limits.retries)
            .unwrap_or(0),
        deterministic: component.and_then(|c| c.is_deterministic).unwrap_or(true),
        validates: false,
        validates_model: None,
    };
    let ports = component.map(|c| c.inputs.clone()).unwrap_or_default();
    check_given(&node.inputs, &ports, component.is_some(), pipeline_inputs)?;
    let declared = component.map(|c| &c.outputs);
    Ok(StepPlan {
        job: child_name(parts.name, node_name),
        display_name: node
            .display_name
            .clone()
            .or_else(|| component.and_then(|c| c.display_name.clone()))
            .or_else(|| Some(node_name.to_owned())),
        work: StepWork::Command(Box::new(plan)),
        given: node.inputs.clone(),
        ports,
        outputs: step_outputs(&node.outputs, declared)?,
        compute: Some(ComputeRef::Named(target.name)),
        waits_for: waits_for(&node.inputs)?,
        guards: Vec::new(),
        turn: None,
    })
}

async fn pipeline_step(
    ctx: &OpContext,
    workspace: &str,
    parts: &Parts<'_>,
    node_name: &str,
    node: &PipelineNode,
    pipeline_inputs: &IndexMap<String, PlannedInput>,
) -> Result<StepPlan> {
    let component = pipeline_component(ctx, workspace, &node.component).await?;
    check_given(&node.inputs, &component.inputs, true, pipeline_inputs)?;
    Ok(StepPlan {
        job: child_name(parts.name, node_name),
        display_name: node
            .display_name
            .clone()
            .or_else(|| component.display_name.clone())
            .or_else(|| Some(node_name.to_owned())),
        given: node.inputs.clone(),
        ports: component.inputs.clone(),
        outputs: step_outputs(&node.outputs, Some(&component.outputs))?,
        compute: own_compute(None, parts),
        waits_for: waits_for(&node.inputs)?,
        guards: Vec::new(),
        turn: None,
        work: StepWork::Pipeline {
            component: Box::new(component),
        },
    })
}

async fn pipeline_component(
    ctx: &OpContext,
    workspace: &str,
    reference: &ComponentRef,
) -> Result<PipelineComponent> {
    match component::resolve(ctx, workspace, reference).await? {
        Component::Pipeline(component) => Ok(*component),
        Component::Command(_) => Err(Error::invalid("its component is a command")
            .hint("write `type: command`, or name a pipeline component")),
    }
}

/// The name of a step's job: the pipeline's, and the step's.
pub(super) fn child_name(pipeline: &str, node: &str) -> String {
    let name = format!("{pipeline}_{node}");
    if name.len() > 255 {
        other_name(&name, "")
    } else {
        name
    }
}

/// A name for a step's job whose own name is too long, or taken by another job. `id` tells steps apart that have the
/// same.
pub(crate) fn other_name(name: &str, id: &str) -> String {
    let digest = blake3::hash(format!("{name}{id}").as_bytes()).to_hex();
    let mut end = name.len().min(255 - 17);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}_{}", &name[..end], &digest[..16])
}

fn default_datastore(settings: &PipelineSettings) -> String {
    settings
        .default_datastore
        .as_ref()
        .map_or(datastore::BLOB, |reference| reference.name())
        .to_owned()
}

pub(super) fn own_environment(reference: Option<&EnvironmentRef>) -> Option<&EnvironmentRef> {
    reference.filter(|reference| !matches!(reference, EnvironmentRef::Expression(_)))
}

pub(super) fn own_compute(node: Option<&ComputeRef>, parts: &Parts<'_>) -> Option<ComputeRef> {
    node.cloned()
        .or_else(|| parts.settings.default_compute.clone())
        .or_else(|| parts.compute.clone())
}

/// A compute given as an input of the pipeline.
pub(super) fn bound_compute(
    reference: Option<&ComputeRef>,
    inputs: &IndexMap<String, PlannedInput>,
) -> Result<Option<ComputeRef>> {
    let Some(ComputeRef::Expression(text)) = reference else {
        return Ok(reference.cloned());
    };
    let template = Template::parse(text).map_err(|error| Error::invalid(error.to_string()))?;
    let value = template.render(&|reference| match reference {
        Ref::ParentInput(name) => match inputs.get(name) {
            Some(PlannedInput::Literal { value }) => Some(value.clone()),
            _ => None,
        },
        _ => None,
    });
    let value = value.map_err(|error| in_field(Error::invalid(error.to_string()), "field", "compute"))?;
    value
        .parse()
        .map(Some)
        .map_err(|error| Error::invalid(format!("{error}")))
}

/// A variable with the inputs of the pipeline filled in; those of the step itself are known to its runner.
pub(super) fn bound_variable(value: &str, inputs: &IndexMap<String, PlannedInput>) -> Result<String> {
    let Some(template) = value
        .contains("${{")
        .then(|| Template::parse(value).ok())
        .flatten()
    else {
        return Ok(value.to_owned());
    };
    let refs = template.refs();
    let of_step = |reference: &&&Ref| {
        matches!(
            reference,
            Ref::JobOutput { .. } | Ref::JobInput { .. } | Ref::ParentOutput(_)
        )
    };
    if let Some(other) = refs.iter().find(of_step) {
        return Err(
            Error::invalid(format!("`${{{{{other}}}}}` has no value in a variable"))
                .hint("make it an input of the step, and name that: `${{inputs.<name>}}`"),
        );
    }
    let of_pipeline = |reference: &&Ref| matches!(reference, Ref::ParentInput(_));
    if !refs.iter().any(of_pipeline) {
        return Ok(value.to_owned());
    }
    let filled = template.render(&|reference| match reference {
        Ref::ParentInput(name) => match inputs.get(name) {
            Some(PlannedInput::Literal { value }) => Some(value.clone()),
            _ => None,
        },
        other => Some(format!("${{{{{other}}}}}")),
    });
    filled.map_err(|error| {
        Error::invalid(error.to_string())
            .hint("values can be named there; data becomes an input of the step first")
    })
}

/// Every input that is needed must be given, nothing that is not declared, and values must fit, also those that come
/// from the inputs of the pipeline.
fn check_given(
    given: &IndexMap<String, Input>,
    ports: &IndexMap<String, ComponentInput>,
    declared: bool,
    around: &IndexMap<String, PlannedInput>,
) -> Result<()> {
    if !declared {
        return Ok(());
    }
    if let Some(name) = given.keys().find(|name| !ports.contains_key(*name)) {
        let known: Vec<&str> = ports.keys().map(String::as_str).collect();
        return Err(Error::invalid(format!("its component has no input `{name}`"))
            .hint(format!("it has: {}", known.join(", "))));
    }
    for (name, input) in given {
        let port = &ports[name];
        let (Some(value), true) = (value_of(input, around), port.port_type.is_parameter()) else {
            continue;
        };
        port.takes(&value)
            .map_err(|why| Error::invalid(format!("failed to set its input `{name}`: {why}")))?;
    }
    match ports
        .iter()
        .find(|(name, port)| !port.may_be_left_out() && !given.contains_key(*name))
    {
        Some((name, _)) => Err(Error::invalid(format!("its component needs the input `{name}`"))),
        None => Ok(()),
    }
}

/// The value of an input that is known before anything runs.
fn value_of(input: &Input, around: &IndexMap<String, PlannedInput>) -> Option<Literal> {
    let Some(expression) = input.expression() else {
        return match input {
            Input::Literal(value) => Some(value.clone()),
            Input::Data(_) => None,
        };
    };
    let template = Template::parse(expression).ok()?;
    let Some(Ref::ParentInput(name)) = template.singular() else {
        return None;
    };
    match around.get(name)? {
        PlannedInput::Literal { value } => Some(Literal::String(value.clone())),
        PlannedInput::Data { .. } => None,
    }
}

pub(super) fn waits_for(given: &IndexMap<String, Input>) -> Result<Vec<String>> {
    let mut steps: Vec<String> = Vec::new();
    for text in given.values().filter_map(Input::expression) {
        let template = Template::parse(text).map_err(|error| Error::invalid(error.to_string()))?;
        for reference in template.refs() {
            if let Ref::JobOutput { job, .. } = reference
                && !steps.contains(job)
            {
                steps.push(job.clone());
            }
        }
    }
    Ok(steps)
}

pub(super) fn step_outputs(
    given: &IndexMap<String, Output>,
    declared: Option<&IndexMap<String, ComponentOutput>>,
) -> Result<IndexMap<String, StepOutput>> {
    let mut outputs = IndexMap::new();
    for (name, port) in declared.into_iter().flatten() {
        outputs.insert(
            name.clone(),
            step_output(&given.get(name).cloned().unwrap_or_default(), Some(port))?,
        );
    }
    for (name, output) in given {
        if outputs.contains_key(name) {
            continue;
        }
        if let Some(declared) = declared {
            let known: Vec<&str> = declared.keys().map(String::as_str).collect();
            return Err(Error::invalid(format!("its component has no output `{name}`"))
                .hint(format!("it has: {}", known.join(", "))));
        }
        outputs.insert(name.clone(), step_output(output, None)?);
    }
    Ok(outputs)
}

pub(super) fn step_output(given: &Output, port: Option<&ComponentOutput>) -> Result<StepOutput> {
    let expression = given.path.as_ref().and_then(DataPath::as_expression);
    let parent = match expression.map(Template::parse).transpose() {
        Ok(Some(template)) => match template.singular() {
            Some(Ref::ParentOutput(name)) => Some(name.clone()),
            _ => None,
        },
        Ok(None) => None,
        Err(error) => return Err(Error::invalid(error.to_string())),
    };
    let own_type = given.asset_type.map(|asset_type| asset_type.word());
    let own_mode = given
        .mode
        .as_ref()
        .map(word)
        .or_else(|| port.and_then(|port| port.mode.as_ref().map(word)));
    Ok(StepOutput {
        r#type: own_type
            .or(port.map(|port| port.port_type.word()))
            .unwrap_or("uri_folder")
            .to_owned(),
        mode: own_mode.unwrap_or_else(|| "rw_mount".to_owned()),
        path: if parent.is_some() {
            None
        } else {
            given.path.clone()
        },
        parent,
        name: given.name.clone(),
        version: given.version.clone(),
    })
}

fn pipeline_output(
    name: &str,
    port: &str,
    store: &str,
    output: &Output,
    declared: Option<&ComponentOutput>,
) -> Result<PlannedOutput> {
    let own_type = output.asset_type.map(|asset_type| asset_type.word());
    planned_output(
        name,
        port,
        store,
        own_type
            .or(declared.map(|port| port.port_type.word()))
            .unwrap_or("uri_folder"),
        &output.mode.as_ref().map_or_else(|| "rw_mount".to_owned(), word),
        output.path.as_ref(),
        (output.name.as_deref(), output.version.as_deref()),
    )
}

/// Outputs that the component declares and nobody placed go to the default place.
fn add_undeclared(
    name: &str,
    store: &str,
    declared: &IndexMap<String, ComponentOutput>,
    outputs: &mut IndexMap<String, PlannedOutput>,
) -> Result<()> {
    for (port, declared) in declared {
        if !outputs.contains_key(port) {
            outputs.insert(
                port.clone(),
                pipeline_output(name, port, store, &Output::default(), Some(declared))?,
            );
        }
    }
    Ok(())
}

fn add_defaults(
    inputs: &mut IndexMap<String, PlannedInput>,
    ports: Option<&IndexMap<String, ComponentInput>>,
) {
    for (name, port) in ports.into_iter().flatten() {
        if let (false, Some(default)) = (inputs.contains_key(name), &port.default) {
            inputs.insert(
                name.clone(),
                PlannedInput::Literal {
                    value: default.to_string(),
                },
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_child_name_stays_within_the_limit_and_apart_from_others() {
        let (a, b) = (
            child_name(&"p".repeat(250), "step_one"),
            child_name(&"p".repeat(250), "step_two"),
        );
        assert!(a.len() <= 255 && a != b, "{a} {b}");
        assert_eq!(child_name("calm_tide", "train"), "calm_tide_train");
        assert!(other_name(&a, "1").len() <= 255 && other_name(&a, "1") != other_name(&a, "2"));
        assert!(other_name("calm_tide_train", "1").starts_with("calm_tide_train_"));
    }

    #[test]
    fn variables_take_values_of_the_pipeline_and_no_data_of_steps() {
        let inputs = IndexMap::from([("label".to_owned(), PlannedInput::Literal { value: "a b".into() })]);
        for (value, expected) in [
            ("<${{parent.inputs.label}}> ${{inputs.x}}", "<a b> ${{inputs.x}}"),
            ("${{ matrix.os }}", "${{ matrix.os }}"),
            ("plain", "plain"),
        ] {
            assert_eq!(bound_variable(value, &inputs).expect(value), expected);
        }
        for value in ["${{parent.jobs.a.outputs.o}}", "${{parent.inputs.none}}"] {
            assert!(bound_variable(value, &inputs).is_err(), "{value}");
        }
    }

    #[test]
    fn values_must_fit_the_parameters_of_a_component_also_those_of_the_pipeline() {
        let ports = r#"{"i": {"type": "integer", "max": 10, "optional": true},
            "e": {"type": "string", "enum": ["red", "blue"], "default": "red"}}"#;
        let ports: IndexMap<String, ComponentInput> = serde_json::from_str(ports).expect("ports");
        let literal = |value: &str| PlannedInput::Literal { value: value.into() };
        let around = IndexMap::from([("few".into(), literal("3")), ("many".into(), literal("99"))]);
        let why = |given: &str| {
            let given = serde_json::from_str(given).expect(given);
            check_given(&given, &ports, true, &around).map_err(|error| error.message)
        };
        for fits in [
            r#"{"i": 10}"#,
            r#"{"e": "blue", "i": "${{parent.inputs.few}}"}"#,
            r#"{"i": "${{parent.jobs.a.outputs.o}}"}"#,
        ] {
            assert_eq!(why(fits), Ok(()), "{fits}");
        }
        for (wrong, words) in [
            (r#"{"i": 77}"#, "greatest value 10"),
            (r#"{"i": "${{parent.inputs.many}}"}"#, "`i`: 99 is greater"),
            (r#"{"e": "green"}"#, "not one of the values"),
            (r#"{"i": "some"}"#, "expected a whole number"),
            (r#"{"x": 1}"#, "no input `x`"),
        ] {
            let said = why(wrong).expect_err(wrong);
            assert!(said.contains(words), "{said}");
        }
    }
}
