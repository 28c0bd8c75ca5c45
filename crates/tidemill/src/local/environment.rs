//! The environment of a deployment of this machine: built where a server of this machine would build it.

use serde_json::Value;
use tidemill_env::{EnvEvent, EnvironmentRequest, Environments, Policy, Prefix, catalogue};
use tidemill_spec::kinds::{Environment, EnvironmentRef};

use crate::error::{Error, Result};

/// Builds the environment, or finds it built.
///
/// # Errors
/// One that only a server knows, and one that cannot be built.
pub(super) async fn prepare(wanted: Option<&EnvironmentRef>, say: impl Fn(&str)) -> Result<Option<Prefix>> {
    let Some(request) = wanted.map(request).transpose()? else {
        return Ok(None);
    };
    say("building the environment, or finding it built");
    let environments = Environments::new(crate::folders::data_dir()?);
    let built = tokio::task::spawn_blocking(move || environments.prepare(&request, &|_: EnvEvent| {})).await;
    let built = built.map_err(|error| Error::failed(format!("failed to build the environment: {error}")))?;
    let built =
        built.map_err(|error| Error::failed(format!("environment: {error}")).with_hint(error.hint()))?;
    for change in &built.changes {
        say(&format!("changed {change}"));
    }
    Ok(Some(built.prefix))
}

fn request(wanted: &EnvironmentRef) -> Result<EnvironmentRequest> {
    let request = match wanted {
        EnvironmentRef::Inline(environment) => of_spec(environment)?,
        EnvironmentRef::Reference(reference) => {
            let text = reference.to_string();
            let curated = catalogue::find(&text).or_else(|| catalogue::find(reference.name()));
            let entry = curated.ok_or_else(|| {
                Error::usage(format!(
                    "failed to use environment `{text}` with --local: only a server knows it"
                ))
                .with_hint("write it out with `conda_file`, or leave --local away")
            })?;
            EnvironmentRequest {
                name: Some(entry.name.clone()),
                ..EnvironmentRequest::default()
            }
        }
        EnvironmentRef::Expression(text) => {
            return Err(Error::usage(format!(
                "failed to use environment `{text}`: it is not filled in"
            )));
        }
    };
    Ok(EnvironmentRequest {
        policy: Policy::Relaxed,
        ..request
    })
}

fn of_spec(environment: &Environment) -> Result<EnvironmentRequest> {
    if environment.build.is_some() {
        return Err(
            Error::usage("failed to use an environment with `build` with --local")
                .with_hint("write `conda_file`, or leave --local away"),
        );
    }
    let conda: Option<Value> = environment.conda_file.clone();
    Ok(EnvironmentRequest {
        name: environment.name.clone(),
        image: environment.image.clone(),
        conda,
        pip_requirements: environment.requirements_file.clone(),
        ..EnvironmentRequest::default()
    })
}
