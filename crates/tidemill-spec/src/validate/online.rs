//! Online endpoints and deployments: names, shares of traffic, settings that make sense.

use indexmap::IndexMap;

use super::{environment, names};
use crate::error::{FieldPath, Problem};
use crate::kinds::{DeploymentModel, OnlineDeployment, OnlineEndpoint, Probe, ScaleSettings};
use crate::refs::climbs;

/// The longest name of an endpoint or a deployment.
const LONGEST: usize = 32;

pub(super) fn check_endpoint(endpoint: &OnlineEndpoint, problems: &mut Vec<Problem>) {
    let root = FieldPath::default();
    check_name(&endpoint.name, "an endpoint", &root.key("name"), problems);
    let sum = check_shares(&endpoint.traffic, &root.key("traffic"), problems);
    if sum != 0 && sum != 100 {
        problems.push(
            Problem::new(format!("the shares of `traffic` are {sum} together"))
                .at(root.key("traffic"))
                .hint("they are percent: 100 together, or 0 to send nothing anywhere"),
        );
    }
    let mirrored = check_shares(&endpoint.mirror_traffic, &root.key("mirror_traffic"), problems);
    let some = endpoint
        .mirror_traffic
        .values()
        .filter(|share| **share > 0)
        .count();
    if some > 1 || mirrored > 50 {
        problems.push(
            Problem::new("`mirror_traffic` names one deployment, with at most 50 percent")
                .at(root.key("mirror_traffic"))
                .hint("write `mirror_traffic: {<deployment>: 10}`"),
        );
    }
}

fn check_shares(shares: &IndexMap<String, u32>, at: &FieldPath, problems: &mut Vec<Problem>) -> u32 {
    for (name, share) in shares {
        if *share > 100 {
            let problem = Problem::new(format!("a share is at most 100 percent, got {share}"));
            problems.push(problem.at(at.key(name)));
        }
    }
    shares.values().fold(0, |sum, share| sum.saturating_add(*share))
}

/// Azure's rule: letters, digits and dashes, with a letter first and no dash last.
fn check_name(name: &str, what: &str, at: &FieldPath, problems: &mut Vec<Problem>) {
    let plain = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let good = plain
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && !name.ends_with('-')
        && name.len() <= LONGEST;
    if !good {
        let shown: String = name.chars().take(60).collect();
        problems.push(
            Problem::new(format!("`{shown}` is not a name that {what} can have"))
                .at(at.clone())
                .hint(format!(
                    "a letter first, then letters, digits and `-`, at most {LONGEST}, and no `-` last"
                )),
        );
    }
}

pub(super) fn check_deployment(deployment: &OnlineDeployment, problems: &mut Vec<Problem>) {
    let root = FieldPath::default();
    check_name(&deployment.name, "a deployment", &root.key("name"), problems);
    check_name(
        &deployment.endpoint_name,
        "an endpoint",
        &root.key("endpoint_name"),
        problems,
    );
    if let Some(environment) = &deployment.environment {
        environment::check_ref(environment, false, &root.key("environment"), problems);
    }
    if let Some(DeploymentModel::Inline(model)) = &deployment.model {
        let at = root.key("model");
        names::check_optional(model.name.as_deref(), &at, problems);
        names::check_version(model.version.as_deref(), &at, problems);
        if model.path.is_none() {
            problems.push(
                Problem::new("a model that is written here needs the `path` of its files")
                    .at(at)
                    .hint("write `path: <folder or file>`, or name a registered one: `model: azureml:<name>:<version>`"),
            );
        }
    }
    if let Some(code) = &deployment.code_configuration {
        let at = root.key("code_configuration");
        match (&code.code, &code.scoring_script) {
            (Some(_), Some(script)) if climbs(script) || script.starts_with('/') => problems.push(
                Problem::new("the scoring script lies outside of the code's folder")
                    .at(at.key("scoring_script"))
                    .hint("name a file below `code`, without `..`"),
            ),
            (Some(_), Some(_)) => {}
            _ => problems.push(
                Problem::new("a code configuration needs both `code` and `scoring_script`")
                    .at(at)
                    .hint("write `code: <folder>` and `scoring_script: <file in it>`"),
            ),
        }
    }
    if deployment.instance_count == Some(0) {
        let problem = Problem::new("a deployment has at least one instance").at(root.key("instance_count"));
        problems.push(problem.hint("set its share of the traffic to 0 to give it no requests"));
    }
    check_requests(deployment, problems);
    for (field, probe) in [
        ("liveness_probe", &deployment.liveness_probe),
        ("readiness_probe", &deployment.readiness_probe),
    ] {
        if let Some(probe) = probe {
            check_probe(probe, &root.key(field), problems);
        }
    }
    if let Some(ScaleSettings::TargetUtilization(scale)) = &deployment.scale_settings {
        let at = root.key("scale_settings");
        let (least, most) = (scale.min_instances.unwrap_or(1), scale.max_instances.unwrap_or(1));
        if least == 0 || most < least {
            problems.push(
                Problem::new(format!("from {least} to {most} instances leaves no room"))
                    .at(at.clone())
                    .hint("give min_instances from 1, and max_instances not below it"),
            );
        }
        if scale
            .target_utilization_percentage
            .is_some_and(|target| target == 0 || target > 100)
        {
            problems.push(
                Problem::new("a utilisation is from 1 to 100 percent")
                    .at(at.key("target_utilization_percentage")),
            );
        }
        positive(scale.polling_interval, &at.key("polling_interval"), problems);
    }
}

fn check_requests(deployment: &OnlineDeployment, problems: &mut Vec<Problem>) {
    let Some(settings) = &deployment.request_settings else {
        return;
    };
    let at = FieldPath::field("request_settings");
    positive(
        settings.request_timeout_ms,
        &at.key("request_timeout_ms"),
        problems,
    );
    let most = settings.max_concurrent_requests_per_instance.map(u64::from);
    positive(most, &at.key("max_concurrent_requests_per_instance"), problems);
}

fn check_probe(probe: &Probe, at: &FieldPath, problems: &mut Vec<Problem>) {
    positive(probe.period, &at.key("period"), problems);
    positive(probe.timeout, &at.key("timeout"), problems);
    positive(
        probe.success_threshold.map(u64::from),
        &at.key("success_threshold"),
        problems,
    );
    positive(
        probe.failure_threshold.map(u64::from),
        &at.key("failure_threshold"),
        problems,
    );
}

fn positive(number: Option<u64>, at: &FieldPath, problems: &mut Vec<Problem>) {
    if number == Some(0) {
        problems.push(Problem::new("expected a number of 1 or more").at(at.clone()));
    }
}
