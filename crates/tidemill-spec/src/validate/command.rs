//! Command jobs, command components and command steps with a command of their own.

use std::collections::HashSet;

use indexmap::IndexMap;

use super::bindings::{Scope, check_text};
use super::{environment, names};
use crate::error::{FieldPath, Problem};
use crate::expr::Template;
use crate::kinds::{
    AssetType, CommandComponent, CommandJob, Distribution, Input, InputMode, Limits, Output, Resources,
    Service,
};
use crate::refs::DataPath;

pub(super) fn check_job(job: &CommandJob, problems: &mut Vec<Problem>) {
    let root = FieldPath::default();
    environment::check_ref(&job.environment, false, &root.key("environment"), problems);
    check_runs(
        job.resources.as_ref(),
        job.distribution.as_ref(),
        job.limits.as_ref(),
        &root,
        problems,
    );
    check_io(&job.inputs, &job.outputs, &root, problems);
    check_services(&job.services, &root, problems);
    let scope = Scope {
        inputs: Some(job.inputs.keys().map(String::as_str).collect()),
        outputs: Some(job.outputs.keys().map(String::as_str).collect()),
        parent: None,
    };
    check_command(&job.command, &scope, &root, problems);
    check_variables(&job.environment_variables, &scope, &root, problems);
    let plain = Scope::default();
    for (name, input) in &job.inputs {
        if let Some(text) = input.expression() {
            check_text(text, &plain, &root.key("inputs").key(name), problems);
        }
    }
    check_output_paths(&job.outputs, &plain, &root, problems);
}

pub(super) fn check_component(component: &CommandComponent, at: &FieldPath, problems: &mut Vec<Problem>) {
    environment::check_ref(&component.environment, false, &at.key("environment"), problems);
    check_runs(
        component.resources.as_ref(),
        component.distribution.as_ref(),
        None,
        at,
        problems,
    );
    names::check_port_names(component.outputs.keys(), &at.key("outputs"), problems);
    let scope = Scope {
        inputs: Some(component.inputs.keys().map(String::as_str).collect()),
        outputs: Some(component.outputs.keys().map(String::as_str).collect()),
        parent: None,
    };
    check_includes(component, at, problems);
    check_command(&component.command, &scope, at, problems);
    check_variables(&component.environment_variables, &scope, at, problems);
}

/// Includes are laid beside local code, each under its own name.
fn check_includes(component: &CommandComponent, at: &FieldPath, problems: &mut Vec<Problem>) {
    let at = at.key("additional_includes");
    if component.additional_includes.is_empty() {
        return;
    }
    if component
        .code
        .as_ref()
        .is_some_and(|code| code.as_local().is_none())
    {
        let problem = Problem::new("includes can be laid beside local code only").at(at.clone());
        problems.push(problem.hint("name local code, or take the includes away"));
    }
    let mut names = HashSet::new();
    for (place, include) in component.additional_includes.iter().enumerate() {
        let path = at.index(place);
        match include.as_local().map(std::path::Path::file_name) {
            None => problems.push(Problem::new("expected a local file or folder").at(path)),
            Some(None) => problems.push(Problem::new("the path has no last name to lay it under").at(path)),
            Some(Some(name)) if !names.insert(name) => {
                let problem =
                    Problem::new(format!("two includes have the name `{}`", name.to_string_lossy()));
                problems.push(
                    problem
                        .at(path)
                        .hint("they would be laid at the same place; rename one of them"),
                );
            }
            Some(Some(_)) => {}
        }
    }
}

pub(super) fn check_command(command: &str, scope: &Scope<'_>, at: &FieldPath, problems: &mut Vec<Problem>) {
    if command.trim().is_empty() {
        let problem = Problem::new("the command is empty").at(at.key("command"));
        problems.push(problem.hint("write what shall run, as in `command: python train.py`"));
    } else if command.contains('\0') {
        problems.push(Problem::new("the command has a NUL character in it").at(at.key("command")));
    }
    check_text(command, scope, &at.key("command"), problems);
}

/// What variables name of the job's own. Braces that are no expression of ours are the script's affair.
pub(super) fn check_variables(
    variables: &IndexMap<String, String>,
    scope: &Scope<'_>,
    at: &FieldPath,
    problems: &mut Vec<Problem>,
) {
    for (name, value) in variables {
        if value.contains("${{") && Template::parse(value).is_ok() {
            check_text(value, scope, &at.key("environment_variables").key(name), problems);
        }
    }
}

pub(super) fn check_runs(
    resources: Option<&Resources>,
    distribution: Option<&Distribution>,
    limits: Option<&Limits>,
    at: &FieldPath,
    problems: &mut Vec<Problem>,
) {
    let mut positive = |value: Option<u64>, path: FieldPath| {
        if value == Some(0) {
            problems.push(Problem::new("expected a number greater than 0").at(path));
        }
    };
    if let Some(resources) = resources {
        positive(
            resources.instance_count.map(u64::from),
            at.key("resources").key("instance_count"),
        );
        positive(
            resources.memory.map(|size| size.bytes()),
            at.key("resources").key("memory"),
        );
    }
    positive(
        limits.and_then(|limits| limits.timeout),
        at.key("limits").key("timeout"),
    );
    let at = at.key("distribution");
    match distribution {
        Some(Distribution::PyTorch(pytorch)) => {
            positive(
                pytorch.process_count_per_instance.map(u64::from),
                at.key("process_count_per_instance"),
            );
        }
        Some(Distribution::Mpi(mpi)) => {
            positive(
                mpi.process_count_per_instance.map(u64::from),
                at.key("process_count_per_instance"),
            );
        }
        Some(Distribution::TensorFlow(tensorflow)) => {
            positive(tensorflow.worker_count.map(u64::from), at.key("worker_count"));
        }
        Some(Distribution::Ray(_)) | None => {}
    }
}

/// Modes against types, and paths that are needed.
pub(super) fn check_io(
    inputs: &IndexMap<String, Input>,
    outputs: &IndexMap<String, Output>,
    at: &FieldPath,
    problems: &mut Vec<Problem>,
) {
    names::check_port_names(inputs.keys(), &at.key("inputs"), problems);
    names::check_port_names(outputs.keys(), &at.key("outputs"), problems);
    for (name, input) in inputs {
        let Input::Data(data) = input else { continue };
        let path = at.key("inputs").key(name);
        let evaluates = matches!(data.mode, Some(InputMode::EvalMount | InputMode::EvalDownload));
        if evaluates && data.asset_type.is_some_and(|kind| kind != AssetType::Mltable) {
            problems.push(
                Problem::new("this mode is for tables only")
                    .at(path.key("mode"))
                    .hint("use `ro_mount`, `download` or `direct`, or `type: mltable`"),
            );
        }
        if data.path.is_none() {
            problems.push(
                Problem::new(format!("the input `{name}` has no `path`"))
                    .at(path)
                    .hint(
                        "write `path: <file, folder, URI or azureml:name:version>`, or give a single value",
                    ),
            );
        }
    }
    for (name, output) in outputs {
        let path = at.key("outputs").key(name);
        if let Some(asset) = &output.name
            && !asset.contains("${{")
        {
            names::check_optional(Some(asset), &path, problems);
        }
        if output.version.is_some() && output.name.is_none() {
            problems.push(
                Problem::new("a `version` has a meaning with a `name` only")
                    .at(path.key("version"))
                    .hint("give the `name` of the asset that the output becomes"),
            );
        }
    }
}

/// Expressions in the paths of outputs.
pub(super) fn check_output_paths(
    outputs: &IndexMap<String, Output>,
    scope: &Scope<'_>,
    at: &FieldPath,
    problems: &mut Vec<Problem>,
) {
    for (name, output) in outputs {
        if let Some(text) = output.path.as_ref().and_then(DataPath::as_expression) {
            check_text(text, scope, &at.key("outputs").key(name), problems);
        }
    }
}

pub(super) fn check_services(
    services: &IndexMap<String, Service>,
    at: &FieldPath,
    problems: &mut Vec<Problem>,
) {
    for (name, service) in services {
        if service
            .log_dir
            .as_deref()
            .is_some_and(|folder| crate::refs::climbs(folder) && !folder.starts_with('/'))
        {
            problems.push(
                Problem::new("the folder of the logs leaves the working directory")
                    .at(at.key("services").key(name).key("log_dir"))
                    .hint("name a folder in the working directory, without `..`"),
            );
        }
    }
}
