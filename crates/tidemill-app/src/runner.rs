//! What the runner of a job, or of an instance of a deployment, asks and tells. It knows what it runs by its token alone,
//! and may touch no other.

use std::io::Write;

use indexmap::IndexMap;
use tidemill_api::runner::{
    Assignment, EnvironmentReport, Finish, LogAck, Orders, Outcome, OutputReport, Progress, Source,
};
use tidemill_objects::SafePath;
use tidemill_policy::action;
use tidemill_store::{job, run, to_json};

use crate::hub::{JobNews, What};
use crate::job::{CommandPlan, Ending, Job, OutputRecord, Plan, Status, artifact_root, assignment as build};
use crate::loops::end_or_retry;
use crate::{
    Error, Kind, OpContext, Principal, Result, Scope, bytes, contract, data_validation, deployment_instance,
    model_validation,
};

/// All that the runner must know. `token` is the runner's; the script of its job gets another.
///
/// # Errors
/// Conflict, when the job is not in the hands of this runner any more.
pub async fn assignment(ctx: &OpContext, token: &str) -> Result<Assignment> {
    if let Some(key) = deployment_instance::of_runner(ctx) {
        return deployment_instance::assignment(ctx, &key).await;
    }
    let row = own(ctx).await?;
    build(ctx, &row, &crate::token::of_script(token)).await
}

/// The runner says where it is with its job.
///
/// # Errors
/// As [`assignment`].
pub async fn progress(ctx: &OpContext, progress: Progress) -> Result<Orders> {
    if let Some(key) = deployment_instance::of_runner(ctx) {
        return deployment_instance::progress(ctx, &key, progress).await;
    }
    let row = own(ctx).await?;
    let app = ctx.app();
    let (status, message) = match progress {
        Progress::Preparing { message } => (Status::Preparing, Some(message)),
        Progress::Running => (Status::Running, None),
        Progress::Finalizing { message } => (Status::Finalizing, Some(message)),
    };
    app.scheduler
        .set_message(&row.workspace, &row.name, message.clone());
    let changes = row.status != status.as_str() && row.status != Status::CancelRequested.as_str();
    if changes {
        let (workspace, name, now) = (row.workspace.clone(), row.name.clone(), ctx.now_ms());
        app.store
            .write::<_, Error, _>(move |tx| {
                Box::pin(async move {
                    let started_at = (status == Status::Running).then_some(Some(now));
                    let patch = job::Patch {
                        status: Some(status.as_str()),
                        started_at,
                        ..job::Patch::default()
                    };
                    let from = ["Starting", "Preparing", "Running", "Finalizing"];
                    if job::transition(tx, &workspace, &name, &from, patch).await? && started_at.is_some() {
                        let word = status.run_status();
                        run::set_job_status(tx, &workspace, &name, word, Some(now), None).await?;
                    }
                    Ok(())
                })
            })
            .await?;
        tell(ctx, &row, What::Status);
    }
    if let Some(message) = message {
        tell(ctx, &row, What::Message(message));
    }
    Ok(orders(ctx, &row))
}

/// The runner lives.
///
/// # Errors
/// As [`assignment`].
pub async fn heartbeat(ctx: &OpContext) -> Result<Orders> {
    if let Some(key) = deployment_instance::of_runner(ctx) {
        return deployment_instance::heartbeat(ctx, &key).await;
    }
    let row = own(ctx).await?;
    Ok(orders(ctx, &row))
}

/// Bytes of a log, from an offset on. What is there already is not written twice.
///
/// # Errors
/// Invalid, for a name that is no log of a job; as [`assignment`].
pub async fn log(ctx: &OpContext, file: &str, offset: u64, chunk: ::bytes::Bytes) -> Result<LogAck> {
    if let Some(key) = deployment_instance::of_runner(ctx) {
        return deployment_instance::log(ctx, &key, file, offset, chunk).await;
    }
    let row = own(ctx).await?;
    let file = SafePath::parse(file)?;
    if !["user_logs", "logs"].contains(&file.names().next().unwrap_or_default()) {
        return Err(Error::invalid(format!(
            "failed to store log `{}`: logs are in user_logs/ and logs/",
            file.as_str()
        )));
    }
    let root = ctx.app().dir.artifacts(&row.workspace).join(artifact_root(&row));
    let path = file.under(&root);
    let next_offset = tokio::task::spawn_blocking(move || append(&path, offset, &chunk))
        .await
        .map_err(Error::internal)?
        .map_err(|error| {
            let full = error.kind() == std::io::ErrorKind::StorageFull;
            let message = if full {
                "the disk of the server is full"
            } else {
                "the server could not write it"
            };
            Error::new(Kind::Unavailable, format!("failed to store a log: {message}")).source(error)
        })?;
    tell(ctx, &row, What::Log);
    Ok(LogAck { next_offset })
}

fn append(path: &std::path::Path, offset: u64, chunk: &[u8]) -> std::io::Result<u64> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path)?;
    let there = file.metadata()?.len();
    let known = usize::try_from(there.saturating_sub(offset)).unwrap_or(usize::MAX);
    if offset > there || known >= chunk.len() {
        return Ok(there);
    }
    file.write_all(&chunk[known..])?;
    Ok(offset + chunk.len() as u64)
}

/// The environment that was prepared.
///
/// # Errors
/// As [`assignment`].
pub async fn environment(ctx: &OpContext, report: EnvironmentReport) -> Result<Orders> {
    if let Some(key) = deployment_instance::of_runner(ctx) {
        return deployment_instance::environment(ctx, &key, report).await;
    }
    let row = own(ctx).await?;
    let name = match command_plan(&row) {
        Some(plan) => plan.environment.name,
        None => None,
    };
    let text = to_json(&serde_json::json!({
        "name": name,
        "digest": report.digest,
        "changes": report.changes,
        "reused": report.reused,
        "took_ms": report.took_ms,
        "lock": report.lock,
    }));
    let (workspace, job_name) = (row.workspace.clone(), row.name.clone());
    ctx.app()
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let patch = job::Patch {
                    environment: Some(Some(text)),
                    ..job::Patch::default()
                };
                Ok(job::update(tx, &workspace, &job_name, patch).await?)
            })
        })
        .await?;
    Ok(orders(ctx, &row))
}

/// The job has ended.
///
/// # Errors
/// As [`assignment`].
pub async fn finish(ctx: &OpContext, finish: Finish) -> Result<()> {
    if let Some(key) = deployment_instance::of_runner(ctx) {
        return deployment_instance::finish(ctx, &key, finish).await;
    }
    let row = own(ctx).await?;
    let plan =
        command_plan(&row).ok_or_else(|| Error::internal("a runner ended a job that has no command"))?;
    let Finish {
        outcome,
        exit_code,
        reason,
        outputs,
        mut warnings,
    } = finish;
    if plan.validates
        && let Err(error) = data_validation::of_step(ctx, &row, &plan).await
    {
        tracing::warn!(job = row.name, %error, "failed to keep what a validation found");
        warnings.push(error.to_string());
    }
    let mut records = IndexMap::new();
    for (port, report) in outputs {
        if let Some(record) = record(ctx, &row, &plan, &port, report).await? {
            records.insert(port, record);
        }
    }
    let (outcome, reason) = match (outcome, &plan.validates_model) {
        (Outcome::Completed, Some(step)) => {
            match model_validation::verdict(ctx, &row, (&plan, step), &mut records).await? {
                Some(why) => (Outcome::Failed, Some(why)),
                None => (outcome, reason),
            }
        }
        (Outcome::Failed, _) if plan.validates => match data_validation::failure_of_step(ctx, &row).await {
            Ok(Some(why)) => (outcome, Some(why)),
            _ => (outcome, reason),
        },
        (outcome, _) => (outcome, reason),
    };
    let (outcome, reason) = match outcome {
        Outcome::Completed => match keeps_contracts(ctx, &row, &plan, &records).await {
            Ok(more) => {
                warnings.extend(more);
                (outcome, reason)
            }
            // The work is done, and nobody is to take it as a version.
            Err(error) => {
                let why = error.to_string();
                (Outcome::Failed, Some(why))
            }
        },
        outcome => (outcome, reason),
    };
    let status = match outcome {
        Outcome::Completed => Status::Completed,
        Outcome::Failed => Status::Failed,
        Outcome::Canceled => Status::Canceled,
    };
    let assets = plan
        .outputs
        .iter()
        .filter_map(|(port, output)| Some((port.clone(), (output.name.clone()?, output.version.clone()))))
        .collect();
    let ending = Ending {
        status,
        reason,
        exit_code,
        outputs: records,
        assets,
        reused_from: None,
        warnings,
    };
    let failed = Ending {
        status: Status::Failed,
        assets: IndexMap::new(),
        ..ending.clone()
    };
    match end_or_retry(ctx, &row, ending).await {
        // The work is done, but what it was to become is taken or badly named: that is the job's failure.
        Err(error) if matches!(error.kind, Kind::Conflict | Kind::Invalid) => {
            let reason = format!("failed to register an output: {error}");
            end_or_retry(
                ctx,
                &row,
                Ending {
                    reason: Some(reason),
                    ..failed
                },
            )
            .await
        }
        ended => ended,
    }
}

/// Checks outputs that become versions of data against what their consumers live by; gives warnings.
async fn keeps_contracts(
    ctx: &OpContext,
    row: &Job,
    plan: &CommandPlan,
    records: &IndexMap<String, OutputRecord>,
) -> Result<Vec<String>> {
    let mut warnings = Vec::new();
    for (port, record) in records {
        let name = plan.outputs.get(port).and_then(|output| output.name.as_deref());
        let Some(name) = name.filter(|_| !record.r#type.ends_with("_model")) else {
            continue;
        };
        let datastore = record.datastore.clone();
        let source = Source::Datastore {
            datastore: datastore.unwrap_or_else(|| crate::datastore::ARTIFACTS.to_owned()),
            path: record.path.clone(),
        };
        let found = contract::guard(&ctx.app().system(), &row.workspace, name, &source).await?;
        warnings.extend(found.into_iter().map(|words| format!("output {port}: {words}")));
    }
    Ok(warnings)
}

async fn record(
    ctx: &OpContext,
    row: &Job,
    plan: &CommandPlan,
    port: &str,
    report: OutputReport,
) -> Result<Option<OutputRecord>> {
    let Some(planned) = plan.outputs.get(port) else {
        return Ok(None);
    };
    bytes::keep_manifest(ctx, &report.digest, &report.manifest).await?;
    let path = match &planned.datastore {
        Some(_) => planned.path.clone(),
        None => artifact_root(row),
    };
    Ok(Some(OutputRecord {
        r#type: planned.r#type.clone(),
        uri: planned.uri(&row.name),
        datastore: planned.datastore.clone(),
        path,
        digest: Some(report.digest),
        size_bytes: report.size_bytes,
        files: report.files,
        asset: None,
    }))
}

fn command_plan(row: &Job) -> Option<CommandPlan> {
    match serde_json::from_str(&row.plan) {
        Ok(Plan::Command(plan)) => Some(*plan),
        _ => None,
    }
}

/// The job of the runner that asks, while it is in its hands.
async fn own(ctx: &OpContext) -> Result<Job> {
    let (Principal::Runner { workspace, job: name } | Principal::Job { workspace, job: name }) =
        ctx.principal().clone()
    else {
        return Err(Error::forbidden(
            "failed to serve a runner: the caller is not a job",
        ));
    };
    ctx.authorize(action::JOB_RUN, &Scope::job(&workspace, &name))
        .await?;
    let row = job::get(ctx.app().store.read(), &workspace, &name).await?;
    let row = row.ok_or_else(|| Error::not_found("job", &name))?;
    if !Status::LAUNCHED.contains(&row.status.as_str()) {
        return Err(Error::conflict(format!(
            "failed to serve the runner of `{name}`: the job is {}",
            row.status
        )));
    }
    Ok(row)
}

fn orders(ctx: &OpContext, row: &Job) -> Orders {
    let cancel = row.status == Status::CancelRequested.as_str()
        || ctx.app().scheduler.is_cancelled(&row.workspace, &row.name);
    Orders { cancel }
}

fn tell(ctx: &OpContext, row: &Job, what: What) {
    ctx.app().hub.tell(JobNews {
        workspace: row.workspace.clone(),
        root: row.root.clone(),
        job: row.name.clone(),
        what,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_that_comes_twice_is_written_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("user_logs/std_log.txt");
        assert_eq!(append(&path, 0, b"hello ").expect("writes"), 6);
        assert_eq!(append(&path, 0, b"hello ").expect("knows it"), 6);
        assert_eq!(append(&path, 3, b"lo world").expect("writes the rest"), 11);
        assert_eq!(append(&path, 99, b"gap").expect("says what it has"), 11);
        assert_eq!(std::fs::read(&path).expect("there"), b"hello world");
    }
}
