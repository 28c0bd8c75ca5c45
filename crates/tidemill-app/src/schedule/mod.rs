//! Schedules: jobs that are submitted by themselves, or data that are brought in, at times or when something happens, with the rights of
//! who wrote the schedule.

mod act;
mod fire;
mod happened;
mod import;
mod job;
mod monitor;

pub use act::{delete, set_enabled, trigger};
pub(crate) use fire::{Due, claim, submit};
pub(crate) use happened::since;

use serde_json::Value;
use tidemill_policy::Subject;
use tidemill_spec::kinds::{self, Spec, Trigger};
use tidemill_spec::trigger::Times;
use tidemill_store::page::{Page, PageRequest};
use tidemill_store::{from_json, job as job_row, schedule, schedule_run, to_json};

use crate::context::{Change, principal};
use crate::workspace::check_revision;
use crate::{App, Error, OpContext, Result, Scope, action, name};

/// A schedule as it is kept.
pub type Row = schedule::Model;
/// One time that it fell due.
pub type Run = schedule_run::Model;

/// So many next times are shown.
const SHOWN_TIMES: usize = 5;

/// A schedule with what is shown of it.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The schedule.
    pub row: Row,
    /// Its next times, in UTC milliseconds.
    pub next_times: Vec<i64>,
    /// What it did last, with the status of its job.
    pub last: Option<(Run, Option<String>)>,
}

fn scope(workspace: &str, name: &str) -> Scope {
    Scope::resource(workspace, "schedules", name)
}

/// Makes or changes a schedule. Who changes what it does is who it does it as from then on.
///
/// # Errors
/// Invalid with the field; what the job itself would be refused for; Forbidden for a limited token, for a job, and for `run_as` somebody
/// who may do more.
pub async fn put(
    ctx: &OpContext,
    workspace: &str,
    given: &str,
    mut spec: kinds::Schedule,
    if_match: Option<i64>,
) -> Result<Shown> {
    let scope = scope(workspace, given);
    ctx.authorize(action::SCHEDULE_WRITE, &scope).await?;
    let workspace = &crate::workspace::get(ctx, workspace).await?.name;
    name::check("schedule", given)?;
    spec.name = given.to_owned();
    crate::spec::check(&Spec::Schedule(Box::new(spec.clone())))?;
    let app = ctx.app();
    let before = schedule::get(app.store.read(), workspace, given).await?;
    check_revision(
        "schedule",
        given,
        before.as_ref().map(|row| row.revision),
        if_match,
    )?;
    let owner = owner(ctx, &spec, &scope).await?;
    let as_owner = acting(app, &owner)?;
    if let Some(import) = &spec.import_data {
        import::check(&as_owner, workspace, import).await?;
    }
    if spec.import_data.is_none() {
        as_owner
            .authorize(action::JOB_WRITE, &Scope::job(workspace, given))
            .await?;
    }
    let resolved = match (&spec.create_job, &spec.create_monitor) {
        (Some(job), _) => job::resolve(&as_owner, workspace, job).await?,
        (None, Some(watched)) => Some(monitor::job(&as_owner, &spec, watched).await?),
        (None, None) => None,
    };
    if let Some(resolved) = &resolved {
        job::check(&as_owner, workspace, given, &spec, resolved.clone()).await?;
    }
    let now = ctx.now_ms();
    let old: Option<kinds::Schedule> = before.as_ref().map(spec_of).transpose()?;
    let same_times = old.as_ref().is_some_and(|old| old.trigger == spec.trigger);
    let made_at = before
        .as_ref()
        .filter(|_| same_times)
        .map_or(now, |row| row.made_at);
    let enabled = before.as_ref().is_none_or(|row| row.enabled);
    let next_at = match (&before, same_times) {
        (Some(row), true) => row.next_at,
        _ => times(&spec, made_at)
            .and_then(|times| times.first(now))
            .filter(|_| enabled),
    };
    let after = serde_json::to_value(&spec).map_err(Error::internal)?;
    let row = Row {
        workspace: workspace.clone(),
        name: given.to_owned(),
        spec: to_json(&after),
        // What is published may change; what is written here stays.
        job: resolved.as_ref().map(to_json),
        owner: owner.to_string(),
        enabled,
        next_at,
        made_at,
        seen_at: match before.as_ref().filter(|_| same_times) {
            Some(row) => row.seen_at,
            None => happened::seen_now(app, workspace, &spec).await?,
        },
        created_by: before
            .as_ref()
            .map_or_else(|| ctx.principal().to_string(), |row| row.created_by.clone()),
        revision: before.as_ref().map_or(1, |row| row.revision + 1),
        created_at: before.as_ref().map_or(now, |row| row.created_at),
        updated_at: now,
    };
    write(ctx, scope, before, row.clone(), after).await?;
    shown(app, row).await
}

/// Writes a schedule if nobody else did meanwhile, and has the loop look.
async fn write(ctx: &OpContext, scope: Scope, before: Option<Row>, row: Row, after: Value) -> Result<()> {
    let seen = before.as_ref().map(|row| row.revision);
    let change = Change {
        action: action::SCHEDULE_WRITE,
        scope,
        before: before.map_or(Value::Null, |row| {
            serde_json::from_str(&row.spec).unwrap_or_default()
        }),
        after,
    };
    ctx.change(change, move |tx| {
        Box::pin(async move {
            let there = schedule::get(tx, &row.workspace, &row.name).await?;
            check_revision("schedule", &row.name, there.map(|row| row.revision), seen)?;
            Ok(schedule::put(tx, row).await?)
        })
    })
    .await?;
    ctx.app().schedules.look();
    Ok(())
}

/// As whom it runs: who writes it, or somebody who may do no more.
async fn owner(ctx: &OpContext, spec: &kinds::Schedule, scope: &Scope) -> Result<Subject> {
    let writer = ctx.subject().filter(|_| ctx.limits().is_none());
    let Some(writer) = writer else {
        let why = "a schedule acts for who writes it at any time, which neither a job nor a limited token may arrange";
        ctx.refused(action::SCHEDULE_WRITE, scope, why).await?;
        return Err(
            Error::forbidden(format!("failed to write schedule `{}`: {why}", spec.name))
                .hint("sign in as yourself, or as a service principal"),
        );
    };
    let Some(named) = &spec.run_as else {
        return Ok(writer);
    };
    let subject =
        Subject::parse(named).ok_or_else(|| Error::invalid(format!("failed to read run_as `{named}`")))?;
    crate::principal::find(ctx, &subject).await?;
    if subject != writer {
        crate::principal::within_own(ctx, &subject).await?;
    }
    Ok(subject)
}

/// A context of somebody for whom the server acts.
pub(crate) fn acting(app: &std::sync::Arc<App>, owner: &Subject) -> Result<OpContext> {
    let principal = principal(owner).ok_or_else(|| Error::internal(format!("nothing runs as {owner}")))?;
    Ok(OpContext::new(app.clone(), principal, app.clock.ulid()))
}

/// A schedule.
///
/// # Errors
/// NotFound, with the names that there are.
pub async fn get(ctx: &OpContext, workspace: &str, name: &str) -> Result<Shown> {
    ctx.authorize(action::SCHEDULE_READ, &scope(workspace, name))
        .await?;
    let workspace = &crate::workspace::get(ctx, workspace).await?.name;
    shown(ctx.app(), find(ctx.app(), workspace, name).await?).await
}

/// Schedules by name.
///
/// # Errors
/// NotFound, for a workspace that is not there.
pub async fn list(ctx: &OpContext, workspace: &str, page: &PageRequest) -> Result<Page<Shown>> {
    ctx.authorize(action::SCHEDULE_READ, &Scope::workspace(workspace))
        .await?;
    let workspace = &crate::workspace::get(ctx, workspace).await?.name;
    let rows = schedule::list(ctx.app().store.read(), workspace, page).await?;
    let mut items = Vec::with_capacity(rows.items.len());
    for row in rows.items {
        items.push(shown(ctx.app(), row).await?);
    }
    Ok(Page {
        items,
        next: rows.next,
    })
}

/// What a schedule did, newest first, each with the status of its job.
///
/// # Errors
/// NotFound.
pub async fn runs(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    most: u64,
) -> Result<Vec<(Run, Option<String>)>> {
    ctx.authorize(action::SCHEDULE_READ, &scope(workspace, name))
        .await?;
    let workspace = &crate::workspace::get(ctx, workspace).await?.name;
    find(ctx.app(), workspace, name).await?;
    let mut found = Vec::new();
    for run in schedule_run::of(ctx.app().store.read(), workspace, name, most).await? {
        found.push(with_status(ctx.app(), run).await?);
    }
    Ok(found)
}

async fn with_status(app: &App, run: Run) -> Result<(Run, Option<String>)> {
    if run.job.is_empty() {
        return Ok((run, None));
    }
    let job = job_row::get(app.store.read(), &run.workspace, &run.job).await?;
    Ok((run, job.map(|job| job.status)))
}

pub(crate) async fn find(app: &App, workspace: &str, name: &str) -> Result<Row> {
    let db = app.store.read();
    if let Some(row) = schedule::get(db, workspace, name).await? {
        return Ok(row);
    }
    let there = schedule::list(db, workspace, &PageRequest::default()).await?;
    let names: Vec<_> = there.items.iter().map(|row| row.name.as_str()).collect();
    Err(Error::not_found("schedule", name).hint(match names.is_empty() {
        true => format!(
            "workspace `{workspace}` has none: make one with `tidemill schedule create -f schedule.yml`"
        ),
        false => format!("workspace `{workspace}` has: {}", names.join(", ")),
    }))
}

async fn shown(app: &App, row: Row) -> Result<Shown> {
    let spec = spec_of(&row)?;
    let next_times = match row.next_at.filter(|_| row.enabled) {
        Some(next) => times(&spec, row.made_at)
            .map(|times| times.upcoming(next - 1, SHOWN_TIMES))
            .unwrap_or_default(),
        None => Vec::new(),
    };
    let last = schedule_run::of(app.store.read(), &row.workspace, &row.name, 1)
        .await?
        .pop();
    let last = match last {
        Some(run) => Some(with_status(app, run).await?),
        None => None,
    };
    Ok(Shown {
        row,
        next_times,
        last,
    })
}

/// What a schedule says.
pub(crate) fn spec_of(row: &Row) -> Result<kinds::Schedule> {
    Ok(from_json("schedule", "spec", &row.spec)?)
}

/// The times of a schedule that has times.
pub(crate) fn times(spec: &kinds::Schedule, made_at: i64) -> Option<Times> {
    match &spec.trigger {
        Trigger::Cron(_) | Trigger::Recurrence(_) => Times::read(&spec.trigger, made_at).ok(),
        Trigger::DataVersion(_) | Trigger::DriftAlarm(_) => None,
    }
}
