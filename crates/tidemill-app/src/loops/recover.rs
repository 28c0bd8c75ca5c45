//! After a start: find what the server before this one left running, and go on.

use std::sync::Arc;

use tidemill_compute::{Attempt, Driver, Handle, Observation};
use tidemill_store::{job, token};

use super::{Ask, Scheduler, stop_runner, watch};
use crate::job::{Ending, Job, Plan, Status, end};
use crate::{App, OpContext, Result};

/// Starts the loops, and takes up every job that has not ended.
///
/// # Errors
/// When the store cannot be read.
pub async fn start(app: &Arc<App>) -> Result<()> {
    let ctx = app.system();
    super::compute_power::start(app).await?;
    let open = job::in_states(app.store.read(), Status::OPEN).await?;
    // Commands first: a pipeline that is taken up looks at the state of its steps.
    for row in open.iter().filter(|row| row.kind != "pipeline") {
        if let Err(error) = take_up(&ctx, row).await {
            tracing::error!(workspace = row.workspace, job = row.name, %error, "failed to take up a job");
        }
    }
    for row in open
        .iter()
        .filter(|row| row.kind == "pipeline" && row.status != Status::NotStarted.as_str())
    {
        super::start_pipeline(&ctx, row);
    }
    // Only now: what runs has its room before anything new gets any.
    tokio::spawn(Scheduler::run(app.clone()));
    super::deployment::start(app).await?;
    super::release::start(app).await?;
    super::schedule::start(app).await?;
    super::candidate::start(app);
    super::model_validation::start(app).await?;
    super::webhook::start(app);
    super::purge::start(app);
    super::retention::start(app);
    Ok(())
}

async fn take_up(ctx: &OpContext, row: &Job) -> Result<()> {
    let app = ctx.app();
    match row.status.parse() {
        Ok(Status::NotStarted) => Ok(()),
        Ok(Status::Queued) => {
            app.start_job(row).await;
            Ok(())
        }
        _ => take_up_launched(ctx, row).await,
    }
}

async fn take_up_launched(ctx: &OpContext, row: &Job) -> Result<()> {
    let app = ctx.app();
    let handle = row
        .handle
        .as_deref()
        .and_then(|text| serde_json::from_str::<Handle>(text).ok());
    let number = u32::try_from(row.attempt).unwrap_or(u32::MAX);
    let Some(handle) = handle else {
        // Killed between the claim and the start, or right after it: nothing may be left, then it runs anew.
        let attempt = Attempt {
            workspace: row.workspace.clone(),
            job: row.name.clone(),
            number,
        };
        let none: [std::path::PathBuf; 0] = [];
        let swept =
            tokio::task::spawn_blocking(move || tidemill_process::sweep(&attempt.to_string(), &none)).await;
        if let Err(error) = swept {
            tracing::warn!(%error, job = row.name, "failed to look for what an earlier server left");
        }
        return requeue(ctx, row).await;
    };
    let observed = app.driver.observe(&handle).await;
    if matches!(observed, Ok(Observation::Running)) {
        tracing::info!(
            workspace = row.workspace,
            job = row.name,
            "found a running job again"
        );
        let cancel = row.status == Status::CancelRequested.as_str();
        let gpus = serde_json::from_str(&row.gpus).unwrap_or_default();
        app.scheduler
            .adopt(adopted(ctx, row).await, gpus, handle.clone(), cancel);
        tokio::spawn(watch(ctx.clone(), row.clone(), handle));
        if cancel {
            stop_runner(app, row);
        }
        return Ok(());
    }
    tokio::spawn(watch(ctx.clone(), row.clone(), handle));
    Ok(())
}

/// Queues a job whose try was lost with the server. The lost try counts for nothing, and neither does its token.
async fn requeue(ctx: &OpContext, row: &Job) -> Result<()> {
    let app = ctx.app();
    if row.status == Status::CancelRequested.as_str() {
        end(
            ctx,
            row,
            Ending::bare(Status::Canceled, "cancelled before it started"),
        )
        .await?;
        return Ok(());
    }
    let (workspace, name, free_tries) = (row.workspace.clone(), row.name.clone(), row.free_tries + 1);
    let now = ctx.now_ms();
    app.store
        .write::<_, crate::Error, _>(move |tx| {
            Box::pin(async move {
                let patch = job::Patch {
                    status: Some(Status::Queued.as_str()),
                    free_tries: Some(free_tries),
                    ..job::Patch::default()
                };
                token::revoke_job(tx, &workspace, &name, now).await?;
                Ok(job::transition(tx, &workspace, &name, Status::LAUNCHED, patch).await?)
            })
        })
        .await?;
    app.tokens.forget_job(&row.workspace, &row.name);
    if let Some(row) = job::get(app.store.read(), &row.workspace, &row.name).await? {
        app.start_job(&row).await;
    }
    Ok(())
}

/// What a running job holds. A compute that is gone by now has just the room that the job takes.
async fn adopted(ctx: &OpContext, row: &Job) -> Ask {
    match ask(ctx, row).await {
        Ok(ask) => ask,
        Err(_) => Ask {
            workspace: row.workspace.clone(),
            job: row.name.clone(),
            compute: row.compute.clone().unwrap_or_default(),
            room: 1,
            nodes: 1,
            gpus: 0,
        },
    }
}

/// What a command job asks of its compute.
pub(crate) async fn ask(ctx: &OpContext, row: &Job) -> Result<Ask> {
    let compute = row.compute.clone().unwrap_or_default();
    let reference = tidemill_spec::refs::ComputeRef::Named(compute);
    let resolved = crate::compute::resolve(ctx, &row.workspace, Some(&reference)).await?;
    let (nodes, gpus) = match serde_json::from_str(&row.plan) {
        Ok(Plan::Command(plan)) => (plan.instance_count, plan.gpus),
        _ => (1, 0),
    };
    Ok(Ask {
        workspace: row.workspace.clone(),
        job: row.name.clone(),
        compute: resolved.name,
        room: resolved.nodes,
        nodes,
        gpus,
    })
}
