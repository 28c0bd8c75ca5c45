//! Capacity: what a deployment takes in the stage before, and what room the compute of a stage has for it.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tidemill_policy::gate::{Measured, Room};
use tidemill_process::{Stat, cpu_seconds, descendants, resident_bytes};
use tidemill_spec::kinds::Release as Spec;
use tidemill_store::deployment_instance::Key;
use tidemill_store::{online_deployment as deployment_row, online_endpoint as endpoint_row, release_stage};

use super::load::{self, Load};
use super::{Place, Release, Stage, carried, carry, digest, spec_of};
use crate::{App, Error, Result, online_deployment, online_endpoint};

/// For how long others are watched.
const LOOK: Duration = Duration::from_millis(1500);
/// How many requests at once while it is measured.
const CONNECTIONS: u32 = 16;

/// What was measured, as it is kept with the stage.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Kept {
    stage: String,
    memory_bytes: u64,
    cores: f64,
    rate: f64,
    error_percent: f64,
    instances: u32,
    p99_ms: f64,
    /// Why nothing could be measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) why_not: Option<String>,
}

impl Kept {
    /// For the decision.
    pub(crate) fn measured(&self) -> Measured {
        Measured {
            stage: self.stage.clone(),
            memory_bytes: self.memory_bytes,
            cores: self.cores,
            rate: self.rate,
            error_percent: self.error_percent,
            instances: self.instances,
        }
    }

    /// What a stage keeps of an earlier measurement.
    pub(crate) fn of(stage: &Stage) -> Option<Self> {
        let evidence: Vec<Value> = serde_json::from_str(&stage.evidence).ok()?;
        let kept = evidence.iter().find_map(|one| one.get("measured"))?;
        serde_json::from_value(kept.clone()).ok()
    }
}

/// The requests that may be sent as load: those of system tests that are answered with 200.
pub(crate) fn bodies(spec: &Spec) -> Vec<&Value> {
    let good = spec
        .tests
        .iter()
        .filter(|test| test.expect.status.is_none_or(|status| status == 200));
    good.filter_map(|test| test.request.as_ref()).collect()
}

/// Measures the release in the stage before, at the rate that the next one must bear.
pub(crate) async fn measure(
    app: &std::sync::Arc<App>,
    row: &Release,
    stage: &Stage,
    rate: f64,
    duration: Duration,
) -> Result<Kept> {
    let place = Place::of(app, &row.workspace).await?;
    let at = place.stages.iter().position(|one| *one == stage.stage);
    let before = at
        .and_then(|at| at.checked_sub(1))
        .and_then(|at| place.stages.get(at));
    let why_not = |why: String| Kept {
        why_not: Some(why),
        ..Kept::default()
    };
    let Some(before) = before else {
        return Ok(why_not(format!("nothing comes before {}", stage.stage)));
    };
    let db = app.store.read();
    let there = release_stage::get(db, &row.workspace, &row.name, row.number, before).await?;
    let Some(there) = there else {
        return Ok(why_not(format!("it was never in {before}")));
    };
    let (workspace, endpoint, name) = (&there.target, &there.endpoint, &there.deployment);
    let gone = || why_not(format!("its deployment `{name}` is not in {before} any more"));
    let Some(deployment) = deployment_row::get(db, workspace, endpoint, name).await? else {
        return Ok(gone());
    };
    let mut now = carry(&app.system(), workspace, &deployment).await?;
    now.plan
        .instance
        .compute
        .clone_from(&carried(row)?.plan.instance.compute);
    if digest(&now.plan.instance) != row.digest {
        return Ok(why_not(format!(
            "deployment `{name}` of {before} runs other bytes by now: make a release of those"
        )));
    }
    let spec = spec_of(row)?;
    let bodies = bodies(&spec);
    if bodies.is_empty() {
        return Ok(why_not(
            "the release has no system test whose request could be sent".into(),
        ));
    }
    let of_it =
        |key: &Key| key.workspace == *workspace && key.endpoint == *endpoint && key.deployment == *name;
    let load = Load {
        rate,
        duration,
        connections: CONNECTIONS,
    };
    let (before_s, began) = (cpu_seconds(&processes(app, of_it)), Instant::now());
    let loaded = load::run(
        app,
        &app.deployments.client(),
        (workspace, endpoint, name),
        &bodies,
        &load,
    )
    .await?;
    let after = processes(app, of_it);
    let cores = (cpu_seconds(&after) - before_s).max(0.0) / began.elapsed().as_secs_f64();
    let running = u32::try_from(app.deployments.runners_of(of_it).len())
        .unwrap_or(u32::MAX)
        .max(1);
    Ok(Kept {
        stage: before.clone(),
        memory_bytes: resident_bytes(&after) / u64::from(running),
        cores,
        rate: loaded.rate,
        error_percent: loaded.error_percent(),
        instances: carried(row)?.plan.scale.least.max(1),
        p99_ms: loaded.p99_ms,
        why_not: None,
    })
}

/// The processes of instances, their runners among them.
fn processes(app: &App, wanted: impl Fn(&Key) -> bool) -> Vec<Stat> {
    let runners = app.deployments.runners_of(wanted);
    let own = runners.iter().filter_map(|pid| Stat::of(*pid));
    let below = runners.iter().flat_map(|pid| descendants(*pid));
    own.chain(below).collect()
}

/// The room of the compute on which the release would run in a stage. What other deployments there take is measured, or counted
/// with the limit that they have where that is more.
pub(crate) async fn room(app: &std::sync::Arc<App>, row: &Release, stage: &Stage) -> Result<Room> {
    let (system, db) = (app.system(), app.store.read());
    let endpoint = match endpoint_row::get(db, &stage.target, &stage.endpoint).await? {
        Some(endpoint) => endpoint,
        // It is made there like that of the first stage.
        None => endpoint_row::get(db, &row.workspace, &stage.endpoint)
            .await?
            .ok_or_else(|| Error::not_found("endpoint", &stage.endpoint))?,
    };
    let on = online_endpoint::spec_of(&endpoint)?.compute;
    let compute = crate::compute::resolve(&system, &stage.target, on.as_ref()).await?;
    let mut others = Vec::new();
    let mut limits = 0_u64;
    for deployment in deployment_row::all(db).await? {
        let plan = online_deployment::plan_of(&deployment)?;
        let is_it = deployment.endpoint == stage.endpoint && deployment.name == stage.deployment;
        if deployment.workspace != stage.target || plan.instance.compute != compute.name || is_it {
            continue;
        }
        limits += plan.instance.memory_bytes.unwrap_or_default() * u64::from(plan.scale.least);
        others.push((deployment.endpoint, deployment.name));
    }
    let of_others = |key: &Key| {
        key.workspace == stage.target
            && others
                .iter()
                .any(|(endpoint, name)| key.endpoint == *endpoint && key.deployment == *name)
    };
    let before = cpu_seconds(&processes(app, of_others));
    if !others.is_empty() {
        tokio::time::sleep(LOOK).await;
    }
    let now = processes(app, of_others);
    let nodes = u64::from(compute.nodes.max(1));
    Ok(Room {
        memory_bytes: compute.memory_bytes,
        cores: f64::from(compute.cores),
        compute: if nodes > 1 {
            format!("{} (a node)", compute.name)
        } else {
            compute.name
        },
        memory_taken_bytes: resident_bytes(&now).max(limits),
        cores_taken: (cpu_seconds(&now) - before).max(0.0) / LOOK.as_secs_f64(),
    })
}
