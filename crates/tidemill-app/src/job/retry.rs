//! Another try: of one command, or of a pipeline from where it stopped.

use serde_json::{Value, json};
use tidemill_policy::action;
use tidemill_store::{job, run};

use super::{Job, Status, get};
use crate::context::Change;
use crate::{Error, OpContext, Result, Scope};

/// Runs a command job that did not end well once more, under the same name.
///
/// # Errors
/// Conflict, when it has not ended or ended well.
pub async fn retry(ctx: &OpContext, workspace: &str, name: &str) -> Result<Job> {
    let row = again(ctx, workspace, name, "retry").await?;
    if row.kind == "pipeline" {
        return resume_pipeline(ctx, row).await;
    }
    retry_command(ctx, row).await
}

async fn retry_command(ctx: &OpContext, row: Job) -> Result<Job> {
    let name = &row.name;
    if row.parent.is_some() {
        return Err(
            Error::conflict(format!("failed to retry job `{name}`: it is a step")).hint(format!(
                "`tidemill job resume -n {}` goes on with its pipeline",
                row.root
            )),
        );
    }
    reopen(ctx, &row, Status::Queued, Vec::new()).await
}

/// Goes on with a pipeline that did not end well: steps that completed stay, all others run.
///
/// # Errors
/// Conflict, when it has not ended or ended well.
pub async fn resume(ctx: &OpContext, workspace: &str, name: &str) -> Result<Job> {
    let row = again(ctx, workspace, name, "resume").await?;
    if row.kind != "pipeline" {
        return retry_command(ctx, row).await;
    }
    resume_pipeline(ctx, row).await
}

async fn resume_pipeline(ctx: &OpContext, row: Job) -> Result<Job> {
    let name = &row.name;
    if let Some(parent) = &row.parent {
        return Err(Error::conflict(format!(
            "failed to resume job `{name}`: it is a step of `{parent}`"
        ))
        .hint(format!(
            "`tidemill job resume -n {}` goes on with the whole",
            row.root
        )));
    }
    let all = job::tree(ctx.app().store.read(), &row.workspace, &row.name).await?;
    let open = all
        .into_iter()
        .filter(|step| step.name != row.name && step.status != Status::Completed.as_str());
    let steps = open.map(|step| (step.name, step.attempt)).collect();
    reopen(ctx, &row, Status::Running, steps).await
}

async fn again(ctx: &OpContext, workspace: &str, name: &str, verb: &str) -> Result<Job> {
    ctx.authorize(action::JOB_WRITE, &Scope::job(workspace, name))
        .await?;
    let row = get(ctx, workspace, name).await?;
    match row.status.parse() {
        Ok(Status::Failed | Status::Canceled) => Ok(row),
        Ok(Status::Completed) => Err(Error::conflict(format!(
            "failed to {verb} job `{name}`: it has completed; submit it again instead"
        ))),
        _ => Err(Error::conflict(format!(
            "failed to {verb} job `{name}`: it has not ended ({})",
            row.status
        ))
        .hint(format!("`tidemill job cancel -n {name}` ends it"))),
    }
}

async fn reopen(ctx: &OpContext, row: &Job, status: Status, steps: Vec<(String, i64)>) -> Result<Job> {
    let change = Change {
        action: action::JOB_WRITE,
        scope: Scope::job(&row.workspace, &row.name),
        before: json!({ "status": row.status }),
        after: json!({ "status": status.as_str() }),
    };
    let (workspace, name, tried) = (row.workspace.clone(), row.name.clone(), row.attempt);
    ctx.change(change, move |tx| {
        Box::pin(async move {
            crate::workspace_life::hold(tx, &workspace).await?;
            let open = |status: Status| job::Patch {
                status: Some(status.as_str()),
                reason: Some(None),
                exit_code: Some(None),
                ended_at: Some(None),
                ..job::Patch::default()
            };
            let ended = [Status::Failed.as_str(), Status::Canceled.as_str()];
            // Whoever asks for another try gets all that the job's limit allows.
            let again = job::Patch {
                free_tries: Some(tried),
                ..open(status)
            };
            if !job::transition(tx, &workspace, &name, &ended, again).await? {
                return Err(Error::conflict(format!(
                    "failed to run job `{name}` again: somebody did so just now"
                )));
            }
            run::set_job_status(tx, &workspace, &name, status.run_status(), None, None).await?;
            for (step, tried) in steps {
                // One that still runs ends by itself.
                let again = job::Patch {
                    free_tries: Some(tried),
                    ..open(Status::NotStarted)
                };
                let from = ["NotStarted", "Failed", "Canceled"];
                job::transition(tx, &workspace, &step, &from, again).await?;
            }
            Ok(Value::Null)
        })
    })
    .await?;
    let row = get(ctx, &row.workspace, &row.name).await?;
    ctx.app().start_job(&row).await;
    Ok(row)
}
