//! One time of a schedule: it is written down before its job is submitted, under a key that no other time has, and its job has a name
//! that goes with that. So it starts one job, whenever the server is killed.

use std::sync::Arc;

use serde_json::{Value, json};
use tidemill_policy::Subject;
use tidemill_spec::kinds::{Job, ScheduledJob};
use tidemill_store::schedule_run::{CLAIMED, FAILED, SUBMITTED};
use tidemill_store::{event, from_json, job as job_row, schedule, schedule_run, to_json};

use super::{Row, Run, acting, import, job, scope, spec_of};
use crate::{App, Error, OpContext, Result, published_pipeline};

/// Why a job is to be submitted.
#[derive(Debug, Clone)]
pub(crate) struct Due {
    pub id: String,
    pub due_at: i64,
    pub why: &'static str,
    pub missed: i64,
    pub who: String,
    pub inputs: Value,
    pub reason: Option<String>,
}

/// Writes down that a time is taken up, and when the schedule looks again. `None` when that time was taken up before.
pub(crate) async fn claim(
    app: &Arc<App>,
    row: &Row,
    due: Due,
    next_at: Option<i64>,
    seen_at: i64,
) -> Result<Option<Run>> {
    let now = app.clock.now_ms();
    let Due {
        id,
        due_at,
        why,
        missed,
        who,
        inputs,
        reason,
    } = due;
    let imports = spec_of(row)?.import_data.is_some();
    let moment = jiff::Timestamp::from_millisecond(due_at).map_err(Error::internal)?;
    let job = match why {
        // What is brought in is no job.
        _ if imports => String::new(),
        "due" | "catch_up" => format!("{}-{}", row.name, moment.strftime("%Y%m%dT%H%M%SZ")),
        _ => format!(
            "{}-{}-{}",
            row.name,
            moment.strftime("%Y%m%dT%H%M%SZ"),
            short(&id)
        ),
    };
    let run = Run {
        workspace: row.workspace.clone(),
        schedule: row.name.clone(),
        id,
        due_at,
        at: now,
        why: why.into(),
        missed,
        who,
        job,
        inputs: to_json(&inputs),
        state: CLAIMED.into(),
        reason,
    };
    let told = event::Model {
        id: app.clock.ulid(),
        at: now,
        workspace: Some(row.workspace.clone()),
        kind: "schedule/due".into(),
        subject: scope(&row.workspace, &row.name).to_string(),
        detail: json!({ "id": run.id, "job": run.job, "why": why, "missed": missed }).to_string(),
    };
    let (row, written) = (row.clone(), run.clone());
    let is_new = app
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                schedule::advance(tx, &row, next_at, seen_at).await?;
                let there = schedule::get(tx, &row.workspace, &row.name).await?;
                // By hand it may be switched off; a schedule that was changed meanwhile is looked at anew.
                let counts = there.is_some_and(|there| there.revision == row.revision);
                if !counts
                    || schedule_run::get(tx, &written.workspace, &written.schedule, &written.id)
                        .await?
                        .is_some()
                {
                    return Ok(false);
                }
                schedule_run::add(tx, written).await?;
                event::append(tx, told).await?;
                Ok(true)
            })
        })
        .await?;
    Ok(is_new.then_some(run))
}

/// The end of an id, as a part of a name.
fn short(id: &str) -> String {
    let fine: String = id
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'))
        .collect();
    fine.chars()
        .rev()
        .take(12)
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect::<String>()
        .to_ascii_lowercase()
}

/// Submits the job of a time that was taken up, as the owner of the schedule, and writes down what came of it. What cannot be submitted
/// is not tried again: the next time comes.
///
/// # Errors
/// When that cannot be written.
pub(crate) async fn submit(app: &Arc<App>, row: &Row, run: Run) -> Result<Run> {
    if let Some(import) = spec_of(row)?.import_data {
        import::start(app, row, run.clone(), *import);
        return Ok(run);
    }
    let submitted = match job_row::get(app.store.read(), &run.workspace, &run.job).await? {
        // A server that was killed after that it did so.
        Some(_) => Ok(()),
        None => try_submit(app, row, &run).await,
    };
    let (state, reason) = match submitted {
        Ok(()) => (SUBMITTED, run.reason.clone()),
        Err(error) => {
            tracing::warn!(workspace = run.workspace, schedule = run.schedule, %error, "failed to submit the job of a schedule");
            let hint = error
                .hint
                .as_ref()
                .map(|hint| format!(" ({hint})"))
                .unwrap_or_default();
            (FAILED, Some(format!("{}{hint}", error.message)))
        }
    };
    end(app, run, state, reason).await
}

/// Writes down what came of a time.
pub(super) async fn end(app: &Arc<App>, run: Run, state: &str, reason: Option<String>) -> Result<Run> {
    let ended = Run {
        state: state.into(),
        reason,
        ..run
    };
    let written = ended.clone();
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                Ok(schedule_run::end(tx, &written, &written.state, written.reason.clone()).await?)
            })
        })
        .await?;
    Ok(ended)
}

async fn try_submit(app: &Arc<App>, row: &Row, run: &Run) -> Result<()> {
    let spec = spec_of(row)?;
    let owner = owner(app, row, &format!("job `{}` is not submitted", run.job))?;
    let given: Value = from_json("schedule_run", "inputs", &run.inputs)?;
    if let Some(ScheduledJob::Published(asked)) = &spec.create_job {
        let call = job::call(&spec, asked, &run.job, run.due_at, &run.why, &given)?;
        published_pipeline::invoke(&owner, &row.workspace, &asked.endpoint, call).await?;
        return Ok(());
    }
    let job = row
        .job
        .as_ref()
        .ok_or_else(|| Error::internal("a schedule has no job"))?;
    let job: Job = from_json("schedule", "job", job)?;
    let submission = job::submission(&spec, job, &run.job, run.due_at, &run.why, &given)?;
    crate::job::submit(&owner, &row.workspace, &run.job, submission).await?;
    Ok(())
}

/// As whom a schedule acts, if they are still there.
pub(super) fn owner(app: &Arc<App>, row: &Row, what: &str) -> Result<OpContext> {
    let subject =
        Subject::parse(&row.owner).ok_or_else(|| Error::internal(format!("nobody is {}", row.owner)))?;
    if !app.access.current().active.contains(&subject) {
        return Err(Error::forbidden(format!(
            "{what}: {subject}, as whom schedule `{}` runs, is no more",
            row.name
        ))
        .hint("write the schedule anew as somebody who is there, or give `run_as`"));
    }
    acting(app, &subject)
}
