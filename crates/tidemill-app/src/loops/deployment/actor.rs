//! The task of one deployment: looks at what there is, decides, acts, and waits for news.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Weak};
use std::time::Duration;

use tidemill_compute::{Driver, Handle, Observation};
use tidemill_store::deployment_instance::{Key, Patch};
use tidemill_store::online_deployment::Progress;
use tidemill_store::{deployment_instance as instances, from_json, online_deployment};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::decide::{Seen, Stage, Step, Wish, decide, is_up};
use super::probe::{Ear, probe};
use super::{Name, instance};
use crate::deployment_instance::{DRAINING, ENDED, FAILED as INSTANCE_FAILED, READY, STARTING, update};
use crate::gateway::{Backend, Target};
use crate::online_deployment::{
    self as deployment, CREATING, DELETING, DeploymentPlan, FAILED, Instance, InstancePlan, ProbePlan,
    SUCCEEDED, UPDATING,
};
use crate::{App, Error, OpContext, Result};

/// How long nothing to do is believed.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// The longest pause before an instance that failed is started again.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// After this long an instance that failed is forgiven.
const FORGIVEN: Duration = Duration::from_secs(60);
/// How often an instance of a new generation may fail before the generation is given up.
const TRIES: u32 = 3;
/// With this code the scoring server says that the script did not come up: to try again would not help.
const NOT_STARTED: i64 = 3;
/// Instances that have ended and are remembered.
const REMEMBERED: u64 = 20;
/// Lines of a log that stand in a reason.
const TOLD_LINES: usize = 20;

/// An instance that has not ended.
struct Live {
    key: Key,
    generation: i64,
    handle: Handle,
    target: Arc<Target>,
    stage: Stage,
    /// When it answered first.
    up_since: Option<Instant>,
    ear: Ear,
    watch: JoinHandle<()>,
    probe: Option<(JoinHandle<()>, (ProbePlan, ProbePlan))>,
    /// Somebody ends it, for this reason.
    verdict: Option<String>,
}

impl Drop for Live {
    fn drop(&mut self) {
        self.watch.abort();
        if let Some((probe, _)) = &self.probe {
            probe.abort();
        }
    }
}

/// Between two looks at how busy the instances are.
struct Look {
    at: Instant,
    busy_us: u64,
}

pub(super) struct Actor {
    app: Weak<App>,
    name: Name,
    news: Arc<Notify>,
    live: HashMap<i64, Live>,
    /// Instances that failed in a row.
    failures: u32,
    next_start: Instant,
    look: Option<Look>,
    /// The open instances of an earlier server have been taken up.
    adopted: bool,
}

enum After {
    Wait(Duration),
    Gone,
}

impl Actor {
    pub(super) fn new(app: &Arc<App>, name: Name, news: Arc<Notify>) -> Self {
        Self {
            app: Arc::downgrade(app),
            name,
            news,
            live: HashMap::new(),
            failures: 0,
            next_start: Instant::now(),
            look: None,
            adopted: false,
        }
    }

    pub(super) async fn run(mut self) {
        let mut wait = Duration::ZERO;
        loop {
            let _ = tokio::time::timeout(wait, self.news.notified()).await;
            let Some(app) = self.app.upgrade() else { return };
            if app.deployments.is_stopping() {
                return;
            }
            wait = match self.round(&app.system()).await {
                Ok(After::Wait(wait)) => wait.min(LONGEST_WAIT),
                Ok(After::Gone) => return app.deployments.ended(&self.name),
                Err(error) => {
                    tracing::error!(deployment = ?self.name, error = error.message, source = ?error.source, "failed to look after a deployment");
                    Duration::from_secs(1)
                }
            };
        }
    }

    async fn round(&mut self, ctx: &OpContext) -> Result<After> {
        let app = ctx.app();
        let (workspace, endpoint, name) = self.name.clone();
        let Some(mut row) = online_deployment::get(app.store.read(), &workspace, &endpoint, &name).await?
        else {
            return Ok(After::Gone);
        };
        let plan = deployment::plan_of(&row)?;
        let backend = app.gateway.ensure_backend(&workspace, &endpoint, &name);
        backend.set_settings(plan.requests);
        let open = instances::open(app.store.read(), &workspace, &endpoint, &name).await?;
        if !self.adopted {
            for one in &open {
                self.adopt(ctx, one, &backend, &plan).await?;
            }
            self.adopted = true;
        }
        for number in self.gone() {
            self.bury(ctx, number, &mut row, &backend).await?;
        }
        self.hear(ctx, &open, &plan, &backend).await?;
        if row.state == DELETING {
            return self.take_down(ctx, &plan, &backend).await;
        }
        self.scale(ctx, &mut row, &plan, &backend).await?;
        let wish = self.wish(&row);
        for step in decide(&wish, &self.seen()) {
            match step {
                Step::Leave(number) => self.leave(ctx, number, &plan, &backend).await?,
                Step::Start => {
                    if let Err(error) = self.start(ctx, &row, &plan, wish.generation).await {
                        let why = format!("failed to start an instance: {error}");
                        self.failed(ctx, &mut row, wish.generation, false, false, why)
                            .await?;
                        break;
                    }
                }
            }
        }
        if wish.generation == row.generation && row.state != FAILED && is_up(&wish, &self.seen()) {
            self.succeeded(ctx, &row).await?;
        }
        let pause = self.next_start.saturating_duration_since(Instant::now());
        let polling = Duration::from_secs(plan.scale.polling_s);
        Ok(After::Wait(
            match (pause.is_zero(), plan.scale.most > plan.scale.least) {
                (false, _) => pause,
                (true, true) => polling,
                (true, false) => LONGEST_WAIT,
            },
        ))
    }

    /// What shall be: of a generation that did not come up nothing, and what answered before goes on.
    fn wish(&self, row: &deployment::OnlineDeployment) -> Wish {
        let wanted = usize::try_from(row.wanted).unwrap_or(1);
        let (generation, wanted) = match (row.state.as_str(), row.served) {
            (FAILED, 0) => (row.generation, 0),
            (FAILED, served) => (served, wanted),
            _ => (row.generation, wanted),
        };
        Wish {
            generation,
            wanted,
            may_start: Instant::now() >= self.next_start,
        }
    }

    fn seen(&self) -> Vec<Seen> {
        let seen = |live: &Live| Seen {
            number: live.key.number,
            generation: live.generation,
            stage: live.stage,
        };
        self.live.values().map(seen).collect()
    }

    fn gone(&self) -> Vec<i64> {
        let gone = self.live.iter().filter(|(_, live)| live.ear.heard().gone);
        gone.map(|(number, _)| *number).collect()
    }

    fn key(&self, number: i64) -> Key {
        let (workspace, endpoint, deployment) = self.name.clone();
        Key {
            workspace,
            endpoint,
            deployment,
            number,
        }
    }

    /// Takes up an instance that an earlier server has started.
    async fn adopt(
        &mut self,
        ctx: &OpContext,
        row: &Instance,
        backend: &Arc<Backend>,
        plan: &DeploymentPlan,
    ) -> Result<()> {
        let key = row.key();
        let handle: Option<Handle> = row
            .handle
            .as_deref()
            .and_then(|text| serde_json::from_str(text).ok());
        let running = match &handle {
            Some(handle) => matches!(ctx.app().driver.observe(handle).await, Ok(Observation::Running)),
            None => false,
        };
        let Some(handle) = handle.clone().filter(|_| running) else {
            instance::clear(ctx, &key, handle.as_ref()).await;
            let patch = Patch {
                state: Some(ENDED),
                reason: Some("it ended while the server was away".into()),
                ended_at: Some(ctx.now_ms()),
                ..Patch::default()
            };
            return update(ctx, &key, patch).await.map(drop);
        };
        tracing::info!(?key, "found an instance again");
        ctx.app().deployments.hold(key.clone(), handle.clone());
        self.keep(ctx, row, handle);
        if row.state == DRAINING {
            self.leave(ctx, row.number, plan, backend).await?;
        }
        Ok(())
    }

    /// Keeps an instance in view.
    fn keep(&mut self, ctx: &OpContext, row: &Instance, handle: Handle) {
        let ear = Ear::new(self.news.clone());
        let watch = tokio::spawn({
            let (app, handle, ear) = (Arc::downgrade(ctx.app()), handle.clone(), ear.clone());
            async move {
                let Some(driver) = app.upgrade().map(|app| app.driver.clone()) else {
                    return;
                };
                while let Err(error) = driver.wait(&handle).await {
                    tracing::error!(%error, "failed to watch an instance");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
                ear.tell(|heard| heard.gone = true);
            }
        });
        let port = u16::try_from(row.port).unwrap_or_default();
        let live = Live {
            key: row.key(),
            generation: row.generation,
            handle,
            target: Target::new(row.number, SocketAddr::from((Ipv4Addr::LOCALHOST, port))),
            stage: Stage::Coming,
            up_since: None,
            ear,
            watch,
            probe: None,
            verdict: None,
        };
        self.live.insert(row.number, live);
    }

    async fn start(
        &mut self,
        ctx: &OpContext,
        row: &deployment::OnlineDeployment,
        plan: &DeploymentPlan,
        generation: i64,
    ) -> Result<()> {
        let (workspace, endpoint, name) = self.name.clone();
        let db = ctx.app().store.read();
        let number = instances::highest(db, &workspace, &endpoint, &name).await? + 1;
        let what = match generation == row.generation {
            true => plan.instance.clone(),
            false => self.earlier_plan(ctx, generation).await?,
        };
        let key = self.key(number);
        match instance::start(ctx, &key, generation, &what).await {
            Ok((row, handle)) => {
                self.keep(ctx, &row, handle);
                Ok(())
            }
            Err(error) => {
                let patch = Patch {
                    state: Some(INSTANCE_FAILED),
                    reason: Some(error.to_string()),
                    ended_at: Some(ctx.now_ms()),
                    ..Patch::default()
                };
                update(ctx, &key, patch).await?;
                instance::clear(ctx, &key, None).await;
                Err(error)
            }
        }
    }

    /// What instances of an earlier generation run: the row of any of them says so.
    async fn earlier_plan(&self, ctx: &OpContext, generation: i64) -> Result<InstancePlan> {
        let (workspace, endpoint, name) = &self.name;
        let all = instances::list(ctx.app().store.read(), workspace, endpoint, name).await?;
        let row = all
            .iter()
            .find(|row| row.generation == generation)
            .ok_or_else(|| {
                Error::internal(format!(
                    "no instance of generation {generation} of {name} is remembered"
                ))
            })?;
        Ok(from_json("deployment_instance", "plan", &row.plan)?)
    }

    /// Takes in what probes have heard.
    async fn hear(
        &mut self,
        ctx: &OpContext,
        open: &[Instance],
        plan: &DeploymentPlan,
        backend: &Arc<Backend>,
    ) -> Result<()> {
        let client = ctx.app().deployments.client();
        let mut to_kill = Vec::new();
        for live in self.live.values_mut().filter(|live| live.stage != Stage::Leaving) {
            let number = live.key.number;
            let row = open.iter().find(|row| row.number == number);
            let started = row.is_some_and(|row| row.state != STARTING);
            let probes = (plan.readiness.clone(), plan.liveness.clone());
            if live.probe.as_ref().is_some_and(|(_, with)| *with != probes)
                && let Some((old, _)) = live.probe.take()
            {
                old.abort();
            }
            if started && live.probe.is_none() && live.verdict.is_none() {
                let task = probe(
                    client.clone(),
                    live.target.address,
                    probes.clone(),
                    live.ear.clone(),
                );
                live.probe = Some((tokio::spawn(task), probes));
            }
            let heard = live.ear.heard();
            match (heard.ready, live.stage) {
                (true, Stage::Coming | Stage::Unready) => {
                    backend.balancer.add(live.target.clone());
                    if live.up_since.is_none() {
                        live.up_since = Some(Instant::now());
                        let patch = Patch {
                            state: Some(READY),
                            ready_at: Some(ctx.now_ms()),
                            ..Patch::default()
                        };
                        update(ctx, &live.key, patch).await?;
                    }
                    live.stage = Stage::Ready;
                }
                (false, Stage::Ready) => {
                    backend.balancer.leave(number);
                    live.stage = Stage::Unready;
                }
                _ => {}
            }
            if let Some(why) = heard.dead.filter(|_| live.verdict.is_none()) {
                live.verdict = Some(why);
                backend.balancer.leave(number);
                to_kill.push(live.handle.clone());
            }
        }
        for handle in to_kill {
            instance::kill(ctx.app(), &handle).await;
        }
        Ok(())
    }

    async fn leave(
        &mut self,
        ctx: &OpContext,
        number: i64,
        plan: &DeploymentPlan,
        backend: &Arc<Backend>,
    ) -> Result<()> {
        let Some(live) = self.live.get_mut(&number) else {
            return Ok(());
        };
        let was_ready = live.stage == Stage::Ready;
        live.stage = Stage::Leaving;
        if let Some((probe, _)) = live.probe.take() {
            probe.abort();
        }
        backend.balancer.leave(number);
        let patch = Patch {
            state: Some(DRAINING),
            ..Patch::default()
        };
        update(ctx, &live.key, patch).await?;
        let patience = match was_ready {
            true => Duration::from_millis(plan.requests.timeout_ms) + Duration::from_secs(5),
            false => Duration::ZERO,
        };
        let leaving = instance::leave(
            ctx.app().clone(),
            live.key.clone(),
            live.handle.clone(),
            backend.clone(),
            patience,
        );
        tokio::spawn(leaving);
        Ok(())
    }

    /// Clears up after an instance whose runner is gone, and learns from it.
    async fn bury(
        &mut self,
        ctx: &OpContext,
        number: i64,
        row: &mut deployment::OnlineDeployment,
        backend: &Arc<Backend>,
    ) -> Result<()> {
        let Some(live) = self.live.remove(&number) else {
            return Ok(());
        };
        backend.balancer.remove(number);
        let leaving = live.stage == Stage::Leaving;
        let mut why = live.verdict.clone();
        if let Some(why) = &mut why {
            why.push_str(&self.said(ctx, number).await);
        }
        let patch = Patch {
            state: Some(if leaving { ENDED } else { INSTANCE_FAILED }),
            reason: Some(why.clone().unwrap_or_else(|| match leaving {
                true => "it was told to end".into(),
                false => "its runner was killed, or ended without a word".into(),
            })),
            ended_at: Some(ctx.now_ms()),
            ..Patch::default()
        };
        // Its runner has said more, where it could.
        update(ctx, &live.key, patch).await?;
        instance::clear(ctx, &live.key, Some(&live.handle)).await;
        if leaving {
            return Ok(());
        }
        let told = instances::get(ctx.app().store.read(), &live.key).await?;
        let (reason, code) = told.map(|row| (row.reason, row.exit_code)).unwrap_or_default();
        let lasting = live.up_since.is_some_and(|since| since.elapsed() > FORGIVEN);
        if lasting {
            self.failures = 0;
        }
        // No code: its environment, its code or its model could not be had. All of that stays as it is.
        let killed = live.verdict.is_none()
            && reason
                .as_deref()
                .is_some_and(|text| text.starts_with("its runner"));
        let hopeless = !killed && (code.is_none() || code == Some(NOT_STARTED) || live.verdict.is_some());
        let why = why.or(reason).unwrap_or_default();
        tracing::warn!(key = ?live.key, why, "an instance has failed");
        self.failed(
            ctx,
            row,
            live.generation,
            live.up_since.is_some(),
            hopeless,
            format!("instance {number}: {why}"),
        )
        .await
    }

    /// The last lines that an instance printed, to stand in a reason.
    async fn said(&self, ctx: &OpContext, number: i64) -> String {
        let (workspace, endpoint, name) = &self.name;
        let query = deployment::LogQuery {
            lines: Some(TOLD_LINES),
            instance: Some(number),
            ..deployment::LogQuery::default()
        };
        match deployment::logs(ctx, workspace, endpoint, name, query).await {
            Ok(Some(piece)) if !piece.text.is_empty() => {
                format!("; its last output:\n{}", piece.text.trim_end())
            }
            _ => String::new(),
        }
    }

    /// An instance of a generation failed. One that never came up and would not the next time is given up.
    async fn failed(
        &mut self,
        ctx: &OpContext,
        row: &mut deployment::OnlineDeployment,
        generation: i64,
        was_up: bool,
        hopeless: bool,
        why: String,
    ) -> Result<()> {
        self.failures += 1;
        let power = self.failures.saturating_sub(1).min(10);
        // One that was up is started again at once, the first time.
        let pause = match (was_up, self.failures) {
            (true, 1) => Duration::ZERO,
            _ => Duration::from_millis(500) * 2_u32.pow(power),
        };
        self.next_start = Instant::now() + pause.min(LONGEST_PAUSE);
        let fresh = generation == row.generation && row.served != generation && row.state != FAILED;
        if row.state == DELETING || generation != row.generation {
            return Ok(());
        }
        let give_up = fresh && !was_up && (hopeless || self.failures >= TRIES);
        let state = match give_up {
            true => FAILED.to_owned(),
            false => row.state.clone(),
        };
        if give_up {
            self.next_start = Instant::now();
            self.failures = 0;
        }
        self.advance(ctx, row, state, Some(why), row.served).await
    }

    async fn succeeded(&mut self, ctx: &OpContext, row: &deployment::OnlineDeployment) -> Result<()> {
        let lasting = self
            .live
            .values()
            .all(|live| live.up_since.is_some_and(|up| up.elapsed() > FORGIVEN));
        if lasting {
            self.failures = 0;
        }
        if row.state == SUCCEEDED && row.reason.is_none() && row.served == row.generation {
            return Ok(());
        }
        let (workspace, endpoint, name) = self.name.clone();
        let first = row.state == CREATING || row.state == UPDATING;
        let mut row = row.clone();
        let served = row.generation;
        self.advance(ctx, &mut row, SUCCEEDED.into(), None, served)
            .await?;
        if first && row.all_traffic {
            crate::online_endpoint::send_all(ctx, &workspace, &endpoint, &name).await?;
        }
        self.forget(ctx).await
    }

    /// Forgets instances that ended long ago, with their logs.
    async fn forget(&self, ctx: &OpContext) -> Result<()> {
        let app = ctx.app();
        let (workspace, endpoint, name) = self.name.clone();
        let folder = deployment::gateway_folder(app, &workspace, &endpoint, &name);
        let gone = app
            .store
            .write::<_, Error, _>(move |tx| {
                Box::pin(
                    async move { Ok(instances::forget(tx, &workspace, &endpoint, &name, REMEMBERED).await?) },
                )
            })
            .await?;
        let removed = tokio::task::spawn_blocking(move || {
            gone.iter()
                .for_each(|number| drop(std::fs::remove_dir_all(folder.join(number.to_string()))));
        });
        removed.await.map_err(Error::internal)
    }

    async fn advance(
        &self,
        ctx: &OpContext,
        row: &mut deployment::OnlineDeployment,
        state: String,
        reason: Option<String>,
        served: i64,
    ) -> Result<()> {
        row.state = state;
        row.reason = reason;
        row.served = served;
        let (name, generation) = (self.name.clone(), row.generation);
        let progress = Progress {
            state: row.state.clone(),
            reason: row.reason.clone(),
            served,
            wanted: row.wanted,
        };
        ctx.app()
            .store
            .write::<_, Error, _>(move |tx| {
                Box::pin(async move {
                    let name = (name.0.as_str(), name.1.as_str(), name.2.as_str());
                    Ok(online_deployment::advance(tx, name, generation, progress).await?)
                })
            })
            .await
            .map(drop)
    }

    /// Follows the load, where the deployment asks for it.
    async fn scale(
        &mut self,
        ctx: &OpContext,
        row: &mut deployment::OnlineDeployment,
        plan: &DeploymentPlan,
        backend: &Backend,
    ) -> Result<()> {
        let scale = plan.scale;
        if scale.most == scale.least || row.state == FAILED {
            self.look = None;
            return Ok(());
        }
        let now = Look {
            at: Instant::now(),
            busy_us: backend.balancer.busy_us(),
        };
        let Some(last) = &self.look else {
            self.look = Some(now);
            return Ok(());
        };
        let passed = now.at - last.at;
        if passed < Duration::from_secs(scale.polling_s) {
            return Ok(());
        }
        let busy_us = now.busy_us.saturating_sub(last.busy_us) as f64;
        let busy = busy_us / passed.as_micros().max(1) as f64;
        self.look = Some(now);
        let (_, _, waiting) = backend.balancer.load();
        let wanted = wanted_for(
            busy + waiting as f64,
            plan.requests.per_instance,
            scale.target_percent,
        );
        let current = u32::try_from(row.wanted).unwrap_or(1);
        // Down one at a time: a load that comes and goes does not start and end instances all the time.
        let wanted = scale.clamp(wanted.max(current.saturating_sub(1)));
        if wanted == current {
            return Ok(());
        }
        tracing::info!(deployment = ?self.name, busy, from = current, to = wanted, "the number of instances follows the load");
        row.wanted = i64::from(wanted);
        let (state, reason, served) = (row.state.clone(), row.reason.clone(), row.served);
        self.advance(ctx, row, state, reason, served).await
    }

    async fn take_down(
        &mut self,
        ctx: &OpContext,
        plan: &DeploymentPlan,
        backend: &Arc<Backend>,
    ) -> Result<After> {
        let here: Vec<i64> = self
            .live
            .values()
            .filter(|live| live.stage != Stage::Leaving)
            .map(|live| live.key.number)
            .collect();
        for number in here {
            self.leave(ctx, number, plan, backend).await?;
        }
        if !self.live.is_empty() {
            return Ok(After::Wait(LONGEST_WAIT));
        }
        let app = ctx.app();
        let (workspace, endpoint, name) = self.name.clone();
        app.gateway.remove_backend(&workspace, &endpoint, &name);
        let folder = deployment::gateway_folder(app, &workspace, &endpoint, &name);
        app.store
            .write::<_, Error, _>(move |tx| {
                Box::pin(async move {
                    instances::delete_all(tx, &workspace, &endpoint, &name).await?;
                    Ok(online_deployment::delete(tx, &workspace, &endpoint, &name).await?)
                })
            })
            .await?;
        let removed = tokio::task::spawn_blocking(move || std::fs::remove_dir_all(folder)).await;
        if let Ok(Err(error)) = removed
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(%error, deployment = ?self.name, "failed to remove the logs of a deployment");
        }
        Ok(After::Gone)
    }
}

/// How many instances are as busy as they should be with this many requests at once.
fn wanted_for(busy: f64, per_instance: u32, target_percent: u32) -> u32 {
    let each = f64::from(per_instance.max(1)) * f64::from(target_percent.max(1)) / 100.0;
    let wanted = (busy / each).ceil();
    if wanted >= f64::from(u32::MAX) {
        u32::MAX
    } else {
        wanted as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_instances_is_what_the_load_needs() {
        assert_eq!(wanted_for(0.0, 1, 70), 0);
        assert_eq!(wanted_for(0.7, 1, 70), 1);
        assert_eq!(wanted_for(0.71, 1, 70), 2);
        assert_eq!(wanted_for(4.0, 2, 50), 4);
    }
}
