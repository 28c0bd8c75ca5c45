//! Environments.

use crate::error::{FieldPath, Problem};
use crate::kinds::{Environment, EnvironmentRef};
use crate::refs::climbs;

pub(super) fn check_ref(
    environment: &EnvironmentRef,
    in_step: bool,
    at: &FieldPath,
    problems: &mut Vec<Problem>,
) {
    match environment {
        EnvironmentRef::Inline(environment) => check(environment, at, problems),
        EnvironmentRef::Expression(text) if !in_step => problems.push(
            Problem::new(format!(
                "`{text}` has no meaning here: only steps of a pipeline bind their environment"
            ))
            .at(at.clone())
            .hint("write `azureml:<name>:<version>`, or a map with `image`, `conda_file` or `build`"),
        ),
        EnvironmentRef::Expression(_) | EnvironmentRef::Reference(_) => {}
    }
}

pub(super) fn check(environment: &Environment, at: &FieldPath, problems: &mut Vec<Problem>) {
    let Environment {
        image,
        build,
        conda_file,
        requirements_file,
        name,
        id,
        ..
    } = environment;
    let described = image.is_some() || build.is_some() || conda_file.is_some() || requirements_file.is_some();
    let named_only = !at.is_root() && (name.is_some() || id.is_some());
    if !described && !named_only {
        problems.push(
            Problem::new("an environment needs `image`, `conda_file` or `build`")
                .at(at.clone())
                .hint("write `image: <image>`, `conda_file: <file>`, or `build: {path: <folder>}`"),
        );
    }
    if image.is_some() && build.is_some() {
        let problem =
            Problem::new("an environment has either `image` or `build`, not both").at(at.key("build"));
        problems.push(problem.hint("keep one of the two"));
    }
    if let Some(build) = build {
        let at = at.key("build");
        if build.path.is_none() {
            let problem = Problem::new("a build needs the `path` of its folder").at(at.clone());
            problems.push(problem.hint("write `path: <folder with a Dockerfile>`"));
        }
        if build.dockerfile_path.as_deref().is_some_and(climbs) {
            let problem = Problem::new("the Dockerfile lies outside of the build's folder")
                .at(at.key("dockerfile_path"));
            problems.push(problem.hint("name a file below `path`, without `..`"));
        }
    }
    if let Some(conda) = conda_file {
        check_conda(conda, &at.key("conda_file"), problems);
    }
}

fn check_conda(conda: &serde_json::Value, at: &FieldPath, problems: &mut Vec<Problem>) {
    let Some(map) = conda.as_object() else {
        let problem = Problem::new("expected a conda environment (a map with `dependencies`)").at(at.clone());
        return problems.push(problem.hint("write `conda_file: ./conda.yml`, or the map itself"));
    };
    match map.get("dependencies") {
        None => {
            let problem = Problem::new("the conda environment has no `dependencies`").at(at.clone());
            problems.push(problem.hint("list them, as in `dependencies: [python=3.10, pip]`"));
        }
        Some(serde_json::Value::Array(items)) => {
            for (place, item) in items.iter().enumerate() {
                let pip = item.as_object().is_some_and(|map| {
                    map.len() == 1 && map.get("pip").and_then(serde_json::Value::as_array).is_some()
                });
                if !item.is_string() && !pip {
                    problems.push(
                        Problem::new("expected a package such as `numpy=1.26`, or `pip:` with a list")
                            .at(at.key("dependencies").index(place)),
                    );
                }
            }
        }
        Some(serde_json::Value::Null) => {}
        Some(_) => problems.push(Problem::new("expected a list of packages").at(at.key("dependencies"))),
    }
    if map
        .get("channels")
        .is_some_and(|channels| !channels.is_array() && !channels.is_null())
    {
        problems.push(Problem::new("expected a list of channels").at(at.key("channels")));
    }
}
