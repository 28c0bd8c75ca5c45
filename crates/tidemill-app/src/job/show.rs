//! Looking at jobs, and why they wait.

use indexmap::IndexMap;
use tidemill_policy::action;
use tidemill_store::job::{self, Filter};
use tidemill_store::page::{Page, PageRequest};

use super::{Job, Plan, Status};
use crate::{Error, OpContext, Result, Scope};

/// One job.
///
/// # Errors
/// NotFound.
pub async fn get(ctx: &OpContext, workspace: &str, name: &str) -> Result<Job> {
    ctx.authorize(action::JOB_READ, &Scope::job(workspace, name))
        .await?;
    let workspace = &crate::workspace::get(ctx, workspace).await?.name;
    job::get(ctx.app().store.read(), workspace, name)
        .await?
        .ok_or_else(|| {
            Error::not_found("job", name).hint(format!(
                "`tidemill job list -w {workspace}` shows those that there are"
            ))
        })
}

/// Jobs, newest first; steps only when their parent is named.
///
/// # Errors
/// NotFound, for a workspace that is not there.
pub async fn list(
    ctx: &OpContext,
    workspace: &str,
    filter: &Filter,
    page: &PageRequest,
) -> Result<Page<Job>> {
    ctx.authorize(action::JOB_READ, &Scope::workspace(workspace))
        .await?;
    let workspace = &crate::workspace::get(ctx, workspace).await?.name;
    Ok(job::list(ctx.app().store.read(), workspace, filter, page).await?)
}

/// How many steps a job has.
pub async fn children_count(ctx: &OpContext, job: &Job) -> Result<usize> {
    if job.kind != "pipeline" {
        return Ok(0);
    }
    Ok(job::children(ctx.app().store.read(), &job.workspace, &job.name)
        .await?
        .len())
}

/// The latest value of each metric of a job's run, by name.
///
/// # Errors
/// When the store cannot be read.
pub async fn metrics(ctx: &OpContext, job: &Job) -> Result<IndexMap<String, f64>> {
    // The numbers of finished work that was taken over are those of the job that did it.
    let run = job.reused_from.as_ref().unwrap_or(&job.name);
    let runs = std::slice::from_ref(run);
    let mut found = ctx.app().store.latest_metrics(&job.workspace, runs).await?;
    let mut points = found.remove(run).unwrap_or_default();
    points.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(points.into_iter().map(|point| (point.key, point.value)).collect())
}

/// Why a job waits or ended as it did: what is stored, and for a job that waits, what it waits for now.
pub async fn reason(ctx: &OpContext, job: &Job) -> Result<Option<String>> {
    let app = ctx.app();
    match job.status.parse() {
        Ok(Status::Queued) => Ok(app
            .scheduler
            .why_waiting(&job.workspace, &job.name)
            .or_else(|| job.reason.clone())),
        Ok(Status::NotStarted) => Ok(waits_for(ctx, job).await?.or_else(|| job.reason.clone())),
        Ok(status) if !status.is_over() => Ok(app
            .scheduler
            .message(&job.workspace, &job.name)
            .or_else(|| job.reason.clone())),
        _ => Ok(job.reason.clone()),
    }
}

async fn waits_for(ctx: &OpContext, job: &Job) -> Result<Option<String>> {
    let (Some(parent), Some(node)) = (&job.parent, &job.node) else {
        return Ok(None);
    };
    let db = ctx.app().store.read();
    let Some(parent) = job::get(db, &job.workspace, parent).await? else {
        return Ok(None);
    };
    let Ok(Plan::Pipeline(plan)) = serde_json::from_str(&parent.plan) else {
        return Ok(None);
    };
    let Some(step) = plan.steps.get(node) else {
        return Ok(None);
    };
    let mut open = Vec::new();
    for up in &step.waits_for {
        let Some(up_step) = plan.steps.get(up) else {
            continue;
        };
        if let Some(row) = job::get(db, &job.workspace, &up_step.job).await?
            && row.status != Status::Completed.as_str()
            && row.status != Status::Skipped.as_str()
        {
            open.push(format!("`{up}` ({})", row.status));
        }
    }
    Ok((!open.is_empty()).then(|| format!("waits for step {}", open.join(", "))))
}
