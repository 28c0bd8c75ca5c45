//! Starting the runner of a job whose turn has come, and watching it to its end.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use tidemill_compute::{Attempt, Driver, End, Handle, Launch, Observation, Stop};
use tidemill_store::{job, token as token_row};

use super::scheduler::Turn;
use crate::hub::{JobNews, What};
use crate::isolation::Confinement;
use crate::job::{Ending, Job, Plan, Status, end, end_surely, tell_all};
use crate::{App, Error, OpContext, Result, token};

/// How long a runner that was told to stop has beyond its job's own grace time, before it is killed.
const STOP_PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);

/// Starts the runner of a job. A failure to do so is the job's failure.
pub(super) async fn launch(ctx: &OpContext, turn: Turn) {
    let (workspace, name) = (turn.ask.workspace.clone(), turn.ask.job.clone());
    if let Err(error) = try_launch(ctx, &turn).await {
        tracing::error!(workspace, job = name, error = error.message, source = ?error.source, "failed to start a runner");
        if let Ok(Some(row)) = job::get(ctx.app().store.read(), &workspace, &name).await {
            let ending = Ending::bare(Status::Failed, format!("failed to start its runner: {error}"));
            end_surely(ctx, &row, ending).await;
        }
        ctx.app().scheduler.left(&workspace, &name);
    }
}

async fn try_launch(ctx: &OpContext, turn: &Turn) -> Result<()> {
    let app = ctx.app();
    let (workspace, name) = (&turn.ask.workspace, &turn.ask.job);
    let secret = token::text(app.clock.secret());
    let confinement = crate::isolation::of_compute(app, workspace, &turn.ask.compute).await?;
    let Some(row) = claim(ctx, workspace, name, &secret, confinement).await? else {
        // It was cancelled between its turn and here, or it has ended.
        app.scheduler.left(workspace, name);
        if let Some(row) = job::get(app.store.read(), workspace, name).await?
            && row.status == Status::CancelRequested.as_str()
        {
            end(
                ctx,
                &row,
                Ending::bare(Status::Canceled, "cancelled before it started"),
            )
            .await?;
        }
        return Ok(());
    };
    if row.attempt > 1 {
        clear_outputs(ctx, &row).await?;
    }
    let attempt = u32::try_from(row.attempt).unwrap_or(u32::MAX);
    let work_dir = app.dir.work().join(workspace).join(name);
    let token_file = work_dir.join(format!("token.{attempt}"));
    std::fs::create_dir_all(&work_dir).map_err(Error::internal)?;
    if let Err(error) = std::fs::remove_file(&token_file)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        return Err(Error::internal(error));
    }
    token::write_private(&token_file, &secret).map_err(Error::internal)?;
    let args = runner_args(app, &token_file, &work_dir, confinement)?;
    let launch = Launch {
        attempt: Attempt {
            workspace: workspace.clone(),
            job: name.clone(),
            number: attempt,
        },
        program: app.runner_program.clone(),
        args,
        env: BTreeMap::new(),
        work_dir,
    };
    let handle = app
        .driver
        .start(&launch)
        .await
        .map_err(|error| Error::new(crate::Kind::Unavailable, error.to_string()).source(error))?;
    if app.scheduler.set_handle(workspace, name, &handle) {
        stop_runner(app, &row);
    }
    tokio::spawn(watch(ctx.clone(), row.clone(), handle.clone()));
    let text = tidemill_store::to_json(&handle);
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let patch = job::Patch {
                    handle: Some(Some(text)),
                    ..job::Patch::default()
                };
                let (workspace, name, attempt) = (&row.workspace, &row.name, row.attempt);
                Ok(job::transition_in(tx, workspace, name, attempt, Status::LAUNCHED, patch).await?)
            })
        })
        .await
        .map(drop)
}

/// The arguments of a runner.
pub(super) fn runner_args(
    app: &App,
    token_file: &std::path::Path,
    work_dir: &std::path::Path,
    confinement: Confinement,
) -> Result<Vec<String>> {
    let path = |path: &std::path::Path| path.to_string_lossy().into_owned();
    let mut args = vec![
        "runner".into(),
        "--server".into(),
        app.address()?,
        "--token-file".into(),
        path(token_file),
        "--data-dir".into(),
        path(app.dir.root()),
        "--work-dir".into(),
        path(work_dir),
        "--isolation".into(),
        confinement.level.to_string(),
        "--network".into(),
        confinement.network.to_string(),
        "--patience".into(),
        format!("{}s", app.patience.as_secs()),
    ];
    for folder in &app.job_folders {
        args.extend(["--job-folder".into(), path(folder)]);
    }
    Ok(args)
}

/// What a try before this one wrote to the places that are the job's own must not mix with what comes.
async fn clear_outputs(ctx: &OpContext, row: &Job) -> Result<()> {
    let Ok(Plan::Command(plan)) = serde_json::from_str(&row.plan) else {
        return Ok(());
    };
    let own = format!("azureml/{}/", row.name);
    for output in plan
        .outputs
        .values()
        .filter(|output| output.path.starts_with(&own))
    {
        if let Some(datastore) = &output.datastore {
            let store = crate::bytes::open(ctx, &row.workspace, datastore).await?;
            store
                .delete_all(&tidemill_objects::SafePath::parse(&output.path)?)
                .await?;
        }
    }
    Ok(())
}

/// Takes a queued job: its state, its attempt and its tokens (its runner's, its script's) in one transaction.
async fn claim(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    secret: &str,
    confinement: Confinement,
) -> Result<Option<Job>> {
    let now = ctx.now_ms();
    let gpus = tidemill_store::to_json(&ctx.app().scheduler.gpus_of(workspace, name));
    let tokens = [
        ("runner", token::hash(secret)),
        ("job", token::hash(&token::of_script(secret))),
    ];
    let (ws, job_name) = (workspace.to_owned(), name.to_owned());
    let row = ctx
        .app()
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let Some(mut row) = job::get(tx, &ws, &job_name).await? else {
                    return Ok(None);
                };
                row.attempt += 1;
                let mut facts: IndexMap<String, String> =
                    serde_json::from_str(&row.properties).unwrap_or_default();
                facts.insert("isolation".into(), confinement.to_string());
                row.properties = tidemill_store::to_json(&facts);
                let patch = job::Patch {
                    properties: Some(row.properties.clone()),
                    status: Some(Status::Starting.as_str()),
                    attempt: Some(row.attempt),
                    reason: Some(None),
                    gpus: Some(gpus),
                    ..job::Patch::default()
                };
                if !job::transition(tx, &ws, &job_name, &[Status::Queued.as_str()], patch).await? {
                    return Ok(None);
                }
                row.status = Status::Starting.as_str().to_owned();
                for (kind, hash) in tokens {
                    let token = token_row::Model {
                        hash,
                        kind: kind.into(),
                        workspace: Some(ws.clone()),
                        job: Some(job_name.clone()),
                        attempt: Some(row.attempt),
                        created_at: now,
                        revoked_at: None,
                    };
                    token_row::insert(tx, token).await?;
                }
                Ok(Some(row))
            })
        })
        .await?;
    if let Some(row) = &row {
        let (workspace, root, job) = (row.workspace.clone(), row.root.clone(), row.name.clone());
        ctx.app().hub.tell(JobNews {
            workspace,
            root,
            job,
            what: What::Status,
        });
    }
    Ok(row)
}

/// Watches a runner to its end. One that leaves without having said how its job ended has lost it.
pub(crate) async fn watch(ctx: OpContext, row: Job, handle: Handle) {
    let observed = ctx.app().driver.wait(&handle).await;
    let observed = observed.map_err(|error| error.to_string());
    let mut pause_s = 1;
    while let Err(error) = after(&ctx, &row, &handle, &observed).await {
        tracing::error!(workspace = row.workspace, job = row.name, %error, "failed to end a job whose runner is gone");
        tokio::time::sleep(std::time::Duration::from_secs(pause_s)).await;
        pause_s = (pause_s * 2).min(30);
    }
}

async fn after(
    ctx: &OpContext,
    row: &Job,
    handle: &Handle,
    observed: &Result<Observation, String>,
) -> Result<()> {
    let app = ctx.app();
    let now = job::get(app.store.read(), &row.workspace, &row.name).await?;
    let Some(now) = now.filter(|now| now.attempt == row.attempt) else {
        return Ok(());
    };
    let launched = Status::LAUNCHED.contains(&now.status.as_str());
    let orderly = matches!(observed, Ok(Observation::Exited(End::Code(0))));
    if launched || !orderly {
        let swept = app.driver.sweep(handle).await;
        if let Ok(swept) = &swept
            && !swept.killed.is_empty()
        {
            tracing::warn!(workspace = row.workspace, job = row.name, killed = ?swept.killed, "swept what a runner left");
        }
    }
    if !launched {
        // Over: whoever was to be told may have been cut off while telling. Queued: its next try is on its way.
        if let Ok(status) = now.status.parse::<Status>()
            && status.is_over()
        {
            tell_all(ctx, &now, status);
            clear_away(app, &now);
        }
        return Ok(());
    }
    let how = match observed {
        Ok(Observation::Exited(End::Signal(signal))) => format!("was ended by signal {signal}"),
        Ok(Observation::Exited(End::Code(code))) => format!("left with exit code {code}"),
        Ok(Observation::Gone | Observation::Running) => "is gone".to_owned(),
        Err(error) => format!("cannot be watched: {error}"),
    };
    let cancelled = now.status == Status::CancelRequested.as_str();
    let (status, reason) = if cancelled {
        (Status::Canceled, format!("cancelled; its runner {how}"))
    } else {
        let reason = format!(
            "its runner {how} before the job had ended; `tidemill job retry -n {}` tries again, \
             and {} holds what the runner said",
            now.root,
            app.dir
                .work()
                .join(&now.workspace)
                .join(&now.name)
                .join("runner.log")
                .display()
        );
        (Status::Failed, reason)
    };
    end_or_retry(ctx, &now, Ending::bare(status, reason)).await
}

/// Ends a job, or queues it for its next try when it failed and has tries left.
pub(crate) async fn end_or_retry(ctx: &OpContext, row: &Job, ending: Ending) -> Result<()> {
    let app = ctx.app();
    let retries = match serde_json::from_str(&row.plan) {
        Ok(Plan::Command(plan)) => i64::from(plan.retries),
        _ => 0,
    };
    let tries = row.attempt - row.free_tries;
    if ending.status != Status::Failed || tries > retries {
        end(ctx, row, ending).await?;
        return Ok(());
    }
    let why = ending.reason.clone().unwrap_or_default();
    let reason = format!("try {tries} of {} failed: {why}", retries + 1);
    let (work, now) = (row.clone(), ctx.now_ms());
    let moved = app
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let patch = job::Patch {
                    status: Some(Status::Queued.as_str()),
                    reason: Some(Some(reason)),
                    handle: Some(None),
                    ..job::Patch::default()
                };
                // Not out of CancelRequested: who was told to stop does not start again.
                let from = ["Starting", "Preparing", "Running", "Finalizing"];
                let (workspace, name) = (&work.workspace, &work.name);
                let moved = job::transition_in(tx, workspace, name, work.attempt, &from, patch).await?;
                if moved {
                    token_row::revoke_job(tx, workspace, name, now).await?;
                }
                Ok(moved)
            })
        })
        .await?;
    if !moved {
        let now = job::get(app.store.read(), &row.workspace, &row.name).await?;
        if let Some(now) = now.filter(|now| now.status == Status::CancelRequested.as_str()) {
            end(
                ctx,
                &now,
                Ending {
                    status: Status::Canceled,
                    ..ending
                },
            )
            .await?;
        }
        return Ok(());
    }
    app.tokens.forget_job(&row.workspace, &row.name);
    app.scheduler.left(&row.workspace, &row.name);
    if let Some(row) = job::get(app.store.read(), &row.workspace, &row.name).await? {
        app.start_job(&row).await;
    }
    Ok(())
}

/// Tells the runner of a job to stop it, and kills the runner when it does not.
pub(crate) fn stop_runner(app: &std::sync::Arc<App>, row: &Job) {
    let Some(handle) = app.scheduler.request_cancel(&row.workspace, &row.name) else {
        return;
    };
    let app = app.clone();
    tokio::spawn(async move {
        if let Err(error) = app.driver.stop(&handle, Stop::Term).await {
            tracing::error!(%error, attempt = %handle.attempt, "failed to stop a runner");
        }
        let grace = std::time::Duration::from_secs(crate::job::GRACE_S) + STOP_PATIENCE;
        if tokio::time::timeout(grace, app.driver.wait(&handle))
            .await
            .is_err()
        {
            tracing::warn!(attempt = %handle.attempt, "a runner did not stop in time and is killed");
            if let Err(error) = app.driver.stop(&handle, Stop::Kill).await {
                tracing::error!(%error, attempt = %handle.attempt, "failed to kill a runner");
            }
        }
    });
}

/// Removes the working folder of a job that has ended; what mattered of it has been stored.
fn clear_away(app: &App, row: &Job) {
    let folder = app.dir.work().join(&row.workspace).join(&row.name);
    tokio::task::spawn_blocking(move || {
        if let Err(error) = std::fs::remove_dir_all(&folder)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(folder = %folder.display(), %error, "failed to remove a working folder");
        }
    });
}
