//! The tests of a roll-out: commands, which run as jobs of the workspace, and probes, which the server makes itself. They run when
//! the plan was applied, one after the other; what each found is kept.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indexmap::IndexMap;
use serde_json::{Value, json};
use tidemill_api::infra::{InfraPlan, InfraTest};
use tidemill_spec::kinds::{CommandJob, Job, RolloutProbe, RolloutTest};
use tidemill_spec::validate::check_rollout_tests;
use tidemill_store::infra::{plan as plan_row, test as test_row};

use super::kind::Kind;
use super::plan::{Body, body_of, find, shown as shown_plan};
use super::scope;
use super::wanted::Wanted;
use crate::context::Change;
use crate::job::{Status, Submission, submit};
use crate::{App, Error, OpContext, Result, action};

/// How long a test may take where nothing is said.
const USUAL_S: u32 = 600;
/// How long one waits before looking at a job again.
const PAUSE: Duration = Duration::from_millis(300);

/// The plans whose tests run on this server now.
#[derive(Debug, Default)]
pub struct Testing(Mutex<HashSet<String>>);

impl Testing {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads tests.
///
/// # Errors
/// Invalid, with everything that is wrong.
pub(super) fn read(tests: Vec<Value>) -> Result<Vec<RolloutTest>> {
    let mut all = Vec::new();
    for (number, test) in tests.into_iter().enumerate() {
        let read: Result<RolloutTest, _> = serde_json::from_value(test);
        all.push(read.map_err(|error| Error::invalid(format!("failed to read tests[{number}]: {error}")))?);
    }
    let problems = check_rollout_tests(&all);
    match problems.is_empty() {
        true => Ok(all),
        false => {
            let told: Vec<String> = problems
                .iter()
                .map(|one| format!("{}: {}", one.path, one.message))
                .collect();
            Err(Error::invalid(format!(
                "failed to read the tests: {}",
                told.join("; ")
            )))
        }
    }
}

/// Tests with the workspace that each is about.
///
/// # Errors
/// Invalid, when one does not say it and there is not one alone.
pub(super) fn placed(tests: Vec<RolloutTest>, wanted: &[Wanted]) -> Result<Vec<RolloutTest>> {
    let workspaces: Vec<&str> = wanted
        .iter()
        .filter(|one| one.address.kind == Kind::Workspace.as_str())
        .map(|one| one.address.name.as_str())
        .collect();
    let place = |mut test: RolloutTest| {
        let needs = test.probe.as_ref().is_none_or(|probe| probe.url.is_none());
        if test.workspace.is_none() && needs {
            test.workspace = match workspaces.as_slice() {
                [only] => Some((*only).to_owned()),
                _ => {
                    let error = Error::invalid(format!(
                        "failed to plan test `{}`: it does not say in which workspace it is",
                        test.name
                    ));
                    return Err(error.hint("add `workspace:`"));
                }
            };
        }
        Ok(test)
    };
    tests.into_iter().map(place).collect()
}

/// The tests of a plan, and how far they are.
pub(super) async fn shown(app: &App, row: &plan_row::Model, body: &Body) -> Result<Vec<InfraTest>> {
    if body.tests.is_empty() {
        return Ok(Vec::new());
    }
    let rows = test_row::of(app.store.read(), &row.id).await?;
    let mut rows: HashMap<i64, test_row::Model> = rows.into_iter().map(|row| (row.place, row)).collect();
    let runs = app.testing.lock().contains(&row.id);
    let tests = (0_i64..).zip(&body.tests).map(|(place, test)| {
        let found = rows.remove(&place);
        let state = match found.as_ref().map(|row| row.state.as_str()) {
            Some("running") if !runs => "interrupted",
            Some(state) => state,
            None if runs => "running",
            None if row.state == "applied" => "interrupted",
            None => "planned",
        };
        InfraTest {
            name: test.name.clone(),
            state: state.to_owned(),
            at: found.as_ref().map(|row| row.at),
            says: found.and_then(|row| row.says),
        }
    });
    Ok(tests.collect())
}

/// Runs the tests of a plan that was applied once more.
///
/// # Errors
/// Conflict, when it was not applied, has no tests, or they run already.
pub async fn run_again(ctx: &OpContext, id: &str) -> Result<InfraPlan> {
    ctx.authorize(action::INFRA_APPLY, &crate::Scope::server())
        .await?;
    let row = find(ctx.app(), id).await?;
    let refused = |why: &str| Err(Error::conflict(format!("failed to test plan {id}: {why}")));
    let body = body_of(&row)?;
    if row.state != "applied" {
        return refused(&format!("it is {}", row.state));
    }
    if body.tests.is_empty() {
        return refused("it has no tests");
    }
    if !start(ctx, &row, &body).await? {
        return refused("its tests run already");
    }
    shown_plan(ctx, row).await
}

/// Starts the tests of a plan in the background; false when they run already.
pub(super) async fn start(ctx: &OpContext, row: &plan_row::Model, body: &Body) -> Result<bool> {
    let app = ctx.app().clone();
    if !app.testing.lock().insert(row.id.clone()) {
        return Ok(false);
    }
    let id = row.id.clone();
    let change = Change {
        action: action::INFRA_APPLY,
        scope: scope(&row.stack),
        before: Value::Null,
        after: json!({ "plan": row.id, "tests": body.tests.len() }),
    };
    let begun = ctx
        .change(change, move |tx| {
            Box::pin(async move { Ok(test_row::forget(tx, &id).await?) })
        })
        .await;
    if let Err(error) = begun {
        app.testing.lock().remove(&row.id);
        return Err(error);
    }
    let (ctx, row, tests) = (ctx.clone(), row.clone(), body.tests.clone());
    tokio::spawn(async move {
        let ran = run(&ctx, &row, &tests).await;
        ctx.app().testing.lock().remove(&row.id);
        if let Err(error) = ran {
            tracing::error!(plan = row.id, %error, "failed to run the tests of a plan");
        }
    });
    Ok(true)
}

async fn run(ctx: &OpContext, row: &plan_row::Model, tests: &[RolloutTest]) -> Result<()> {
    let mut failed = Vec::new();
    for (place, test) in (0_i64..).zip(tests) {
        note(ctx, row, place, "running", None).await?;
        let limit = Duration::from_secs(u64::from(test.timeout_seconds.unwrap_or(USUAL_S)));
        let done = match &test.probe {
            Some(probe) => match tokio::time::timeout(limit, probed(ctx, test, probe)).await {
                Ok(done) => done,
                Err(_) => Err(format!("it took longer than {} s", limit.as_secs())),
            },
            None => commanded(ctx, row, place, test, limit).await,
        };
        let (state, says) = match done {
            Ok(says) => ("passed", says),
            Err(says) => ("failed", says),
        };
        if state == "failed" {
            failed.push(test.name.clone());
        }
        note(ctx, row, place, state, Some(says)).await?;
    }
    let change = Change {
        action: action::INFRA_APPLY,
        scope: scope(&row.stack),
        before: Value::Null,
        after: json!({ "plan": row.id, "tests_failed": failed, "tests": tests.len() }),
    };
    ctx.change(change, |_| Box::pin(async { Ok(()) })).await
}

async fn note(
    ctx: &OpContext,
    row: &plan_row::Model,
    place: i64,
    state: &str,
    says: Option<String>,
) -> Result<()> {
    let row = test_row::Model {
        plan: row.id.clone(),
        place,
        state: state.to_owned(),
        says,
        at: ctx.now_ms(),
    };
    let write = ctx
        .app()
        .store
        .write::<_, Error, _>(move |tx| Box::pin(async move { Ok(test_row::put(tx, row).await?) }));
    write.await
}

/// A command as a job, as whoever applied the plan.
async fn commanded(
    ctx: &OpContext,
    row: &plan_row::Model,
    place: i64,
    test: &RolloutTest,
    limit: Duration,
) -> Result<String, String> {
    let workspace = test.workspace.as_deref().unwrap_or_default();
    let said = |error: Error| error.message;
    let (Some(command), Some(environment)) = (&test.command, &test.environment) else {
        return Err("it has no command".into());
    };
    let mut spec = json!({ "command": command, "environment": environment, "experiment_name": "rollout-tests", "display_name": test.name });
    spec["environment_variables"] = json!(test.environment_variables);
    if let Some(compute) = &test.compute {
        spec["compute"] = json!(compute);
    }
    let spec: CommandJob = serde_json::from_value(spec).map_err(|error| error.to_string())?;
    let name = format!("rollout_{}_{place}", ctx.app().clock.ulid().to_lowercase());
    let submission = Submission {
        spec: Job::Command(Box::new(spec)),
        environment_policy: None,
        properties: IndexMap::from([("tidemill.plan".to_owned(), row.id.clone())]),
        rerun_from: None,
    };
    submit(ctx, workspace, &name, submission).await.map_err(said)?;
    let until = tokio::time::Instant::now() + limit;
    loop {
        let job = tidemill_store::job::get(ctx.app().store.read(), workspace, &name)
            .await
            .map_err(|error| error.to_string())?;
        let job = job.ok_or_else(|| format!("job {name} is gone"))?;
        if job.status.parse().is_ok_and(Status::is_over) {
            return match job.status == Status::Completed.as_str() {
                true => Ok(format!("job {name} completed")),
                false => Err(format!(
                    "job {name} ended as {}; `tidemill job stream -n {name} -w {workspace}` shows why",
                    job.status
                )),
            };
        }
        if tokio::time::Instant::now() >= until {
            // Whether it can be stopped any more changes nothing.
            let _ = crate::job::cancel(ctx, workspace, &name).await;
            return Err(format!(
                "job {name} took longer than {} s, and was stopped",
                limit.as_secs()
            ));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// What the server asks itself.
async fn probed(ctx: &OpContext, test: &RolloutTest, probe: &RolloutProbe) -> Result<String, String> {
    let workspace = test.workspace.as_deref().unwrap_or_default();
    let app = ctx.app();
    if let Some(name) = &probe.datastore {
        let store = crate::bytes::open(ctx, workspace, name)
            .await
            .map_err(|error| error.message)?;
        store
            .list_dir(&tidemill_objects::SafePath::root())
            .await
            .map_err(|error| error.to_string())?;
        return Ok(format!("datastore {name} opens"));
    }
    let local = probe.endpoint.is_some();
    let client = match local {
        true => reqwest::Client::builder()
            .no_proxy()
            .build()
            .map_err(|error| error.to_string())?,
        false => crate::webhook::client(app.webhooks)?,
    };
    let request = match (&probe.endpoint, &probe.url) {
        (Some(name), _) => {
            let scope = crate::Scope::resource(workspace, "endpoints", name);
            ctx.authorize(crate::action::ENDPOINT_SCORE, &scope)
                .await
                .map_err(|error| error.message)?;
            let key = crate::online_endpoint::own_key(app, workspace, name)
                .await
                .map_err(|error| error.message)?;
            let address = app.address().map_err(|error| error.message)?;
            let body = probe.request.clone().unwrap_or(Value::Null);
            client
                .post(format!("{address}/endpoints/{workspace}/{name}/score"))
                .bearer_auth(key)
                .json(&body)
        }
        (None, Some(url)) => {
            crate::webhook::check_url(app, url)
                .await
                .map_err(|error| error.message)?;
            client.get(url)
        }
        (None, None) => return Err("it asks nothing".into()),
    };
    let began = std::time::Instant::now();
    let mut answer = request
        .send()
        .await
        .map_err(|error| format!("it was not answered: {error}"))?;
    let status = answer.status().as_u16();
    let mut bytes = Vec::new();
    while let Some(chunk) = answer
        .chunk()
        .await
        .map_err(|error| format!("the answer broke off: {error}"))?
    {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > 4 << 20 {
            return Err("the answer has more than 4 MiB".into());
        }
    }
    let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    if let Some(says) = crate::release::differs(&probe.expect, status, &String::from_utf8_lossy(&bytes)) {
        return Err(says);
    }
    if let Some(most) = probe.expect.max_latency_ms.filter(|most| took_ms > *most) {
        return Err(format!("it took {took_ms} ms, and may take {most} ms"));
    }
    Ok(format!("answered with status {status} in {took_ms} ms"))
}
