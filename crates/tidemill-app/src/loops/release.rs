//! Brings releases through a stage: gates, deployment, system tests, rollout. Each step is written before the next one, and may
//! be done again, so that a server that was killed in the middle goes on, or goes back, where it was.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indexmap::IndexMap;
use serde_json::{Value, json};
use tidemill_policy::gate::Verdict;
use tidemill_spec::kinds;
use tidemill_store::{
    online_deployment as deployment_row, online_endpoint as endpoint_row, release, release_stage,
};
use tokio::sync::Notify;

use crate::gateway::Snapshot;
use crate::online_deployment::{self, FAILED as NOT_UP, SUCCEEDED};
use crate::release::capacity::{self, Kept};
use crate::release::{
    DEPLOYING, FAILED, LIVE, OPEN, Place, REJECTED, ROLLED_BACK, ROLLING_OUT, Release, SUPERSEDED, Stage,
    TESTING, WAITING, carried, event, findings, gates_json, load, register, run_test, spec_of, write,
};
use crate::{App, Error, OpContext, Principal, Result, online_endpoint};

/// How often a gate that waits is looked at: a freeze ends, an approval expires.
const LOOK_AGAIN: Duration = Duration::from_secs(10);
/// How often a deployment is asked whether it is up.
const POLL: Duration = Duration::from_millis(200);
/// How long to wait after what should not happen.
const AFTER_ERROR: Duration = Duration::from_secs(2);
/// So many failures of the server itself in a row end a promotion.
const MOST_ERRORS: u32 = 5;
/// How long a share of the requests is watched where nothing is said, in seconds.
const PAUSE_S: u32 = 10;
/// How long capacity is measured where nothing is said, in seconds.
const MEASURE_S: u32 = 5;

type Key = (String, String, i64, String);

/// The tasks of releases that are on their way.
#[derive(Debug, Default)]
pub struct Releases {
    tasks: Mutex<HashMap<Key, Arc<Notify>>>,
}

impl Releases {
    /// Has a release in a stage looked at; its task is made when there is none.
    pub(crate) fn wake(&self, app: &Arc<App>, stage: &Stage) {
        let key = (
            stage.workspace.clone(),
            stage.name.clone(),
            stage.number,
            stage.stage.clone(),
        );
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(news) = tasks.get(&key) {
            return news.notify_one();
        }
        let news = Arc::new(Notify::new());
        tasks.insert(key.clone(), news.clone());
        tokio::spawn(run(app.clone(), key, news));
    }
}

/// Takes up every release that is on its way.
///
/// # Errors
/// When the store cannot be read.
pub(super) async fn start(app: &Arc<App>) -> Result<()> {
    for stage in release_stage::in_states(app.store.read(), OPEN).await? {
        app.releases.wake(app, &stage);
    }
    Ok(())
}

async fn run(app: Arc<App>, key: Key, news: Arc<Notify>) {
    let mut errors = 0;
    while !app.is_stopping() {
        match step(&app, &key).await {
            Ok(Next::Ended) => break,
            Ok(Next::Go) => errors = 0,
            Ok(Next::Wait(time)) => {
                errors = 0;
                drop(tokio::time::timeout(time, news.notified()).await);
            }
            Err(error) => {
                errors += 1;
                tracing::warn!(release = key.1, number = key.2, stage = key.3, %error, "failed to bring a release on");
                if errors >= MOST_ERRORS
                    && let Err(error) = give_up(&app, &key, &error).await
                {
                    tracing::error!(release = key.1, %error, "failed to take a release back");
                }
                tokio::time::sleep(AFTER_ERROR).await;
            }
        }
    }
    app.releases
        .tasks
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .remove(&key);
}

enum Next {
    Go,
    Wait(Duration),
    Ended,
}

async fn load(app: &App, key: &Key) -> Result<Option<(Release, Stage)>> {
    let (workspace, name, number, stage) = key;
    let db = app.store.read();
    let row = release::get(db, workspace, name, *number).await?;
    let stage = release_stage::get(db, workspace, name, *number, stage).await?;
    Ok(row
        .zip(stage)
        .filter(|(_, stage)| OPEN.contains(&stage.state.as_str())))
}

async fn step(app: &Arc<App>, key: &Key) -> Result<Next> {
    let Some((row, stage)) = load(app, key).await? else {
        return Ok(Next::Ended);
    };
    match stage.state.as_str() {
        WAITING => gate(app, &row, stage).await,
        DEPLOYING => deploy(app, &row, stage).await,
        TESTING => test(app, &row, stage).await,
        _ => roll_out(app, &row, stage).await,
    }
}

async fn gate(app: &Arc<App>, row: &Release, stage: Stage) -> Result<Next> {
    let Some(stage) = measured(app, row, stage).await? else {
        return Ok(Next::Go);
    };
    let found = findings(app, row, &stage).await?;
    let mut evidence = gates_json(&found);
    if let (Value::Array(all), Some(kept)) = (&mut evidence, Kept::of(&stage)) {
        all.push(json!({ "measured": kept }));
    }
    let says = |verdict| {
        let says: Vec<&str> = found
            .iter()
            .filter(|one| one.verdict == verdict)
            .map(|one| one.says.as_str())
            .collect();
        (!says.is_empty()).then(|| says.join("; "))
    };
    if let Some(reason) = says(Verdict::Refused) {
        return end(app, stage, REJECTED, "failed", reason, &evidence).await;
    }
    if let Some(reason) = says(Verdict::Waiting) {
        if stage.reason.as_ref() != Some(&reason) {
            let now = app.clock.now_ms();
            let waits = Stage {
                reason: Some(reason),
                evidence: evidence.to_string(),
                updated_at: now,
                ..stage
            };
            let write: Result<()> = app
                .store
                .write(move |tx| Box::pin(async move { Ok(release_stage::put(tx, waits).await?) }))
                .await;
            write?;
        }
        return Ok(Next::Wait(LOOK_AGAIN));
    }
    advance(app, stage, DEPLOYING, "passed", evidence).await
}

/// Where the stage asks for capacity: what the release takes in the stage before, measured once and kept. Gives the stage back where
/// there is nothing to measure, or it has been.
async fn measured(app: &Arc<App>, row: &Release, stage: Stage) -> Result<Option<Stage>> {
    let spec = spec_of(row)?;
    let place = Place::of(app, &row.workspace).await?;
    let asked: Vec<_> = [spec.gates.get(&stage.stage), place.spec.gates.get(&stage.stage)]
        .into_iter()
        .flatten()
        .filter_map(|gates| gates.capacity.clone())
        .collect();
    if asked.is_empty() || Kept::of(&stage).is_some() {
        return Ok(Some(stage));
    }
    let rate = asked.iter().map(|gate| gate.rate).fold(0.0, f64::max);
    let seconds = asked
        .iter()
        .map(|gate| gate.duration_seconds.unwrap_or(MEASURE_S))
        .max()
        .unwrap_or(MEASURE_S);
    let kept = capacity::measure(app, row, &stage, rate, Duration::from_secs(seconds.into())).await?;
    let found = Stage {
        evidence: json!([{ "measured": kept }]).to_string(),
        updated_at: app.clock.now_ms(),
        ..stage.clone()
    };
    // While it was measured somebody may have taken it back.
    let write: Result<()> = app
        .store
        .write(move |tx| {
            Box::pin(async move {
                let now =
                    release_stage::get(tx, &found.workspace, &found.name, found.number, &found.stage).await?;
                match now {
                    Some(now) if now.state == WAITING && now.created_at == found.created_at => {
                        Ok(release_stage::put(tx, found).await?)
                    }
                    _ => Ok(()),
                }
            })
        })
        .await;
    write.map(|()| None)
}

async fn deploy(app: &Arc<App>, row: &Release, stage: Stage) -> Result<Next> {
    let actor = actor(app, row, &stage).await?;
    let (target, endpoint, name) = (&stage.target, &stage.endpoint, &stage.deployment);
    let db = app.store.read();
    let behind = match endpoint_row::get(db, target, endpoint).await? {
        Some(behind) => online_endpoint::spec_of(&behind)?,
        None => {
            let model = endpoint_row::get(db, &row.workspace, endpoint).await?;
            let mut spec = match model {
                Some(model) => online_endpoint::spec_of(&model)?,
                None => return Err(Error::not_found("endpoint", endpoint)),
            };
            spec.traffic.clear();
            spec.mirror_traffic.clear();
            online_endpoint::make_released(&actor, target, endpoint, spec.clone()).await?;
            spec
        }
    };
    if let Some(there) = deployment_row::get(db, target, endpoint, name).await? {
        match there.state.as_str() {
            SUCCEEDED => {
                let detail = json!({ "deployment": name });
                return advance(app, stage, TESTING, "deployed", detail).await;
            }
            NOT_UP if there.updated_at >= stage.updated_at => {
                let why = there.reason.unwrap_or_else(|| "it did not come up".to_owned());
                return back(app, stage, FAILED, why, Value::Null).await;
            }
            NOT_UP => {}
            _ => return Ok(Next::Wait(POLL)),
        }
    }
    if stage.previous.is_none() {
        let previous = behind
            .traffic
            .iter()
            .filter(|(other, _)| *other != name)
            .max_by_key(|(_, share)| **share);
        if let Some((previous, _)) = previous.filter(|(_, share)| **share > 0) {
            let known = Stage {
                previous: Some(previous.clone()),
                ..stage.clone()
            };
            let write: Result<()> = app
                .store
                .write(move |tx| Box::pin(async move { Ok(release_stage::put(tx, known).await?) }))
                .await;
            write?;
        }
    }
    let carried = carried(row)?;
    match online_deployment::put_released(&actor, target, endpoint, name, &carried.spec, carried.plan).await {
        Ok(_) => Ok(Next::Wait(POLL)),
        // What the stage does not allow will not be allowed the next time.
        Err(error)
            if !matches!(
                error.kind,
                crate::Kind::Internal | crate::Kind::Unavailable | crate::Kind::Conflict
            ) =>
        {
            back(app, stage, FAILED, error.message, Value::Null).await
        }
        Err(error) => Err(error),
    }
}

async fn test(app: &Arc<App>, row: &Release, stage: Stage) -> Result<Next> {
    let mut results = Vec::new();
    let client = app.deployments.client();
    for test in &spec_of(row)?.tests {
        results.push(
            run_test(
                app,
                &client,
                (&stage.target, &stage.endpoint, &stage.deployment),
                test,
            )
            .await?,
        );
    }
    let wrong = results.iter().find(|result| result["passed"] == false);
    match wrong {
        Some(wrong) => {
            let text = |field: &str| wrong[field].as_str().unwrap_or_default().to_owned();
            let why = format!("system test `{}` failed: {}", text("test"), text("says"));
            back(app, stage, FAILED, why, json!(results)).await
        }
        None => bear(app, row, stage, results).await,
    }
}

/// The load that the stage asks for, before anybody is answered.
async fn bear(app: &Arc<App>, row: &Release, stage: Stage, mut results: Vec<Value>) -> Result<Next> {
    let spec = spec_of(row)?;
    let place = Place::of(app, &row.workspace).await?;
    let gates = [spec.gates.get(&stage.stage), place.spec.gates.get(&stage.stage)];
    let Some(gate) = load::strictest(
        gates
            .into_iter()
            .flatten()
            .filter_map(|gates| gates.load.as_ref()),
    ) else {
        return advance(app, stage, ROLLING_OUT, "tested", json!(results)).await;
    };
    let there = (
        stage.target.as_str(),
        stage.endpoint.as_str(),
        stage.deployment.as_str(),
    );
    let done = load::run(
        app,
        &app.deployments.client(),
        there,
        &capacity::bodies(&spec),
        &load::of_gate(&gate),
    )
    .await;
    let loaded = match done {
        Ok(loaded) => loaded,
        Err(error) if error.kind == crate::Kind::Invalid => {
            return back(app, stage, FAILED, error.message, json!(results)).await;
        }
        Err(error) => return Err(error),
    };
    let why = load::falls_short(&gate, &loaded);
    results
        .push(json!({ "test": "load", "passed": why.is_none(), "says": why, "load": loaded, "asked": gate }));
    match why {
        Some(why) => {
            back(
                app,
                stage,
                FAILED,
                format!("load test failed: {why}"),
                json!(results),
            )
            .await
        }
        None => advance(app, stage, ROLLING_OUT, "tested", json!(results)).await,
    }
}

/// One share of the requests: set, kept, and looked at.
async fn roll_out(app: &Arc<App>, row: &Release, stage: Stage) -> Result<Next> {
    let rollout = spec_of(row)?.rollout.unwrap_or_default();
    // Without anything that answered before, there is nobody to share with.
    let shares: Vec<u32> = match &stage.previous {
        Some(_) => rollout
            .steps
            .iter()
            .copied()
            .filter(|share| *share < 100)
            .collect(),
        None => Vec::new(),
    };
    let actor = actor(app, row, &stage).await?;
    let at = usize::try_from(stage.step).unwrap_or_default();
    let share = shares.get(at).copied().unwrap_or(100);
    let before = at.checked_sub(1).and_then(|before| shares.get(before).copied());
    if let Some(before) = before
        && !is_shared(app, &stage, &[before, share]).await?
    {
        return left_alone(app, stage).await;
    }
    if at >= shares.len() {
        return match traffic(&actor, &stage, before, 100).await? {
            true => live(app, row, stage).await,
            false => left_alone(app, stage).await,
        };
    }
    let figures = || {
        let backend = app
            .gateway
            .backend(&stage.target, &stage.endpoint, &stage.deployment);
        backend
            .map(|backend| backend.figures.snapshot())
            .unwrap_or_default()
    };
    let figures_before = figures();
    if !traffic(&actor, &stage, before, share).await? {
        return left_alone(app, stage).await;
    }
    tokio::time::sleep(Duration::from_secs(
        rollout.pause_seconds.unwrap_or(PAUSE_S).into(),
    ))
    .await;
    if !is_shared(app, &stage, &[share]).await? {
        return left_alone(app, stage).await;
    }
    let seen = since(&figures_before, &figures());
    let detail = json!({ "share": share, "requests": seen.all(), "failed": seen.failed + seen.model,
        "p99_ms": seen.quantile_s(0.99).map(|seconds| seconds * 1000.0) });
    if let Some(why) = worse(&rollout, &seen, share) {
        return back(app, stage, ROLLED_BACK, why, detail).await;
    }
    let next = Stage {
        step: stage.step + 1,
        ..stage
    };
    advance(app, next, ROLLING_OUT, "step", detail).await
}

/// What was answered between two moments.
fn since(before: &Snapshot, now: &Snapshot) -> Snapshot {
    Snapshot {
        good: now.good - before.good.min(now.good),
        client: now.client - before.client.min(now.client),
        model: now.model - before.model.min(now.model),
        busy: now.busy - before.busy.min(now.busy),
        failed: now.failed - before.failed.min(now.failed),
        mirrored: 0,
        took_us: now.took_us - before.took_us.min(now.took_us),
        buckets: now
            .buckets
            .iter()
            .enumerate()
            .map(|(at, count)| count - before.buckets.get(at).copied().unwrap_or_default().min(*count))
            .collect(),
    }
}

/// Why the rollout must not go on, if it must not.
fn worse(rollout: &kinds::Rollout, seen: &Snapshot, share: u32) -> Option<String> {
    let (all, bad) = (seen.all(), seen.failed + seen.model);
    if all == 0 {
        return None;
    }
    let percent = bad as f64 * 100.0 / all as f64;
    let most = rollout.max_error_percent.unwrap_or_default();
    if percent > most {
        return Some(format!(
            "at {share}% of the requests {bad} of {all} failed ({percent:.1}%, and {most}% may)"
        ));
    }
    let most = rollout.max_p99_ms?;
    let took_ms = seen.quantile_s(0.99)? * 1000.0;
    (took_ms > most as f64).then(|| {
        format!("at {share}% of the requests 99 of 100 took up to {took_ms} ms, and may take {most} ms")
    })
}

/// The traffic at a step: this share for the deployment, and the rest for what answered before it.
fn shared(stage: &Stage, share: u32) -> IndexMap<String, u32> {
    let mut wanted = IndexMap::from([(stage.deployment.clone(), share)]);
    if share < 100
        && let Some(previous) = &stage.previous
    {
        wanted.insert(previous.clone(), 100 - share);
    }
    wanted
}

/// Whether the traffic is that of one of these steps.
async fn is_shared(app: &Arc<App>, stage: &Stage, shares: &[u32]) -> Result<bool> {
    let row = online_endpoint::find(app, &stage.target, &stage.endpoint).await?;
    let there = online_endpoint::spec_of(&row)?.traffic;
    let there: IndexMap<_, _> = there.into_iter().filter(|(_, share)| *share > 0).collect();
    Ok(shares.iter().any(|share| there == shared(stage, *share)))
}

/// Ends a rollout whose traffic somebody has taken into their own hands: what they have set stays.
async fn left_alone(app: &Arc<App>, stage: Stage) -> Result<Next> {
    let why = format!(
        "somebody changed the traffic of endpoint `{}` while it rolled out; the traffic is left as it is",
        stage.endpoint
    );
    end(app, stage, FAILED, "failed", why, &Value::Null).await
}

/// Gives the deployment this share, and the rest to what answered before it; `false`, with nothing changed, where it no longer has the
/// share of the step before: somebody has set another one.
async fn traffic(actor: &OpContext, stage: &Stage, before: Option<u32>, share: u32) -> Result<bool> {
    let wanted = shared(stage, share);
    let expected = before.map(|before| shared(stage, before));
    let is_left = AtomicBool::new(true);
    online_endpoint::change_traffic(actor, &stage.target, &stage.endpoint, |there| {
        if *there == wanted {
            is_left.store(true, Ordering::Relaxed);
            return None;
        }
        let there: IndexMap<_, _> = there.iter().filter(|(_, share)| **share > 0).collect();
        let is_expected = expected
            .as_ref()
            .is_none_or(|expected| there == expected.iter().collect::<IndexMap<_, _>>());
        is_left.store(is_expected, Ordering::Relaxed);
        is_expected.then(|| wanted.clone())
    })
    .await?;
    Ok(is_left.into_inner())
}

/// It answers: what answered before is kept for the way back, older ones go.
async fn live(app: &Arc<App>, row: &Release, stage: Stage) -> Result<Next> {
    // What is done twice is there once; what cannot be registered is no reason to take back what answers.
    let model = match register(app, row, &stage).await {
        Ok(model) => model,
        Err(error) => {
            tracing::warn!(release = row.name, number = row.number, stage = stage.stage, %error, "failed to register the model of a release");
            None
        }
    };
    let now = app.clock.now_ms();
    let (older_id, id) = (app.clock.ulid(), app.clock.ulid());
    let on = stage.clone();
    let digest = row.digest.clone();
    let write: Result<()> = app
        .store
        .write(move |tx| {
            Box::pin(async move {
                for old in release_stage::behind(tx, &on.target, &on.endpoint, &[LIVE]).await? {
                    let old = Stage {
                        state: SUPERSEDED.into(),
                        updated_at: now,
                        ..old
                    };
                    let by = json!({ "by": format!("{}:{}", on.name, on.number) });
                    let happened = event(older_id.clone(), now, "system", &old, "superseded", &by);
                    write(tx, old, happened).await?;
                }
                let detail = json!({ "deployment": on.deployment, "digest": digest, "model": model });
                let happened = event(id, now, "system", &on, "live", &detail);
                let on = Stage {
                    state: LIVE.into(),
                    reason: None,
                    updated_at: now,
                    ..on
                };
                write(tx, on, happened).await
            })
        })
        .await;
    write?;
    tidy(app, &stage).await;
    Ok(Next::Ended)
}

/// Removes deployments that answered before the last one did; what cannot be removed stays, and costs no more than room.
async fn tidy(app: &Arc<App>, stage: &Stage) {
    let db = app.store.read();
    let old = release_stage::behind(db, &stage.target, &stage.endpoint, &[SUPERSEDED, ROLLED_BACK]).await;
    for one in old.unwrap_or_default() {
        if stage.previous.as_ref() == Some(&one.deployment) || one.deployment == stage.deployment {
            continue;
        }
        let there = deployment_row::get(db, &one.target, &one.endpoint, &one.deployment).await;
        if matches!(there, Ok(Some(_))) {
            drop(online_deployment::take_down(app, &one.target, &one.endpoint, &one.deployment).await);
        }
    }
}

/// Lets what answered before answer alone again, and removes the deployment.
async fn back(app: &Arc<App>, stage: Stage, state: &str, why: String, detail: Value) -> Result<Next> {
    let system = app.system();
    let behind = endpoint_row::get(app.store.read(), &stage.target, &stage.endpoint).await?;
    if behind.is_some() {
        online_endpoint::change_traffic(&system, &stage.target, &stage.endpoint, |there| {
            there
                .contains_key(&stage.deployment)
                .then(|| match &stage.previous {
                    Some(previous) => IndexMap::from([(previous.clone(), 100)]),
                    None => IndexMap::new(),
                })
        })
        .await?;
        let (target, endpoint, name) = (&stage.target, &stage.endpoint, &stage.deployment);
        if deployment_row::get(app.store.read(), target, endpoint, name)
            .await?
            .is_some()
        {
            online_deployment::take_down(app, target, endpoint, name).await?;
        }
    }
    let kind = if state == ROLLED_BACK {
        "rolled_back"
    } else {
        "failed"
    };
    end(app, stage, state, kind, why, &detail).await
}

async fn give_up(app: &Arc<App>, key: &Key, error: &Error) -> Result<()> {
    match load(app, key).await? {
        Some((_, stage)) => back(app, stage, FAILED, error.message.clone(), Value::Null)
            .await
            .map(drop),
        None => Ok(()),
    }
}

async fn end(
    app: &Arc<App>,
    stage: Stage,
    state: &str,
    kind: &str,
    why: String,
    detail: &Value,
) -> Result<Next> {
    let detail = json!({ "why": why, "evidence": detail });
    let ended = Stage {
        reason: Some(why),
        ..stage
    };
    advance(app, ended, state, kind, detail).await
}

/// Writes the next state with what led to it.
async fn advance(app: &Arc<App>, stage: Stage, state: &str, kind: &str, detail: Value) -> Result<Next> {
    let now = app.clock.now_ms();
    let reason = match OPEN.contains(&state) {
        true => None,
        false => stage.reason.clone(),
    };
    let mut evidence: Vec<Value> = serde_json::from_str(&stage.evidence).unwrap_or_default();
    // What gates found has all of it, what was measured for them too.
    evidence.retain(|one| kind != "passed" && one.get("gate").is_none());
    match &detail {
        Value::Array(more) => evidence.extend(more.iter().cloned()),
        Value::Null => {}
        one => evidence.push(json!({ "step": kind, "found": one })),
    }
    let next = Stage {
        state: state.to_owned(),
        reason,
        evidence: Value::Array(evidence).to_string(),
        updated_at: now,
        ..stage
    };
    let happened = event(app.clock.ulid(), now, "system", &next, kind, &detail);
    let ended = !OPEN.contains(&state);
    let written: Result<()> = app
        .store
        .write(move |tx| Box::pin(async move { write(tx, next, happened).await }))
        .await;
    written?;
    Ok(if ended { Next::Ended } else { Next::Go })
}

/// As whom a stage is deployed: its service principal, with no more rights than it has, or the server.
async fn actor(app: &Arc<App>, row: &Release, stage: &Stage) -> Result<OpContext> {
    let place = Place::of(app, &row.workspace).await?;
    Ok(match place.spec.release_as.get(&stage.stage) {
        Some(name) => {
            let principal = Principal::ServicePrincipal { name: name.clone() };
            OpContext::new(app.clone(), principal, app.clock.ulid())
        }
        None => app.system(),
    })
}
