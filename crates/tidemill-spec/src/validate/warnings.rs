//! Warnings that hold wherever a spec is used.

use crate::error::{FieldPath, Warning};
use crate::expr::{Ref, Template};
use crate::kinds::{CommandComponent, Component, ComponentRef, Job, Node, Spec};
use crate::value::is_component_name;

pub(super) fn load_warnings(spec: &Spec) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let root = FieldPath::default();
    match spec {
        Spec::Component(component) => of_component(component, &root, &mut warnings),
        Spec::Job(Job::Pipeline(job)) => {
            if let Some(ComponentRef::Inline(component)) = &job.component {
                of_component(component, &root.key("component"), &mut warnings);
            }
            of_steps(&job.jobs, &root, &mut warnings);
        }
        _ => {}
    }
    warnings
}

fn of_steps(steps: &indexmap::IndexMap<String, Node>, at: &FieldPath, warnings: &mut Vec<Warning>) {
    for (name, step) in steps {
        let at = at.key("jobs").key(name);
        if let Node::Command(step) = step {
            if step.experiment_name.is_some() {
                warnings.push(Warning::new(
                    at.key("experiment_name"),
                    "the experiment of the pipeline counts",
                ));
            }
            if step.parent_job_name.is_some() {
                warnings.push(Warning::new(
                    at.key("parent_job_name"),
                    "the pipeline is the parent",
                ));
            }
        }
        if let Some(ComponentRef::Inline(component)) = step.component() {
            of_component(component, &at.key("component"), warnings);
        }
    }
}

fn of_component(component: &Component, at: &FieldPath, warnings: &mut Vec<Warning>) {
    if let Some(name) = component.name().filter(|name| !is_component_name(name)) {
        warnings.push(Warning::new(
            at.key("name"),
            format!(
                "`{name}` is not a name that Azure ML takes for a component (`^[a-z][a-z0-9_]*$`); it is kept"
            ),
        ));
    }
    if let Component::Command(component) = component {
        of_optional_inputs(component, at, warnings);
    }
    if let Component::Pipeline(component) = component {
        of_steps(&component.jobs, at, warnings);
    }
}

/// An optional input without a default should stand in `$[[ … ]]`: elsewhere a job without it fails.
fn of_optional_inputs(component: &CommandComponent, at: &FieldPath, warnings: &mut Vec<Warning>) {
    let Ok(template) = Template::parse(&component.command) else {
        return;
    };
    for (reference, droppable) in template.refs_with_optional() {
        let Ref::Input(name) = reference else { continue };
        let optional = component
            .inputs
            .get(name)
            .is_some_and(|i| i.optional == Some(true) && i.default.is_none());
        if optional && !droppable {
            let why = format!(
                "the optional input `{name}` is used outside of `$[[ … ]]`, so the command fails when it is not given"
            );
            warnings.push(Warning::new(at.key("command"), why));
        }
    }
}
