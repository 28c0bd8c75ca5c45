//! Pipelines: bindings, cycles, what each step is given.

use indexmap::IndexMap;

use super::bindings::{Parent, Scope, Step, check_text};
use super::{check_component as check_inner, command, control_flow, cycle, environment, validation, values};
use crate::error::{FieldPath, Problem, did_you_mean};
use crate::expr::{Ref, Template};
use crate::kinds::{
    CommandNode, Component, ComponentInput, ComponentRef, Input, Node, Output, PipelineComponent,
    PipelineJob, TransformNode, ValidateModelNode, ValidateNode,
};
use crate::refs::{ComputeRef, DataPath};
use crate::value::Literal;

pub(super) fn check_job(job: &PipelineJob, problems: &mut Vec<Problem>) {
    let root = FieldPath::default();
    command::check_io(&job.inputs, &job.outputs, &root, problems);
    command::check_services(&job.services, &root, problems);
    let plain = Scope::default();
    for (name, input) in &job.inputs {
        if let Some(text) = input.expression() {
            check_text(text, &plain, &root.key("inputs").key(name), problems);
        }
    }
    command::check_output_paths(&job.outputs, &plain, &root, problems);
    if let Some(default) = job
        .settings
        .as_ref()
        .and_then(|settings| settings.default_environment.as_ref())
    {
        environment::check_ref(
            default,
            false,
            &root.key("settings").key("default_environment"),
            problems,
        );
    }
    match &job.component {
        Some(_) if !job.jobs.is_empty() => problems.push(
            Problem::new("a pipeline job has either `jobs` or a `component`, not both")
                .at(root.key("component"))
                .hint("keep one of the two"),
        ),
        Some(component) => {
            let at = root.key("component");
            if let Some(Component::Command(_)) = component.inline() {
                let problem = Problem::new(
                    "a pipeline job needs a pipeline component, and this is a command component",
                );
                problems.push(
                    problem
                        .at(at.clone())
                        .hint("use the component in a step under `jobs`"),
                );
            }
            if let Some(inner) = component.inline() {
                check_inner(inner, &at, problems);
                check_given(&job.inputs, inner.inputs(), &root, problems);
                check_outputs(&job.outputs, inner, &root, problems);
            }
        }
        None => {
            let inputs = job.inputs.keys().map(String::as_str).collect();
            check_steps(&job.jobs, inputs, job.outputs.keys(), &root, problems);
            check_bound_values(job, problems);
        }
    }
}

pub(super) fn check_component(component: &PipelineComponent, at: &FieldPath, problems: &mut Vec<Problem>) {
    let inputs = component.inputs.keys().map(String::as_str).collect();
    check_steps(&component.jobs, inputs, component.outputs.keys(), at, problems);
}

fn check_steps<'s>(
    steps: &'s IndexMap<String, Node>,
    inputs: Vec<&'s str>,
    outputs: impl Iterator<Item = &'s String>,
    at: &FieldPath,
    problems: &mut Vec<Problem>,
) {
    if steps.is_empty() {
        problems.push(
            Problem::new("the pipeline has no steps")
                .at(at.clone())
                .hint("list them under `jobs`"),
        );
        return;
    }
    let parent = Parent {
        inputs,
        outputs: outputs.map(String::as_str).collect(),
        steps: steps.iter().map(|(name, step)| ports(name, step)).collect(),
    };
    let mut needs: IndexMap<&str, Vec<&str>> = IndexMap::new();
    for (name, step) in steps {
        let at = at.key("jobs").key(name);
        check_step_name(name, &at, problems);
        let turn = control_flow::first_turn(name, steps);
        if !control_flow::takes_unknown_items(name, steps) {
            check_step(turn.as_ref().unwrap_or(step), &parent, &at, problems);
        }
        needs.insert(name, needed(step, steps));
    }
    control_flow::check(steps, &parent, at, problems);
    if let Some(circle) = cycle::find_cycle(&needs) {
        let path = at.key("jobs").key(circle[0]);
        problems.push(
            Problem::new(format!("steps wait for each other: {}", circle.join(" → ")))
                .at(path)
                .hint("take one of these bindings away, so that some step can run first"),
        );
    }
}

fn check_step_name(name: &str, at: &FieldPath, problems: &mut Vec<Problem>) {
    let good = name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && name.len() <= 255
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if !good {
        problems.push(
            Problem::new(format!("`{name}` is not a name that a step can have"))
                .of_name()
                .at(at.clone())
                .hint("use letters, digits, `_` and `-`"),
        );
    }
}

fn ports<'s>(name: &'s str, step: &'s Node) -> Step<'s> {
    match step.component() {
        Some(ComponentRef::Reference(_)) => Step {
            name,
            inputs: None,
            outputs: None,
        },
        Some(ComponentRef::Inline(component)) => Step {
            name,
            inputs: Some(component.inputs().keys().map(String::as_str).collect()),
            outputs: Some(component.outputs().keys().map(String::as_str).collect()),
        },
        None => Step {
            name,
            inputs: Some(step.inputs().keys().map(String::as_str).collect()),
            outputs: Some(step.outputs().keys().map(String::as_str).collect()),
        },
    }
}

/// The steps that must have run before this one.
fn needed<'s>(step: &Node, steps: &'s IndexMap<String, Node>) -> Vec<&'s str> {
    let texts = step.inputs().values().filter_map(Input::expression);
    let mut found: Vec<&str> = texts
        .filter_map(|text| Template::parse(text).ok())
        .flat_map(|template| template.refs().into_iter().cloned().collect::<Vec<_>>())
        .filter_map(|reference| match reference {
            Ref::JobOutput { job, .. } | Ref::JobInput { job, .. } => {
                steps.get_key_value(&job).map(|(k, _)| k.as_str())
            }
            _ => None,
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

fn check_step(step: &Node, parent: &Parent<'_>, at: &FieldPath, problems: &mut Vec<Problem>) {
    let scope = Scope {
        inputs: None,
        outputs: None,
        parent: Some(parent),
    };
    for (name, input) in step.inputs() {
        let path = at.key("inputs").key(name);
        match input {
            Input::Literal(Literal::String(text)) if text.contains("${{") => {
                check_text(text, &scope, &path, problems);
            }
            Input::Data(data) => {
                if let Some(text) = data.path.as_ref().and_then(DataPath::as_expression) {
                    check_text(text, &scope, &path.key("path"), problems);
                }
            }
            Input::Literal(_) => {}
        }
    }
    command::check_io(step.inputs(), step.outputs(), at, problems);
    command::check_output_paths(step.outputs(), &scope, at, problems);
    match step {
        Node::Command(step) => check_command_step(step, parent, at, problems),
        Node::Validate(step) => check_validate_step(step, &scope, at, problems),
        Node::ValidateModel(step) => check_model_step(step, parent, at, problems),
        Node::Transform(step) => check_transform_step(step, &scope, at, problems),
        Node::Pipeline(_) | Node::IfElse(_) | Node::DoWhile(_) | Node::ParallelFor(_) => {}
    }
    if let Some(inner) = step.component().and_then(ComponentRef::inline) {
        let at_component = at.key("component");
        match (step, inner) {
            (Node::Command(_), Component::Pipeline(_)) => problems.push(
                Problem::new("the step is of type `command`, and its component is a pipeline")
                    .at(at_component.clone())
                    .hint("write `type: pipeline`"),
            ),
            (Node::Pipeline(_), Component::Command(_)) => problems.push(
                Problem::new("the step is of type `pipeline`, and its component is a command")
                    .at(at_component.clone())
                    .hint("write `type: command`"),
            ),
            _ => {}
        }
        check_inner(inner, &at_component, problems);
        check_given(step.inputs(), inner.inputs(), at, problems);
        check_outputs(step.outputs(), inner, at, problems);
    }
}

fn check_transform_step(
    step: &TransformNode,
    scope: &Scope<'_>,
    at: &FieldPath,
    problems: &mut Vec<Problem>,
) {
    if step.inputs.keys().all(|name| name == TransformNode::PARAMETERS) {
        problems.push(
            Problem::new("a step of type `transform` needs a table among its inputs").at(at.key("inputs")),
        );
    }
    if step.outputs.len() != 1 || !step.outputs.contains_key(TransformNode::DATA) {
        problems.push(
            Problem::new("a step of type `transform` has the output `data`, and no other")
                .at(at.key("outputs"))
                .hint("write `outputs: {data: {type: uri_folder}}`"),
        );
    }
    if let Some(ComputeRef::Expression(text)) = &step.compute {
        check_text(text, scope, &at.key("compute"), problems);
    }
}

fn check_validate_step(step: &ValidateNode, scope: &Scope<'_>, at: &FieldPath, problems: &mut Vec<Problem>) {
    for needed in ValidateNode::NEEDS {
        if !step.inputs.contains_key(needed) {
            problems.push(
                Problem::new(format!("a step of type `validate` needs the input `{needed}`"))
                    .at(at.key("inputs"))
                    .hint("it takes `data`, `expectations` (a file), `baseline`, and tables for rules"),
            );
        }
    }
    if let Some(name) = step.outputs.keys().find(|name| *name != ValidateNode::REPORT) {
        problems.push(
            Problem::new(format!("a step of type `validate` has no output `{name}`"))
                .at(at.key("outputs").key(name))
                .hint("its output is `report`"),
        );
    }
    if let Some(ComputeRef::Expression(text)) = &step.compute {
        check_text(text, scope, &at.key("compute"), problems);
    }
}

fn check_model_step(
    step: &ValidateModelNode,
    parent: &Parent<'_>,
    at: &FieldPath,
    problems: &mut Vec<Problem>,
) {
    let scope = Scope {
        inputs: None,
        outputs: None,
        parent: Some(parent),
    };
    for needed in [ValidateModelNode::MODEL, ValidateModelNode::DATA] {
        if !step.inputs.contains_key(needed) {
            problems.push(
                Problem::new(format!(
                    "a step of type `validate_model` needs the input `{needed}`"
                ))
                .at(at.key("inputs"))
                .hint("it takes `model`, `data`, and `training` where drift and age are looked at"),
            );
        }
    }
    for name in step.inputs.keys().filter(|name| !TAKES.contains(&name.as_str())) {
        problems.push(
            Problem::new(format!("a step of type `validate_model` has no input `{name}`"))
                .of_name()
                .at(at.key("inputs").key(name))
                .hint("it takes `model`, `data`, and `training`; the champion is named in the validation"),
        );
    }
    for name in step.outputs.keys().filter(|name| !GIVES.contains(&name.as_str())) {
        problems.push(
            Problem::new(format!("a step of type `validate_model` has no output `{name}`"))
                .of_name()
                .at(at.key("outputs").key(name))
                .hint("its outputs are `report`, and `model` for the model as it was validated"),
        );
    }
    if let Some(ComputeRef::Expression(text)) = &step.compute {
        check_text(text, &scope, &at.key("compute"), problems);
    }
    if let Some(text) = step.model_name.as_ref().filter(|text| text.contains("${{")) {
        check_text(text, &scope, &at.key("model_name"), problems);
    }
    let field = at.key("validation");
    validation::check(&step.validation, &field, problems);
    if let Some(environment) = &step.validation.environment {
        environment::check_ref(environment, false, &field.key("environment"), problems);
    }
}

/// What a step of type `validate_model` takes, and what it gives.
const TAKES: [&str; 3] = [
    ValidateModelNode::MODEL,
    ValidateModelNode::DATA,
    ValidateModelNode::TRAINING,
];
const GIVES: [&str; 2] = [ValidateModelNode::REPORT, ValidateModelNode::MODEL];

fn check_command_step(step: &CommandNode, parent: &Parent<'_>, at: &FieldPath, problems: &mut Vec<Problem>) {
    let binding = Scope {
        inputs: None,
        outputs: None,
        parent: Some(parent),
    };
    if let Some(ComputeRef::Expression(text)) = &step.compute {
        check_text(text, &binding, &at.key("compute"), problems);
    }
    if let Some(environment) = &step.environment {
        let path = at.key("environment");
        environment::check_ref(environment, true, &path, problems);
        if let crate::kinds::EnvironmentRef::Expression(text) = environment {
            check_text(text, &binding, &path, problems);
        }
    }
    command::check_runs(
        step.resources.as_ref(),
        step.distribution.as_ref(),
        step.limits.as_ref(),
        at,
        problems,
    );
    command::check_services(&step.services, at, problems);
    match (&step.command, &step.component) {
        (None, None) => problems.push(
            Problem::new("a command step needs a `component` or a `command`")
                .at(at.clone())
                .hint("write `component: ./component.yml`, or `command: <what shall run>`"),
        ),
        (Some(text), component) => {
            let mut inputs: Vec<&str> = step.inputs.keys().map(String::as_str).collect();
            let mut outputs: Vec<&str> = step.outputs.keys().map(String::as_str).collect();
            if let Some(inner) = component.as_ref().and_then(ComponentRef::inline) {
                inputs.extend(inner.inputs().keys().map(String::as_str));
                outputs.extend(inner.outputs().keys().map(String::as_str));
            }
            let scope = Scope {
                inputs: Some(inputs),
                outputs: Some(outputs),
                parent: None,
            };
            if !matches!(component, Some(ComponentRef::Reference(_))) {
                command::check_command(text, &scope, at, problems);
            }
        }
        (None, Some(_)) => {}
    }
    check_step_variables(step, parent, at, problems);
}

/// Variables of a step name its own inputs and outputs, and inputs of the pipeline.
fn check_step_variables(
    step: &CommandNode,
    parent: &Parent<'_>,
    at: &FieldPath,
    problems: &mut Vec<Problem>,
) {
    if let Some(ComponentRef::Reference(_)) = &step.component {
        return;
    }
    let inner = step.component.as_ref().and_then(ComponentRef::inline);
    let inputs = inner.map(|inner| inner.inputs().keys()).into_iter().flatten();
    let outputs = inner.map(|inner| inner.outputs().keys()).into_iter().flatten();
    let scope = Scope {
        inputs: Some(step.inputs.keys().chain(inputs).map(String::as_str).collect()),
        outputs: Some(step.outputs.keys().chain(outputs).map(String::as_str).collect()),
        parent: Some(parent),
    };
    command::check_variables(&step.environment_variables, &scope, at, problems);
}

/// What is given against what a component takes.
pub(super) fn check_given(
    given: &IndexMap<String, Input>,
    taken: &IndexMap<String, ComponentInput>,
    at: &FieldPath,
    problems: &mut Vec<Problem>,
) {
    for (name, input) in given {
        let path = at.key("inputs").key(name);
        let Some(port) = taken.get(name) else {
            problems.push(
                Problem::new(format!("the component has no input `{name}`"))
                    .of_name()
                    .at(path)
                    .maybe_hint(did_you_mean(
                        name,
                        taken.keys().map(String::as_str),
                        "inputs of the component",
                    )),
            );
            continue;
        };
        match input {
            Input::Literal(_) if input.expression().is_some() => {}
            Input::Literal(value) if port.port_type.is_parameter() => {
                if let Err(problem) = values::check(value, port) {
                    problems.push(problem.at(path));
                }
            }
            Input::Literal(value) => problems.push(
                Problem::new(format!(
                    "expected data of type `{}`, found the value `{value}`",
                    port.port_type.word()
                ))
                .at(path)
                .hint(format!("write `{name}: {{path: <file, folder or URI>}}`")),
            ),
            Input::Data(data) => {
                let bound = data
                    .path
                    .as_ref()
                    .is_some_and(|path| path.as_expression().is_some());
                if port.port_type.is_parameter() && !bound {
                    problems.push(
                        Problem::new(format!(
                            "expected a value of type `{}`, found data",
                            port.port_type.word()
                        ))
                        .at(path)
                        .hint(format!("write `{name}: <value>`")),
                    );
                }
            }
        }
    }
    for (name, _) in taken
        .iter()
        .filter(|(name, port)| !port.may_be_left_out() && !given.contains_key(*name))
    {
        problems.push(
            Problem::new(format!("the input `{name}` of the component is not given"))
                .at(at.key("inputs"))
                .hint(format!(
                    "give `{name}` under `inputs`, or declare it `optional: true` or with a `default`"
                )),
        );
    }
}

fn check_outputs(
    given: &IndexMap<String, Output>,
    component: &Component,
    at: &FieldPath,
    problems: &mut Vec<Problem>,
) {
    for name in given
        .keys()
        .filter(|name| !component.outputs().contains_key(*name))
    {
        problems.push(
            Problem::new(format!("the component has no output `{name}`"))
                .of_name()
                .at(at.key("outputs").key(name))
                .maybe_hint(did_you_mean(
                    name,
                    component.outputs().keys().map(String::as_str),
                    "outputs of the component",
                )),
        );
    }
}

/// Values of the pipeline's inputs against the parameters that they are bound to.
fn check_bound_values(job: &PipelineJob, problems: &mut Vec<Problem>) {
    for (name, step) in &job.jobs {
        let Some(component) = step.component().and_then(ComponentRef::inline) else {
            continue;
        };
        for (input, given) in step.inputs() {
            let Some(port) = component
                .inputs()
                .get(input)
                .filter(|port| port.port_type.is_parameter())
            else {
                continue;
            };
            let Some(Ok(template)) = given.expression().map(Template::parse) else {
                continue;
            };
            let Some(Ref::ParentInput(bound)) = template.singular() else {
                continue;
            };
            let Some(Input::Literal(value)) = job.inputs.get(bound) else {
                continue;
            };
            if let Err(problem) = values::check(value, port) {
                let path = FieldPath::field("inputs").key(bound);
                problems.push(
                    problem
                        .at(path)
                        .hint_if_none(format!("it is given to the input `{input}` of the step `{name}`")),
                );
            }
        }
    }
}
