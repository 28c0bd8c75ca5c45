//! Cancelling a job: one that waits ends at once, one that runs is told to stop.

use serde_json::{Value, json};
use tidemill_policy::action;
use tidemill_store::job;

use super::{Ending, Job, Status, end, get};
use crate::context::Change;
use crate::{Error, OpContext, Result, Scope};

/// Cancels a job, and all its steps.
///
/// # Errors
/// NotFound; Conflict when it has ended already.
pub async fn cancel(ctx: &OpContext, workspace: &str, name: &str) -> Result<Job> {
    let scope = Scope::job(workspace, name);
    ctx.authorize(action::JOB_WRITE, &scope).await?;
    let row = get(ctx, workspace, name).await?;
    if row.status.parse().is_ok_and(Status::is_over) {
        return Err(Error::conflict(format!(
            "failed to cancel job `{name}`: it has ended already ({})",
            row.status
        )));
    }
    let change = Change {
        action: action::JOB_WRITE,
        scope,
        before: json!({ "status": row.status }),
        after: json!({ "status": Status::CancelRequested.as_str() }),
    };
    ctx.change(change, move |_| Box::pin(async move { Ok(Value::Null) }))
        .await?;
    stop(ctx, &row, "cancelled by its owner").await?;
    get(ctx, workspace, name).await
}

/// Stops the steps of a pipeline that have started and not ended.
pub(crate) async fn stop_steps(ctx: &OpContext, row: &Job, reason: &str) -> Result<()> {
    for step in job::children(ctx.app().store.read(), &row.workspace, &row.name).await? {
        let waits = step.status == Status::NotStarted.as_str();
        if !waits && !step.status.parse().is_ok_and(Status::is_over) {
            Box::pin(stop(ctx, &step, reason)).await?;
        }
    }
    Ok(())
}

/// Stops a job and all below it.
pub(crate) async fn stop(ctx: &OpContext, row: &Job, reason: &str) -> Result<()> {
    let app = ctx.app();
    if row.kind == "pipeline" {
        if row.status == Status::NotStarted.as_str() {
            end(ctx, row, Ending::bare(Status::Canceled, reason)).await?;
            return Ok(());
        }
        request(ctx, row).await?;
        // Its task starts nothing more, and stops its steps: it alone knows which ones it is about to start.
        if !app.cancel_pipeline(row) {
            end(ctx, row, Ending::bare(Status::Canceled, reason)).await?;
        }
        return Ok(());
    }
    if app.scheduler.withdraw(&row.workspace, &row.name) || row.status == Status::NotStarted.as_str() {
        end(ctx, row, Ending::bare(Status::Canceled, reason)).await?;
        return Ok(());
    }
    request(ctx, row).await?;
    if !app.scheduler.holds(&row.workspace, &row.name) {
        // On its way between two places: nobody would end it.
        if let Some(now) = job::get(app.store.read(), &row.workspace, &row.name).await? {
            end(ctx, &now, Ending::bare(Status::Canceled, reason)).await?;
        }
        return Ok(());
    }
    app.stop_runner(row);
    Ok(())
}

async fn request(ctx: &OpContext, row: &Job) -> Result<()> {
    let (workspace, name) = (row.workspace.clone(), row.name.clone());
    ctx.app()
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let patch = job::Patch {
                    status: Some(Status::CancelRequested.as_str()),
                    ..job::Patch::default()
                };
                Ok(job::transition(tx, &workspace, &name, Status::OPEN, patch).await?)
            })
        })
        .await?;
    Ok(())
}
