//! A running pipeline: one task each, woken when a step ends. It starts what is ready, takes over finished work, and
//! ends the pipeline when nothing is left to do.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use futures::TryStreamExt;
use indexmap::IndexMap;
use tidemill_plan::{Dag, End, Progress};
use tidemill_store::{DatabaseTransaction, job, lineage, run, to_json};
use tokio::sync::mpsc;

use crate::hub::{JobNews, What};
use crate::job::control_flow::{Go, decide};
use crate::job::step::{ResolvedStep, Surroundings, command_of};
use crate::job::submit::{job_run, lineage_rows};
use crate::job::{
    Ending, Job, OutputRecord, PipelinePlan, Plan, Status, StepPlan, StepWork, cache_key, end, end_surely,
    fail_waiting, other_name, outputs_at_their_places, outputs_of, plan_nested, resolve_step, stop_steps,
};
use crate::{Error, OpContext, Result, action, bytes, datastore_access};

/// How many steps that take over finished work are ended at once.
const AT_ONCE: usize = 64;

/// What a pipeline is told.
#[derive(Debug)]
enum Message {
    /// A step's job has ended.
    Ended { node: String, status: Status },
    /// Start nothing more, and stop what runs.
    Cancel,
}

/// The pipelines that run in this process.
#[derive(Debug, Default)]
pub(crate) struct Pipelines {
    running: Mutex<HashMap<(String, String), mpsc::UnboundedSender<Message>>>,
}

impl Pipelines {
    fn tell(&self, workspace: &str, pipeline: &str, message: Message) -> bool {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running
            .get(&(workspace.to_owned(), pipeline.to_owned()))
            .is_some_and(|sender| sender.send(message).is_ok())
    }

    /// Tells the pipeline of a step that the step has ended.
    pub(crate) fn step_ended(&self, row: &Job, status: Status) {
        if let (Some(parent), Some(node)) = (&row.parent, &row.node) {
            self.tell(
                &row.workspace,
                parent,
                Message::Ended {
                    node: node.clone(),
                    status,
                },
            );
        }
    }

    /// Tells a pipeline to stop. Says whether it runs here.
    pub(crate) fn cancel(&self, row: &Job) -> bool {
        self.tell(&row.workspace, &row.name, Message::Cancel)
    }
}

/// Starts the task of a pipeline, unless it runs already.
pub(crate) fn start_pipeline(ctx: &OpContext, row: &Job) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let key = (row.workspace.clone(), row.name.clone());
    {
        let mut running = ctx
            .app()
            .pipelines
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if running.contains_key(&key) {
            return;
        }
        running.insert(key.clone(), sender);
    }
    let (ctx, row) = (ctx.app().system().on_behalf_of(&row.created_by), row.clone());
    tokio::spawn(async move {
        let result = run_pipeline(&ctx, &row, receiver).await;
        ctx.app()
            .pipelines
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&key);
        let ending = match result {
            Ok(ending) => ending,
            Err(error) => {
                if let Err(error) = stop_steps(&ctx, &row, "its pipeline broke off").await {
                    tracing::error!(workspace = row.workspace, job = row.name, %error, "failed to stop steps");
                }
                tracing::error!(workspace = row.workspace, job = row.name, %error, source = ?error.source, "a pipeline broke off");
                Ending::bare(Status::Failed, error.to_string())
            }
        };
        end_surely(&ctx, &row, ending).await;
    });
}

struct Running<'a> {
    ctx: &'a OpContext,
    row: &'a Job,
    plan: &'a PipelinePlan,
    progress: Progress,
    steps: Vec<Job>,
    outputs: IndexMap<String, IndexMap<String, OutputRecord>>,
    /// Why steps failed, by step: after a restart the same end may be told twice.
    failures: IndexMap<String, String>,
    /// The turn whose outputs stand for those of a body, by body.
    last_turns: HashMap<String, usize>,
    cancelled: bool,
}

async fn run_pipeline(
    ctx: &OpContext,
    row: &Job,
    mut inbox: mpsc::UnboundedReceiver<Message>,
) -> Result<Ending> {
    let Ok(Plan::Pipeline(mut plan)) = serde_json::from_str(&row.plan) else {
        return Err(Error::internal(format!("job {} has no pipeline plan", row.name)));
    };
    let waits = plan
        .steps
        .iter()
        .map(|(name, step)| (name.clone(), step.waits_for.clone()))
        .collect();
    let dag = Dag::new(&waits).map_err(|error| Error::invalid(error.to_string()))?;
    let steps = ensure_steps(ctx, row, &mut plan).await?;
    let mut running = Running {
        ctx,
        row,
        plan: &plan,
        progress: Progress::new(dag, plan.continue_on_step_failure),
        steps,
        outputs: IndexMap::new(),
        failures: IndexMap::new(),
        last_turns: HashMap::new(),
        cancelled: row.status == Status::CancelRequested.as_str(),
    };
    running.catch_up().await?;
    loop {
        running.start_ready().await?;
        if running.progress.is_over() {
            return Ok(running.ending());
        }
        match inbox.recv().await {
            Some(Message::Ended { node, status }) => running.step_ended(&node, status).await?,
            Some(Message::Cancel) => running.cancel().await?,
            None => return Err(Error::internal("the inbox of a pipeline was closed")),
        }
        // What came meanwhile is one round.
        while let Ok(message) = inbox.try_recv() {
            match message {
                Message::Ended { node, status } => running.step_ended(&node, status).await?,
                Message::Cancel => running.cancel().await?,
            }
        }
    }
}

/// The rows of the steps, made when the pipeline starts for the first time. A step whose name another job has gets
/// another one, which goes into the plan.
async fn ensure_steps(ctx: &OpContext, row: &Job, plan: &mut PipelinePlan) -> Result<Vec<Job>> {
    let app = ctx.app();
    let there = job::children(app.store.read(), &row.workspace, &row.name).await?;
    if there.len() == plan.steps.len() {
        return Ok(there);
    }
    let rows: Vec<Job> = plan
        .steps
        .iter()
        .enumerate()
        .map(|(position, (node, step))| step_row(ctx, row, node, step, position))
        .collect();
    let (workspace, pipeline, named) = (row.workspace.clone(), row.name.clone(), plan.clone());
    let (rows, named) = app
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let (mut rows, mut plan) = (rows, named);
                if give_free_names(tx, &workspace, &mut rows).await? {
                    for (step, row) in plan.steps.values_mut().zip(&rows) {
                        step.job.clone_from(&row.name);
                    }
                    let patch = job::Patch {
                        plan: Some(to_json(&Plan::Pipeline(Box::new(plan.clone())))),
                        ..job::Patch::default()
                    };
                    job::update(tx, &workspace, &pipeline, patch).await?;
                }
                job::insert(tx, rows.clone()).await?;
                Ok((rows, plan))
            })
        })
        .await?;
    *plan = named;
    Ok(rows)
}

/// Names anew what would have the name of a job that is there. Says whether anything was.
async fn give_free_names(tx: &DatabaseTransaction, workspace: &str, rows: &mut [Job]) -> Result<bool> {
    let names: Vec<String> = rows.iter().map(|row| row.name.clone()).collect();
    let taken = job::taken(tx, workspace, &names).await?;
    for row in rows.iter_mut().filter(|row| taken.contains(&row.name)) {
        row.name = other_name(&row.name, &row.id);
    }
    Ok(!taken.is_empty())
}

fn step_row(ctx: &OpContext, parent: &Job, node: &str, step: &StepPlan, position: usize) -> Job {
    let (kind, spec) = match &step.work {
        StepWork::Command(command) => (
            "command",
            to_json(&serde_json::json!({
                "type": "command", "command": command.command, "environment": command.environment.name,
                "inputs": step.given, "resources": { "instance_count": command.instance_count },
            })),
        ),
        StepWork::Pipeline { component } => (
            "pipeline",
            to_json(&serde_json::json!({
                "type": "pipeline", "component": component.name, "inputs": step.given,
            })),
        ),
    };
    Job {
        workspace: parent.workspace.clone(),
        name: step.job.clone(),
        id: ctx.app().clock.ulid(),
        kind: kind.into(),
        display_name: step.display_name.clone(),
        description: None,
        experiment_name: parent.experiment_name.clone(),
        experiment_id: parent.experiment_id.clone(),
        parent: Some(parent.name.clone()),
        root: parent.root.clone(),
        node: Some(node.to_owned()),
        position: i64::try_from(position).unwrap_or(i64::MAX),
        status: Status::NotStarted.as_str().into(),
        reason: None,
        compute: None,
        spec,
        plan: to_json(&Plan::Waiting),
        attempt: 0,
        handle: None,
        cache_key: None,
        reused_from: None,
        outputs: "{}".into(),
        environment: None,
        warnings: "[]".into(),
        exit_code: None,
        tags: "{}".into(),
        properties: parent.properties.clone(),
        created_by: parent.created_by.clone(),
        created_at: ctx.now_ms(),
        started_at: None,
        ended_at: None,
        archived: false,
        revision: 1,
        gpus: "[]".into(),
        free_tries: 0,
    }
}

/// Whether an output became this asset when the work was done.
fn is_asset(record: Option<&str>, name: &str, version: Option<&str>) -> bool {
    let mut parts = record.unwrap_or_default().splitn(3, '/').skip(1);
    parts.next() == Some(name) && (version.is_none() || parts.next() == version)
}

/// A step that is ready, and what is to happen to it.
enum Start {
    Command { row: Job, reuse: Option<Box<Job>> },
    Nested { row: Job },
    Failed { row: Job, reason: String },
    Skipped { row: Job, reason: String },
}

impl Running<'_> {
    /// Steps that ended before this task began count as ended now.
    async fn catch_up(&mut self) -> Result<()> {
        for index in 0..self.steps.len() {
            let status: Status = self.steps[index].status.parse().unwrap_or(Status::NotStarted);
            if status.is_over() {
                let node = self.steps[index].node.clone().unwrap_or_default();
                self.step_ended(&node, status).await?;
            }
        }
        if self.cancelled {
            self.cancel().await
        } else {
            Ok(())
        }
    }

    async fn start_ready(&mut self) -> Result<()> {
        let ready = self.take_ready();
        let mut starts = Vec::new();
        for index in ready {
            // One that was started by a server before this one goes on by itself.
            if self.steps[index].status == Status::NotStarted.as_str() {
                starts.push(self.prepare(index).await);
            }
        }
        if starts.is_empty() {
            return Ok(());
        }
        self.save(&starts).await?;
        let app = self.ctx.app();
        let mut taken_over = Vec::new();
        for start in starts {
            match start {
                Start::Command {
                    row,
                    reuse: Some(done),
                } => taken_over.push((row, done)),
                Start::Command { row, reuse: None } | Start::Nested { row } => {
                    let (workspace, root, job) = (row.workspace.clone(), row.root.clone(), row.name.clone());
                    app.hub.tell(JobNews {
                        workspace,
                        root,
                        job,
                        what: What::Status,
                    });
                    app.start_job(&row).await;
                }
                Start::Failed { row, reason } => {
                    end(self.ctx, &row, Ending::bare(Status::Failed, reason)).await?;
                }
                Start::Skipped { row, reason } => {
                    end(self.ctx, &row, Ending::bare(Status::Skipped, reason)).await?;
                }
            }
        }
        // Together, so that many of them share a commit.
        let this = &*self;
        futures::stream::iter(taken_over.into_iter().map(Ok))
            .try_for_each_concurrent(
                AT_ONCE,
                |(row, done)| async move { this.take_over(&row, &done).await },
            )
            .await
    }

    /// The steps that may start now: of the turns of a loop no more than run at once.
    fn take_ready(&mut self) -> Vec<usize> {
        let lane = |step: usize| {
            let turn = self
                .plan
                .steps
                .get_index(step)
                .and_then(|(_, step)| step.turn.as_ref());
            turn.and_then(|turn| turn.at_once.map(|most| (turn.body.as_str(), most)))
        };
        let mut busy: HashMap<&str, u32> = HashMap::new();
        let running = (0..self.steps.len()).filter(|step| self.progress.is_running(*step));
        for (body, _) in running.filter_map(lane) {
            *busy.entry(body).or_default() += 1;
        }
        let started = |step: usize| self.steps[step].status != Status::NotStarted.as_str();
        self.progress.take_ready_if(|step| {
            let Some((body, most)) = lane(step) else {
                return true;
            };
            let busy = busy.entry(body).or_default();
            let may = *busy < most || started(step);
            *busy += u32::from(may);
            may
        })
    }

    async fn prepare(&self, index: usize) -> Start {
        let mut row = self.steps[index].clone();
        let step = match self.plan.steps.get_index(index) {
            Some((_, step)) => decide(self.ctx, &row.workspace, step, &self.outputs).await,
            None => Err(Error::internal(format!("no step {index}"))),
        };
        let prepared = match step {
            Ok(Go::Skip(reason)) => {
                let reason = format!("skipped: {reason}");
                return Start::Skipped { row, reason };
            }
            Ok(Go::On(step)) => self.try_prepare(&mut row, &step).await,
            Err(error) => Err(error),
        };
        match prepared {
            Ok(reuse) if row.kind == "command" => Start::Command {
                row,
                reuse: reuse.map(Box::new),
            },
            Ok(_) => Start::Nested { row },
            Err(error) => {
                row.plan = to_json(&Plan::Waiting);
                Start::Failed {
                    row,
                    reason: error.to_string(),
                }
            }
        }
    }

    /// Fills the row of a step; returns the job whose outputs it may take over.
    async fn try_prepare(&self, row: &mut Job, step: &StepPlan) -> Result<Option<Job>> {
        let around = Surroundings {
            plan: self.plan,
            outputs: &self.outputs,
        };
        let resolved = resolve_step(self.ctx, &row.workspace, step, &around).await?;
        match &step.work {
            StepWork::Command(_) => {
                let Some(mut plan) = command_of(step, resolved) else {
                    return Ok(None);
                };
                crate::model_validation::complete(self.ctx, &row.workspace, &mut plan).await?;
                let key = cache_key(&plan);
                row.cache_key = key.map(|key| key.to_string());
                row.compute = step
                    .compute
                    .as_ref()
                    .and_then(|compute| compute.name().map(str::to_owned));
                row.plan = to_json(&Plan::Command(Box::new(plan)));
                row.status = Status::Queued.as_str().into();
                self.find_done(row).await
            }
            StepWork::Pipeline { component } => {
                let ResolvedStep { inputs, outputs } = resolved;
                let settings = self.plan.settings.clone();
                let policy = &self.plan.policy;
                let nested = plan_nested(
                    self.ctx,
                    (&row.workspace, &row.name),
                    component,
                    settings,
                    policy,
                    inputs,
                    outputs,
                );
                row.plan = to_json(&Plan::Pipeline(Box::new(nested.await?)));
                row.status = Status::Running.as_str().into();
                row.started_at = Some(self.ctx.now_ms());
                Ok(None)
            }
        }
    }

    async fn find_done(&self, row: &Job) -> Result<Option<Job>> {
        let Some(done) = self.find_same(row).await? else {
            return Ok(None);
        };
        // Where an output cannot be put at its place, the step does its work itself, and says what is wrong there.
        match outputs_at_their_places(self.ctx, row, &done).await {
            Ok(Some(outputs)) => Ok(Some(Job {
                outputs: to_json(&outputs),
                ..done
            })),
            Ok(None) => Ok(None),
            Err(error) => {
                tracing::warn!(job = row.name, %error, "finished work is not taken over");
                Ok(None)
            }
        }
    }

    async fn find_same(&self, row: &Job) -> Result<Option<Job>> {
        let again = self.plan.force_rerun
            || row
                .node
                .as_ref()
                .is_some_and(|node| self.plan.rerun.contains(node));
        let Some(key) = row.cache_key.as_ref().filter(|_| !again) else {
            return Ok(None);
        };
        let Some(done) = job::find_done(self.ctx.app().store.read(), &row.workspace, key).await? else {
            return Ok(None);
        };
        for record in outputs_of(&done).values() {
            let (workspace, store) = (&row.workspace, record.datastore.as_deref());
            // What another one wrote where this one may not read is not taken over.
            if store.is_some_and(|store| {
                !datastore_access::may(
                    self.ctx,
                    workspace,
                    store,
                    &record.path,
                    action::DATASTORE_FILE_READ,
                )
            }) {
                return Ok(None);
            }
            if !bytes::still_there(self.ctx, &row.workspace, record).await? {
                return Ok(None);
            }
        }
        Ok(Some(done))
    }

    /// Saves what was prepared, with the runs of the steps, in one transaction.
    async fn save(&self, starts: &[Start]) -> Result<()> {
        let rows: Vec<Job> = starts
            .iter()
            .filter_map(|start| match start {
                Start::Command { row, .. } | Start::Nested { row } | Start::Failed { row, .. } => {
                    Some(row.clone())
                }
                Start::Skipped { .. } => None,
            })
            .collect();
        let now = self.ctx.now_ms();
        self.ctx
            .app()
            .store
            .write::<_, Error, _>(move |tx| {
                Box::pin(async move {
                    for row in rows {
                        run::create_for_job(
                            tx,
                            run::JobRun {
                                now_ms: now,
                                ..job_run(&row)
                            },
                        )
                        .await?;
                        if row.kind == "pipeline" {
                            run::set_job_status(tx, &row.workspace, &row.name, "RUNNING", Some(now), None)
                                .await?;
                        }
                        lineage::put(tx, lineage_rows(&row)).await?;
                        let patch = job::Patch {
                            status: Some(if row.kind == "pipeline" {
                                "Running"
                            } else {
                                "Queued"
                            }),
                            plan: Some(row.plan),
                            compute: Some(row.compute),
                            cache_key: Some(row.cache_key),
                            started_at: Some(row.started_at),
                            ..job::Patch::default()
                        };
                        job::transition(tx, &row.workspace, &row.name, &["NotStarted"], patch).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// The outputs of finished work stand for this step.
    async fn take_over(&self, row: &Job, done: &Job) -> Result<()> {
        let mut assets = IndexMap::new();
        if let Ok(Plan::Command(plan)) = serde_json::from_str(&row.plan) {
            let records = outputs_of(done);
            for (port, output) in &plan.outputs {
                let record = records.get(port).and_then(|record| record.asset.as_deref());
                if let Some(name) = &output.name
                    && !is_asset(record, name, output.version.as_deref())
                {
                    assets.insert(port.clone(), (name.clone(), output.version.clone()));
                }
            }
        }
        let ending = Ending {
            assets,
            reason: Some(format!(
                "reused: job `{}` did the same work on the same bytes",
                done.name
            )),
            outputs: outputs_of(done),
            reused_from: Some(done.name.clone()),
            exit_code: done.exit_code.and_then(|code| i32::try_from(code).ok()),
            ..Ending::bare(Status::Completed, "")
        };
        end(self.ctx, row, ending).await.map(drop)
    }

    async fn step_ended(&mut self, node: &str, status: Status) -> Result<()> {
        let Some(index) = self.plan.steps.get_index_of(node) else {
            return Ok(());
        };
        let name = &self.plan.steps[index].job;
        let Some(row) = job::get(self.ctx.app().store.read(), &self.row.workspace, name).await? else {
            return Ok(());
        };
        // What waits for a step that was skipped is looked at when its own turn has come.
        let how = if matches!(status, Status::Completed | Status::Skipped) {
            End::Completed
        } else {
            End::Failed
        };
        if status == Status::Completed {
            self.outputs.insert(node.to_owned(), outputs_of(&row));
            if let Some(turn) = self.plan.steps[index].turn.as_ref().filter(|turn| turn.hands_on)
                && self.last_turns.get(&turn.body).is_none_or(|last| *last <= index)
            {
                self.last_turns.insert(turn.body.clone(), index);
                self.outputs.insert(turn.body.clone(), outputs_of(&row));
            }
        } else if status == Status::Failed {
            let why = row.reason.as_deref().unwrap_or("no reason given");
            let failure = format!("step `{node}` failed: {why}");
            self.failures.insert(node.to_owned(), failure);
        }
        self.steps[index] = row;
        let skipped = self.progress.ended(index, how);
        let reason = if self.cancelled {
            "its pipeline was cancelled".to_owned()
        } else {
            format!("not started: step `{node}` did not complete")
        };
        self.skip(&skipped, &reason).await
    }

    async fn cancel(&mut self) -> Result<()> {
        self.cancelled = true;
        let skipped = self.progress.skip_all();
        self.skip(&skipped, "its pipeline was cancelled").await?;
        stop_steps(self.ctx, self.row, "its pipeline was cancelled").await
    }

    async fn skip(&self, steps: &[usize], reason: &str) -> Result<()> {
        let rows: Vec<Job> = steps.iter().map(|step| self.steps[*step].clone()).collect();
        fail_waiting(self.ctx, &rows, reason).await
    }

    fn ending(&self) -> Ending {
        if self.cancelled {
            return Ending::bare(Status::Canceled, "cancelled by its owner");
        }
        if self.progress.has_failed() {
            let failures: Vec<&str> = self.failures.values().map(String::as_str).collect();
            let reason = match failures.as_slice() {
                [] => "a step was cancelled".to_owned(),
                failures => failures.join("\n"),
            };
            return Ending {
                outputs: self.own_outputs(),
                ..Ending::bare(Status::Failed, reason)
            };
        }
        Ending {
            outputs: self.own_outputs(),
            reason: None,
            ..Ending::bare(Status::Completed, "")
        }
    }

    /// What the pipeline gives: the outputs of the steps that are bound to its own.
    fn own_outputs(&self) -> IndexMap<String, OutputRecord> {
        let mut found = IndexMap::new();
        for (node, step) in &self.plan.steps {
            for (port, output) in &step.outputs {
                let record = self.outputs.get(node).and_then(|outputs| outputs.get(port));
                if let (Some(parent), Some(record)) = (&output.parent, record) {
                    found.insert(parent.clone(), record.clone());
                }
            }
        }
        found
    }
}
