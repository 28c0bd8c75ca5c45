//! The Python of a served model: one by its path, that of an environment, or the machine's.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tidemill_env::{EnvEvent, EnvironmentRequest, Environments, Policy, catalogue};
use tidemill_serve::Python;
use tidemill_spec::kinds::{Family, Spec};

use crate::document;
use crate::error::{Error, Result};
use crate::folders;

/// The Python of `environment`, that at `program`, or `python3`.
pub(super) fn python(environment: Option<&str>, program: Option<&Path>) -> Result<Python> {
    match (environment, program) {
        (Some(environment), _) => of_environment(environment),
        (None, Some(program)) => Ok(at(program)),
        (None, None) => Ok(at(Path::new("python3"))),
    }
}

/// An interpreter by its path. Commands beside it go first, as in an activated environment.
pub(super) fn at(program: &Path) -> Python {
    let mut set = Vec::new();
    let folder = program.parent().filter(|folder| !folder.as_os_str().is_empty());
    let program = match folder {
        // The path of a virtual environment's Python must stay as it is: the environment is found by it.
        Some(_) => std::path::absolute(program).unwrap_or_else(|_| program.to_path_buf()),
        None => program.to_path_buf(),
    };
    if let Some(folder) = program.parent().filter(|folder| folder.is_absolute()) {
        let rest = std::env::var("PATH").unwrap_or_default();
        set.push(("PATH".to_owned(), format!("{}:{rest}", folder.display())));
    }
    Python {
        program,
        set,
        unset: Vec::new(),
    }
}

fn of_environment(given: &str) -> Result<Python> {
    let request = request(given)?;
    let environments = Environments::new(folders::data_dir()?);
    let told = |event: EnvEvent| match event {
        EnvEvent::Resolving { requirements: 1 } => eprintln!("Resolving 1 requirement"),
        EnvEvent::Resolving { requirements } => eprintln!("Resolving {requirements} requirements"),
        EnvEvent::Installing { done, total } if done == total => eprintln!("Installed {total} packages"),
        _ => {}
    };
    let prepared = environments.prepare(&request, &told).map_err(|error| {
        let hint = error.hint();
        Error::failed(format!("failed to prepare the environment {given}: {error}")).with_hint(hint)
    })?;
    for change in &prepared.changes {
        eprintln!("Changed: {change}");
    }
    let variables = prepared
        .prefix
        .process_variables(&std::env::var("PATH").unwrap_or_default());
    Ok(Python {
        program: prepared.prefix.python,
        set: variables.set.into_iter().collect(),
        unset: variables.unset,
    })
}

/// What is asked for: a file of one of three kinds, or the name of a curated environment.
fn request(given: &str) -> Result<EnvironmentRequest> {
    let request = EnvironmentRequest {
        policy: Policy::Relaxed,
        ..EnvironmentRequest::default()
    };
    let path = PathBuf::from(given);
    if !path.is_file() {
        let entry = catalogue::find(given).ok_or_else(|| {
            Error::usage(format!(
                "failed to find the environment {given}: it is no file and no curated name"
            ))
            .with_hint(
                "name an environment's YAML, a conda file or a requirements file, or a Python with --python",
            )
        })?;
        return Ok(EnvironmentRequest {
            name: Some(entry.name.clone()),
            ..request
        });
    }
    let text = std::fs::read_to_string(&path).map_err(|error| Error::file("read", &path, error))?;
    if path.extension().is_some_and(|end| end == "txt") {
        return Ok(EnvironmentRequest {
            pip_requirements: Some(text),
            ..request
        });
    }
    let conda: Option<Value> = serde_yaml_ng::from_str(&text).ok();
    if let Some(conda) = conda.filter(|value| value.get("dependencies").is_some()) {
        return Ok(EnvironmentRequest {
            conda: Some(conda),
            ..request
        });
    }
    let Spec::Environment(spec) = document::load(Some(&path), &[], Family::Environment)?.spec else {
        return Err(Error::usage(format!("failed to read {given} as an environment")));
    };
    if spec.build.is_some() {
        return Err(Error::usage(format!(
            "failed to use {given}: its `build` needs a container engine"
        ))
        .with_hint("write its packages as a conda_file, or name a Python with --python"));
    }
    Ok(EnvironmentRequest {
        name: spec.name,
        image: spec.image,
        conda: spec.conda_file,
        pip_requirements: spec.requirements_file,
        ..request
    })
}
