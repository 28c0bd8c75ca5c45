//! The policy of a workspace: set, show, remove, and what it says to a job, an environment and a compute.

use regex::Regex;
use serde_json::Value;
use std::sync::LazyLock;
use tidemill_policy::quota::{self, Asked, Budget, Quota, Used};
use tidemill_spec::kinds::{self, BudgetPolicy, ComputePolicy, JobNetwork, QuotaPolicy, Spec};
use tidemill_store::{ConnectionTrait, compute, from_json, job as job_row, policy, to_json};

use crate::context::Change;
use crate::job::{Job, Plan};
use crate::workspace::check_revision;
use crate::{App, Error, Kind, OpContext, Result, Scope, action};

/// The policy of a workspace, as use cases hand it out.
pub type Policy = policy::Model;

/// What an environment without a name is called in a policy.
const INLINE: &str = "inline";
/// States of jobs that wait for room or take it.
const ACTIVE: &[&str] = &[
    "Queued",
    "Starting",
    "Preparing",
    "Running",
    "Finalizing",
    "CancelRequested",
];

/// What is in use of a workspace, with its limits.
#[derive(Debug, Clone, PartialEq)]
pub struct Usage {
    /// The whole workspace.
    pub workspace: Used,
    /// Each user that has something in use or spent something this month, by name.
    pub users: Vec<(String, Used)>,
    /// How much may be in use at once.
    pub quota: Quota,
    /// How much may be spent in a month.
    pub budget: Budget,
}

/// Sets the policy of a workspace.
///
/// # Errors
/// Invalid for amounts that can't be, Precondition when it was changed in between.
pub async fn put(
    ctx: &OpContext,
    workspace: &str,
    spec: kinds::Policy,
    if_match: Option<i64>,
) -> Result<Policy> {
    let scope = scope(workspace);
    ctx.authorize(action::POLICY_WRITE, &scope).await?;
    let workspace = &crate::workspace::get(ctx, workspace).await?.name;
    crate::spec::check(&Spec::Policy(Box::new(spec.clone())))?;
    crate::tag_policy::check(&spec.tag_policy)?;
    let before = policy::get(ctx.app().store.read(), workspace).await?;
    check_revision(
        "policy",
        workspace,
        before.as_ref().map(|row| row.revision),
        if_match,
    )?;
    let after = serde_json::to_value(&spec).map_err(Error::internal)?;
    let now = ctx.now_ms();
    let row = Policy {
        workspace: workspace.clone(),
        spec: to_json(&after),
        revision: before.as_ref().map_or(1, |row| row.revision + 1),
        created_at: before.as_ref().map_or(now, |row| row.created_at),
        updated_at: now,
    };
    let change = Change {
        action: action::POLICY_WRITE,
        scope,
        before: before.as_ref().map_or(Value::Null, spec_value),
        after,
    };
    let written = row.clone();
    ctx.change(change, move |tx| {
        Box::pin(async move { Ok(policy::put(tx, written).await?) })
    })
    .await?;
    Ok(row)
}

/// The policy of a workspace.
///
/// # Errors
/// NotFound when it has none.
pub async fn get(ctx: &OpContext, workspace: &str) -> Result<Policy> {
    ctx.authorize(action::POLICY_READ, &scope(workspace)).await?;
    let workspace = &crate::workspace::get(ctx, workspace).await?.name;
    let row = policy::get(ctx.app().store.read(), workspace).await?;
    row.ok_or_else(|| {
        Error::not_found("policy of workspace", workspace)
            .hint("everything is allowed there; `tidemill policy create -f policy.yml` sets one")
    })
}

/// Removes the policy of a workspace: then everything is allowed.
///
/// # Errors
/// NotFound when it has none.
pub async fn delete(ctx: &OpContext, workspace: &str) -> Result<()> {
    ctx.authorize(action::POLICY_WRITE, &scope(workspace)).await?;
    let before = get(ctx, workspace).await?;
    let change = Change {
        action: action::POLICY_WRITE,
        scope: scope(workspace),
        before: spec_value(&before),
        after: Value::Null,
    };
    ctx.change(change, move |tx| {
        Box::pin(async move { Ok(policy::delete(tx, &before.workspace).await.map(drop)?) })
    })
    .await
}

/// What is in use of a workspace, and what has been spent this month.
///
/// # Errors
/// NotFound for a workspace that is not there.
pub async fn usage(ctx: &OpContext, workspace: &str) -> Result<Usage> {
    ctx.authorize(action::POLICY_READ, &scope(workspace)).await?;
    let workspace = &crate::workspace::get(ctx, workspace).await?.name;
    let db = ctx.app().store.read();
    let spec = of(db, workspace).await?.unwrap_or_default();
    measured(db, workspace, &spec, ctx.now_ms()).await
}

/// Refuses a job for which the policy leaves no room, in the transaction that saves it.
///
/// # Errors
/// Capacity, with how much there is of how much.
pub(crate) async fn check_room(db: &impl ConnectionTrait, draft: &Job) -> Result<()> {
    let Some(spec) = of(db, &draft.workspace).await? else {
        return Ok(());
    };
    let nodes = nodes_of(&draft.plan);
    let refused = |why: String| {
        Error::new(
            Kind::Capacity,
            format!("failed to submit job `{}`: {why}", draft.name),
        )
        .hint("`tidemill policy usage` shows what is in use; wait, cancel a job, or ask for a larger limit")
    };
    let most = spec.compute.as_ref().and_then(|compute| compute.max_nodes);
    if let Some(most) = most.map(u64::from).filter(|most| nodes > *most) {
        return Err(refused(format!(
            "it asks for {nodes} nodes, and a job may have {most}"
        )));
    }
    if spec.quota.is_none() && spec.budget.is_none() {
        return Ok(());
    }
    let sizes = sizes(db, &draft.workspace).await?;
    let hour = match &draft.compute {
        Some(compute) => price(&spec, &sizes, compute) * nodes as f64,
        // A pipeline runs on whatever its steps name.
        None => spec.prices.values().copied().fold(0.0, f64::max),
    };
    let usage = measured(db, &draft.workspace, &spec, draft.created_at).await?;
    let user = usage.users.iter().find(|(name, _)| *name == draft.created_by);
    let user = user.map(|(_, used)| *used).unwrap_or_default();
    let asked = Asked { nodes, hour };
    match quota::check(&usage.quota, &usage.budget, &usage.workspace, &user, &asked) {
        None => Ok(()),
        Some(refusal) => Err(refused(refusal.to_string())),
    }
}

/// Refuses an environment that the policy does not allow, or that takes packages from where it must not.
///
/// # Errors
/// Forbidden, with what is allowed.
pub(crate) async fn check_environment(
    app: &App,
    workspace: &str,
    label: Option<&str>,
    request: &Value,
) -> Result<()> {
    let Some(spec) = of(app.store.read(), workspace).await? else {
        return Ok(());
    };
    let label = label.unwrap_or(INLINE);
    let name = label.split(':').next().unwrap_or(label);
    if !quota::allows(&spec.environments, label) && !quota::allows(&spec.environments, name) {
        let message = format!(
            "failed to use environment `{label}`: the policy of workspace `{workspace}` does not allow it"
        );
        return Err(Error::forbidden(message).hint(format!("it allows: {}", spec.environments.join(", "))));
    }
    let refused = sources(request)
        .into_iter()
        .find(|source| !quota::allows(&spec.package_sources, source));
    match refused {
        None => Ok(()),
        Some(source) => Err(Error::forbidden(format!(
            "failed to use environment `{label}`: it takes packages from {source}, which the policy of workspace \
             `{workspace}` does not allow"
        ))
        .hint(format!("it allows: {}", spec.package_sources.join(", ")))),
    }
}

/// Refuses a compute that is larger, or is kept idle for longer, than the policy allows.
///
/// # Errors
/// Forbidden, with what is allowed.
pub(crate) async fn check_compute(
    app: &App,
    workspace: &str,
    name: &str,
    compute: &kinds::Compute,
) -> Result<()> {
    let spec = of(app.store.read(), workspace)
        .await?
        .and_then(|spec| spec.compute);
    let Some(ComputePolicy {
        sizes,
        max_nodes,
        max_idle_time,
    }) = spec
    else {
        return Ok(());
    };
    let refuse = |what: String, hint: String| {
        let message = format!(
            "failed to make compute `{name}`: {what}, and the policy of workspace `{workspace}` does not allow it"
        );
        Err(Error::forbidden(message).hint(hint))
    };
    let (size, nodes, idle) = match compute {
        kinds::Compute::ComputeInstance(compute)
            if max_idle_time.is_some() && compute.idle_seconds().is_none() =>
        {
            return refuse(
                "it is never stopped when it is idle".into(),
                "give it idle_time_before_shutdown_minutes".into(),
            );
        }
        kinds::Compute::AmlCompute(compute) => (
            compute.size.as_deref(),
            compute.max_instances,
            compute.idle_time_before_scale_down.map(u64::from),
        ),
        kinds::Compute::ComputeInstance(compute) => {
            (compute.size.as_deref(), Some(1), compute.idle_seconds())
        }
        kinds::Compute::Local(compute) => (None, compute.max_instances, None),
        _ => (None, None, None),
    };
    if let Some(size) = size.filter(|size| !quota::allows(&sizes, size)) {
        return refuse(
            format!("its size is {size}"),
            format!("it allows: {}", sizes.join(", ")),
        );
    }
    if let (Some(nodes), Some(most)) = (nodes, max_nodes)
        && nodes > most
    {
        return refuse(format!("it has {nodes} nodes"), format!("it allows {most}"));
    }
    if let (Some(idle), Some(most)) = (idle, max_idle_time)
        && idle > u64::from(most)
    {
        return refuse(
            format!("its nodes may be idle for {idle} s"),
            format!("it allows {most} s"),
        );
    }
    Ok(())
}

/// What of the network the policy leaves to jobs, if it says.
pub(crate) async fn network(db: &impl ConnectionTrait, workspace: &str) -> Result<Option<JobNetwork>> {
    Ok(of(db, workspace).await?.and_then(|spec| spec.network))
}

fn scope(workspace: &str) -> Scope {
    // The name that is written is the one that is asked about.
    let workspace = crate::name::workspace(workspace).unwrap_or_else(|_| workspace.to_owned());
    Scope::resource(&workspace, "policies", "policy")
}

/// The specification as it is stored.
pub fn spec_value(row: &Policy) -> Value {
    from_json("policy", "spec", &row.spec).unwrap_or(Value::Null)
}

async fn of(db: &impl ConnectionTrait, workspace: &str) -> Result<Option<kinds::Policy>> {
    match policy::get(db, workspace).await? {
        Some(row) => Ok(Some(from_json("policy", "spec", &row.spec)?)),
        None => Ok(None),
    }
}

async fn measured(
    db: &impl ConnectionTrait,
    workspace: &str,
    spec: &kinds::Policy,
    now: i64,
) -> Result<Usage> {
    let began = month_of(now);
    let sizes = sizes(db, workspace).await?;
    let mut users: Vec<(String, Used)> = Vec::new();
    let mut whole = Used::default();
    for job in job_row::uses(db, workspace, began).await? {
        let nodes = nodes_of(&job.plan);
        let at = users.iter().position(|(name, _)| *name == job.created_by);
        let at = at.unwrap_or_else(|| {
            users.push((job.created_by.clone(), Used::default()));
            users.len() - 1
        });
        let hours = job.started_at.map_or(0.0, |from| {
            let until = job.ended_at.unwrap_or(now);
            (until - from.max(began)).max(0) as f64 / 3_600_000.0
        });
        let compute = job.compute.as_deref().unwrap_or(crate::compute::LOCAL);
        let spent = hours * nodes as f64 * price(spec, &sizes, compute);
        for used in [&mut whole, &mut users[at].1] {
            if ACTIVE.contains(&job.status.as_str()) {
                used.jobs += 1;
                used.nodes += nodes;
            }
            used.spent += spent;
        }
    }
    users.sort_by(|a, b| a.0.cmp(&b.0));
    let QuotaPolicy {
        jobs,
        user_jobs,
        nodes,
        user_nodes,
    } = spec.quota.clone().unwrap_or_default();
    let BudgetPolicy { month, user_month } = spec.budget.clone().unwrap_or_default();
    Ok(Usage {
        workspace: whole,
        users,
        quota: Quota {
            jobs,
            user_jobs,
            nodes,
            user_nodes,
        },
        budget: Budget { month, user_month },
    })
}

/// The computes of a workspace with their sizes.
async fn sizes(db: &impl ConnectionTrait, workspace: &str) -> Result<Vec<(String, String)>> {
    let page = tidemill_store::page::PageRequest {
        limit: 1000,
        after: None,
    };
    let rows = compute::list(db, workspace, &page).await?.items.into_iter();
    let size = |row: compute::Model| {
        let spec: Value = serde_json::from_str(&row.spec).ok()?;
        Some((row.name, spec["size"].as_str()?.to_owned()))
    };
    Ok(rows.filter_map(size).collect())
}

/// What an hour of one node costs: the first price whose pattern fits the compute's name or its size.
fn price(spec: &kinds::Policy, sizes: &[(String, String)], compute: &str) -> f64 {
    let size = sizes
        .iter()
        .find(|(name, _)| name == compute)
        .map_or("", |(_, size)| size);
    let fits =
        |pattern: &str| quota::fits(pattern, compute) || (!size.is_empty() && quota::fits(pattern, size));
    let found = spec.prices.iter().find(|(pattern, _)| fits(pattern));
    found.map_or(0.0, |(_, price)| *price)
}

/// The nodes of a command; a pipeline counts as one.
fn nodes_of(plan: &str) -> u64 {
    match serde_json::from_str(plan) {
        Ok(Plan::Command(plan)) => u64::from(plan.instance_count.max(1)),
        _ => 1,
    }
}

/// The moment at which the month of `now` began, in UTC.
fn month_of(now: i64) -> i64 {
    let time = jiff::Timestamp::from_millisecond(now).unwrap_or_default();
    let first = time.to_zoned(jiff::tz::TimeZone::UTC).first_of_month();
    let began = first.and_then(|first| first.start_of_day());
    began.map_or(now, |began| began.timestamp().as_millisecond())
}

/// Where an environment takes packages from, as far as it says so: channels, and every URL without its password.
fn sources(request: &Value) -> Vec<String> {
    static URL: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"https?://[^\s"',\]]+"#).expect("the pattern is a good one"));
    let mut found = Vec::new();
    let conda = match &request["conda"] {
        Value::String(text) => serde_yaml_ng::from_str(text).unwrap_or(Value::Null),
        other => other.clone(),
    };
    let channels = conda["channels"].as_array().into_iter().flatten();
    found.extend(channels.filter_map(Value::as_str).map(without_password));
    let text = format!(
        "{conda} {}",
        request["pip_requirements"].as_str().unwrap_or_default()
    );
    found.extend(URL.find_iter(&text).map(|url| without_password(url.as_str())));
    let mut seen = std::collections::HashSet::new();
    found.retain(|source| seen.insert(source.clone()));
    found
}

fn without_password(source: &str) -> String {
    match source.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
            let host = authority.rsplit('@').next().unwrap_or(authority);
            format!("{scheme}://{host}/{path}")
        }
        None => source.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sources_are_found_without_their_passwords() {
        let request = json!({
            "conda": "channels: [conda-forge, 'https://me:pw@c.example/x']\ndependencies:\n- pip:\n  - --extra-index-url https://i.example/simple\n  - a @ https://f.example/a.whl\n",
            "pip_requirements": "-i https://u:p@p.example\nnumpy\n",
        });
        let expected = [
            "conda-forge",
            "https://c.example/x",
            "https://i.example/simple",
            "https://f.example/a.whl",
            "https://p.example/",
        ];
        assert_eq!(sources(&request), expected);
        assert!(sources(&json!({})).is_empty());
    }

    #[test]
    fn a_month_begins_at_midnight_in_utc() {
        // 2026-02-14T03:04:05Z and 2026-02-01T00:00:00Z
        assert_eq!(month_of(1_771_038_245_000), 1_769_904_000_000);
        assert_eq!(month_of(1_769_904_000_000), 1_769_904_000_000);
    }

    #[test]
    fn the_first_price_that_fits_the_compute_or_its_size_counts() {
        let spec: kinds::Policy = serde_json::from_value(json!({
            "prices": {"big": 5.0, "Standard_NC*": 3.0, "local": 0.5, "*": 1.0}
        }))
        .expect("a policy");
        let sizes = [("gpu".to_owned(), "Standard_NC6".to_owned())];
        for (compute, hour) in [("big", 5.0), ("gpu", 3.0), ("local", 0.5), ("other", 1.0)] {
            assert_eq!(price(&spec, &sizes, compute), hour, "{compute}");
        }
    }
}
