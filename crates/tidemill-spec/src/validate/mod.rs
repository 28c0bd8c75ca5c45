//! What a spec means as a whole: names, bindings, cycles, values against what components take.

mod bindings;
mod command;
mod component;
mod compute;
mod control_flow;
mod cycle;
mod datastore;
mod environment;
mod identity_provider;
mod names;
mod no_effect;
mod online;
mod pipeline;
mod published_pipeline;
mod release;
mod rollout;
mod schedule;
mod tag_policy;
mod validation;
mod values;
mod warnings;

pub use no_effect::{combined_warning, no_effect_on_local};
pub use validation::metric_names;
pub(crate) use values::check as value_fits;

use crate::error::{FieldPath, Problem, Warning};
use crate::kinds::{Component, Job, Policy, Spec};

/// Checks a spec as a whole. Loading has done this; a server that receives specs as JSON does it again.
pub fn check(spec: &Spec) -> Vec<Problem> {
    let mut problems = Vec::new();
    let root = FieldPath::default();
    match spec {
        Spec::Job(job) => {
            names::check_optional(job.name(), &root, &mut problems);
            match job {
                Job::Command(job) => command::check_job(job, &mut problems),
                Job::Pipeline(job) => pipeline::check_job(job, &mut problems),
            }
        }
        Spec::Component(component) => {
            names::check_needed(component.name(), "a component", &mut problems);
            names::check_version(component.version(), &root, &mut problems);
            check_component(component, &root, &mut problems);
        }
        Spec::Environment(environment) => {
            names::check_needed(environment.name.as_deref(), "an environment", &mut problems);
            names::check_version(environment.version.as_deref(), &root, &mut problems);
            environment::check(environment, &root, &mut problems);
        }
        Spec::Data(data) => {
            names::check_needed(data.name.as_deref(), "a data asset", &mut problems);
            names::check_version(data.version.as_deref(), &root, &mut problems);
        }
        Spec::Model(model) => {
            names::check_needed(Some(&model.name), "a model", &mut problems);
            names::check_version(model.version.as_deref(), &root, &mut problems);
        }
        Spec::Datastore(store) => {
            names::check_needed(Some(store.name()), "a datastore", &mut problems);
            datastore::check(store, &mut problems);
        }
        Spec::Compute(compute) => {
            names::check_needed(Some(compute.name()), "a compute", &mut problems);
            compute::check(compute, &mut problems);
        }
        Spec::Workspace(workspace) => {
            names::check_needed(Some(&workspace.name), "a workspace", &mut problems)
        }
        Spec::Policy(policy) => {
            check_policy(policy, &mut problems);
            tag_policy::check(&policy.tag_policy, &mut problems);
        }
        Spec::Group(group) => {
            names::check_needed(Some(&group.name), "a group", &mut problems);
            tag_policy::check(&group.tag_policy, &mut problems);
            release::check_gates(&group.gates, &root.key("gates"), &mut problems);
            rollout::check_gates(&group.infrastructure, &root.key("infrastructure"), &mut problems);
        }
        Spec::OnlineEndpoint(endpoint) => online::check_endpoint(endpoint, &mut problems),
        Spec::OnlineDeployment(deployment) => online::check_deployment(deployment, &mut problems),
        Spec::Release(release) => release::check(release, &mut problems),
        Spec::IdentityProvider(provider) => identity_provider::check(provider, &mut problems),
        Spec::ServicePrincipal(principal) => identity_provider::check_federated(principal, &mut problems),
        Spec::PublishedPipeline(pipeline) => published_pipeline::check(pipeline, &mut problems),
        Spec::Schedule(schedule) => schedule::check(schedule, &mut problems),
        Spec::Validation(validation) => {
            validation::check(validation, &root, &mut problems);
            if let Some(environment) = &validation.environment {
                environment::check_ref(environment, false, &root.key("environment"), &mut problems);
            }
        }
        Spec::Team(team) => names::check_needed(Some(&team.name), "a team", &mut problems),
        // The server says which names these may have.
        Spec::Role(_) | Spec::Assignment(_) | Spec::User(_) => {}
    }
    problems
}

/// Checks the tests of a roll-out.
pub fn check_rollout_tests(tests: &[crate::kinds::RolloutTest]) -> Vec<Problem> {
    rollout::check_tests(tests)
}

/// Amounts of money are no less than nothing.
fn check_policy(policy: &Policy, problems: &mut Vec<Problem>) {
    let root = FieldPath::default();
    let prices = policy.prices.iter();
    let prices = prices.map(|(name, price)| (Some(*price), root.key("prices").key(name)));
    let budget = policy.budget.clone().unwrap_or_default();
    let budgets = [(budget.month, "month"), (budget.user_month, "user_month")];
    let budgets = budgets.map(|(amount, field)| (amount, root.key("budget").key(field)));
    for (amount, path) in prices.chain(budgets) {
        if amount.is_some_and(|amount| !amount.is_finite() || amount < 0.0) {
            problems.push(Problem::new("expected an amount of 0 or more").at(path));
        }
    }
}

/// Checks a component, whether it is written in a file of its own or inside a step.
fn check_component(component: &Component, at: &FieldPath, problems: &mut Vec<Problem>) {
    component::check_ports(component.inputs(), at, problems);
    match component {
        Component::Command(component) => command::check_component(component, at, problems),
        Component::Pipeline(component) => pipeline::check_component(component, at, problems),
    }
}

/// Warnings that hold wherever the spec is used.
pub(crate) fn load_warnings(spec: &Spec) -> Vec<Warning> {
    warnings::load_warnings(spec)
}
