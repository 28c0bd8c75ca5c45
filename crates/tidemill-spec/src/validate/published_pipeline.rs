//! What a published pipeline means as a whole.

use crate::error::{FieldPath, Problem};
use crate::kinds::PublishedPipeline;

pub(super) fn check(published: &PublishedPipeline, problems: &mut Vec<Problem>) {
    let root = FieldPath::default();
    super::names::check_needed(Some(&published.name), "a published pipeline", problems);
    let mut found = Vec::new();
    super::pipeline::check_job(&published.job, &mut found);
    below(found, &root.key("job"), problems);
    let Some(candidate) = &published.candidate else {
        return;
    };
    let at = root.key("candidate");
    let is_model = |output: &crate::kinds::Output| {
        output
            .asset_type
            .is_some_and(|kind| kind.word().ends_with("_model"))
    };
    match published.job.outputs.get(&candidate.output) {
        Some(output) if is_model(output) => {}
        // Its component says what its outputs are.
        None if published.job.component.is_some() => {}
        Some(_) => problems.push(
            Problem::new(format!(
                "output `{}` of the pipeline is no model",
                candidate.output
            ))
            .at(at.key("output"))
            .hint("give the output `type: mlflow_model` or `custom_model`"),
        ),
        None => problems.push(
            Problem::new(format!("the pipeline has no output `{}`", candidate.output)).at(at.key("output")),
        ),
    }
    if candidate.deployment.endpoint_name != candidate.release.endpoint {
        problems.push(
            Problem::new("the deployment and the release name different endpoints")
                .at(at.key("release").key("endpoint"))
                .hint(format!(
                    "the deployment is behind `{}`",
                    candidate.deployment.endpoint_name
                )),
        );
    }
    let mut found = Vec::new();
    super::online::check_deployment(&candidate.deployment, &mut found);
    below(found, &at.key("deployment"), problems);
    let mut found = Vec::new();
    super::release::check(&candidate.release, &mut found);
    below(found, &at.key("release"), problems);
}

fn below(found: Vec<Problem>, at: &FieldPath, problems: &mut Vec<Problem>) {
    problems.extend(found.into_iter().map(|problem| {
        let path = problem.path.clone().below(at);
        problem.at(path)
    }));
}
