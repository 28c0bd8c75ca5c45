//! The end of a job, however it came: its row, its run, its outputs and its lineage in one transaction, then all who
//! waited for it.

use indexmap::IndexMap;
use serde_json::json;
use tidemill_policy::action;
use tidemill_store::{event, job, lineage, run, to_json, token};

use super::{Job, OutputRecord, Status};
use crate::data::OutputVersion;
use crate::hub::{JobNews, What};
use crate::{Error, Kind, OpContext, Result, Scope, data, model};

/// How a job ended.
#[derive(Debug, Clone)]
pub(crate) struct Ending {
    /// `Completed`, `Failed` or `Canceled`.
    pub status: Status,
    /// Why, for people.
    pub reason: Option<String>,
    /// Of the command.
    pub exit_code: Option<i32>,
    /// What it wrote.
    pub outputs: IndexMap<String, OutputRecord>,
    /// Named outputs become assets: by output, the name and version wanted.
    pub assets: IndexMap<String, (String, Option<String>)>,
    /// The job whose outputs these are.
    pub reused_from: Option<String>,
    /// Warnings to add.
    pub warnings: Vec<String>,
}

impl Ending {
    /// An end with nothing but a state and a reason.
    pub(crate) fn bare(status: Status, reason: impl Into<String>) -> Self {
        Self {
            status,
            reason: Some(reason.into()),
            exit_code: None,
            outputs: IndexMap::new(),
            assets: IndexMap::new(),
            reused_from: None,
            warnings: Vec::new(),
        }
    }
}

/// Ends a job, unless it has ended already. Says whether it did.
pub(crate) async fn end(ctx: &OpContext, row: &Job, ending: Ending) -> Result<bool> {
    let app = ctx.app();
    let now = ctx.now_ms();
    let status = ending.status;
    let work = row.clone();
    let event_row = event::Model {
        id: app.clock.ulid(),
        at: now,
        workspace: Some(row.workspace.clone()),
        kind: format!("job/{}", status.as_str().to_lowercase()),
        subject: Scope::job(&row.workspace, &row.name).to_string(),
        detail: json!({ "reason": ending.reason, "action": action::JOB_RUN.as_str() }).to_string(),
    };
    let ended = app
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                // Only the try that the caller looked at may end the job, and only once.
                let now_row = job::get(tx, &work.workspace, &work.name).await?;
                let is_open =
                    |row: &Job| row.attempt == work.attempt && Status::OPEN.contains(&row.status.as_str());
                if !now_row.as_ref().is_some_and(is_open) {
                    return Ok(false);
                }
                let mut outputs = ending.outputs;
                if status == Status::Completed {
                    register(tx, &work, &mut outputs, &ending.assets, now).await?;
                }
                let mut warnings: Vec<String> = serde_json::from_str(&work.warnings).unwrap_or_default();
                warnings.extend(ending.warnings);
                let patch = job::Patch {
                    status: Some(status.as_str()),
                    reason: Some(ending.reason),
                    exit_code: Some(ending.exit_code.map(i64::from)),
                    outputs: Some(to_json(&outputs)),
                    reused_from: Some(ending.reused_from),
                    warnings: Some(to_json(&warnings)),
                    ended_at: Some(Some(now)),
                    handle: Some(None),
                    ..job::Patch::default()
                };
                job::update(tx, &work.workspace, &work.name, patch).await?;
                run::set_job_status(
                    tx,
                    &work.workspace,
                    &work.name,
                    status.run_status(),
                    None,
                    Some(now),
                )
                .await?;
                lineage::put(tx, out_rows(&work, &outputs)).await?;
                if work.attempt > 0 {
                    token::revoke_job(tx, &work.workspace, &work.name, now).await?;
                }
                event::append(tx, event_row).await?;
                Ok(true)
            })
        })
        .await?;
    if ended {
        tell_all(ctx, row, status);
    }
    Ok(ended)
}

/// Tells all who wait for a job that it has ended. Telling twice does no harm.
pub(crate) fn tell_all(ctx: &OpContext, row: &Job, status: Status) {
    let app = ctx.app();
    app.tokens.forget_job(&row.workspace, &row.name);
    app.hub.tell(JobNews {
        workspace: row.workspace.clone(),
        root: row.root.clone(),
        job: row.name.clone(),
        what: What::Status,
    });
    app.scheduler.left(&row.workspace, &row.name);
    app.tell_parent(row, status);
}

/// As [`end`], and again until it is written: a disk that is full or a database that is away must not leave a job that
/// nobody ends.
pub(crate) async fn end_surely(ctx: &OpContext, row: &Job, ending: Ending) {
    let mut pause_s = 1;
    loop {
        let error = match end(ctx, row, ending.clone()).await {
            Ok(_) => return,
            Err(error) => error,
        };
        tracing::error!(workspace = row.workspace, job = row.name, %error, "failed to end a job; trying again");
        if matches!(error.kind, Kind::Conflict | Kind::Invalid) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_secs(pause_s)).await;
        pause_s = (pause_s * 2).min(30);
    }
}

/// Ends steps that never will start.
pub(crate) async fn fail_waiting(ctx: &OpContext, rows: &[Job], reason: &str) -> Result<()> {
    for row in rows {
        end(ctx, row, Ending::bare(Status::Canceled, reason)).await?;
    }
    Ok(())
}

async fn register(
    tx: &tidemill_store::DatabaseTransaction,
    work: &Job,
    outputs: &mut IndexMap<String, OutputRecord>,
    assets: &IndexMap<String, (String, Option<String>)>,
    now: i64,
) -> Result<(), Error> {
    for (port, (name, version)) in assets {
        let Some(record) = outputs.get_mut(port) else {
            continue;
        };
        let version = OutputVersion {
            workspace: work.workspace.clone(),
            name: name.clone(),
            version: version.clone(),
            asset_type: record.r#type.clone(),
            uri: record.uri.clone(),
            digest: record.digest.clone().unwrap_or_default(),
            size_bytes: record.size_bytes,
            files: record.files,
            job: work.name.clone(),
            created_by: work.created_by.clone(),
            now_ms: now,
        };
        let registered = if record.r#type.ends_with("_model") {
            model::register_output(tx, version).await?
        } else {
            data::register_output(tx, version).await?
        };
        record.asset = Some(registered);
    }
    Ok(())
}

fn out_rows(work: &Job, outputs: &IndexMap<String, OutputRecord>) -> Vec<lineage::Model> {
    let row = |(port, record): (&String, &OutputRecord)| lineage::Model {
        workspace: work.workspace.clone(),
        job: work.name.clone(),
        direction: "out".into(),
        port: port.clone(),
        asset: record.asset.clone(),
        uri: record.uri.clone(),
        digest: record.digest.clone(),
    };
    outputs.iter().map(row).collect()
}
