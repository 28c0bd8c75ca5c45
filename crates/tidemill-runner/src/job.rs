//! The story of one job, from its assignment to its last report.

use crate::args::RunnerArgs;
use crate::command::render;
use crate::failure::Failure;
use crate::isolation::{at_home, places};
use crate::link::Link;
use crate::listing::sort_listings;
use crate::logs::{Logs, Mask};
use crate::outcome::Verdict;
use crate::prepare::{Bench, Placed, Stores, lay_code, lay_inputs, place_outputs, prepare_environment};
use crate::process::{Order, ranks, supervise};
use crate::publish::{Published, publish};
use crate::relay;
use crate::stop::{Cause, Stop};
use crate::tell::Teller;
use crate::variables::{PROGRAM, variables};
use crate::work::Work;
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tidemill_api::runner::{Assignment, Distribution, Finish, Input, Outcome, Progress};
use tidemill_process::isolation::Relay;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;

/// After which time a command is one that takes its time.
const STARTED: Duration = Duration::from_secs(2);

/// Runs the job of the token. An error means that the server could not be told how it ended.
pub(crate) async fn run(args: &RunnerArgs) -> Result<(), Failure> {
    let stop = Stop::new();
    listen_for_signals(&stop)?;
    let link = Link::new(args, stop.clone())?;
    let assignment = match stop.unless(link.assignment()).await {
        Ok(assignment) => assignment?,
        Err(_) => {
            return Err(Failure::new(
                "the runner was stopped before it had its assignment".into(),
            ));
        }
    };
    let beating = tokio::spawn({
        let link = link.clone();
        async move { link.heartbeats().await }
    });
    let work = Work::make(&args.work_dir, assignment.attempt);
    let finish = match &work {
        Ok(work) => {
            let job = Job {
                args,
                assignment: &assignment,
                link: &link,
                stop: &stop,
                work,
                calls: RefCell::default(),
            };
            job.run().await
        }
        Err(failure) => finish(Verdict::failed(failure, None), Published::default(), Vec::new()),
    };
    beating.abort();
    let told = match stop.cause() {
        Some(Cause::Disowned(reason)) => Err(Failure::new(reason)),
        _ => link.finish(&finish).await,
    };
    if let Ok(work) = work {
        work.remove();
    }
    told
}

/// TERM and INT cancel the job; a terminal that goes away means nothing to it.
fn listen_for_signals(stop: &Stop) -> Result<(), Failure> {
    let failed = |error| Failure::io("listen for signals", error);
    for kind in [SignalKind::terminate(), SignalKind::interrupt()] {
        let (mut signals, stop) = (signal(kind).map_err(failed)?, stop.clone());
        tokio::spawn(async move {
            signals.recv().await;
            stop.leave();
        });
    }
    // A handler that nobody reads is a signal without effect.
    let _ = signal(SignalKind::hangup()).map_err(failed)?;
    Ok(())
}

/// A runner mostly waits for its command, and many wait at once: what only its start needed does not stay in memory.
async fn wait_small() {
    tokio::time::sleep(STARTED).await;
    if let Err(error) = tidemill_process::release_program_pages() {
        tracing::debug!("pages of the program stay: {error}");
    }
}

struct Job<'a> {
    args: &'a RunnerArgs,
    assignment: &'a Assignment,
    link: &'a Link,
    stop: &'a Stop,
    work: &'a Work,
    /// Calls to the server that are made beside what goes on.
    calls: RefCell<Vec<JoinHandle<Result<(), Failure>>>>,
}

/// A job that is ready to run.
struct Ready {
    order: Order,
    stores: Stores,
    placed: Vec<Placed>,
    /// The way to the server, where the network is closed.
    way: Option<JoinHandle<()>>,
}

impl Job<'_> {
    async fn run(&self) -> Finish {
        let logs = Logs::new(
            self.work.logs.clone(),
            self.link.clone(),
            Mask::new(&self.assignment.masked),
        );
        let streaming = tokio::spawn({
            let logs = logs.clone();
            async move { logs.stream().await }
        });
        let mut warnings = Vec::new();
        let (verdict, published) = match self.prepare(&logs).await {
            Ok(ready) => self.execute(ready, &logs, &mut warnings).await,
            Err(failure) => (
                self.stopped_or(Verdict::failed(&failure, None)),
                Published::default(),
            ),
        };
        self.all_told().await;
        // What has been said goes before how it ended.
        if let Err(failure) = logs.send().await {
            tracing::error!("failed to send the last output: {failure}");
        }
        streaming.abort();
        finish(verdict, published, warnings)
    }

    /// Makes everything ready: environment, code, inputs, places for outputs.
    async fn prepare(&self, logs: &Logs) -> Result<Ready, Failure> {
        let (teller, telling) = Teller::start(self.link.clone(), |message| Progress::Preparing { message });
        let ready = self.lay(logs, &teller).await;
        drop(teller);
        telling.end().await;
        ready
    }

    async fn lay(&self, logs: &Logs, teller: &Teller) -> Result<Ready, Failure> {
        let assignment = self.assignment;
        let stores = Stores::open(assignment, &self.args.data_dir)?;
        let bench = Bench {
            args: self.args,
            work: self.work,
            stores: &stores,
            logs,
            teller,
            stop: self.stop,
            cancel: Arc::default(),
        };
        let environment = async {
            let prepared = prepare_environment(&assignment.environment, &bench).await?;
            Ok(prepared.map(|(prefix, report)| {
                let link = self.link.clone();
                // The command need not wait until the server has written this down.
                self.beside(async move { link.environment(&report).await });
                prefix
            }))
        };
        let files = async {
            let laid = async {
                lay_code(assignment.code.as_ref(), &bench).await?;
                lay_inputs(assignment, &bench).await
            };
            // A build that goes on alone would be left behind with its installer.
            laid.await
                .inspect_err(|_| bench.cancel.store(true, Ordering::Release))
        };
        let (prefix, laid): (Result<_, Failure>, Result<_, Failure>) = tokio::join!(environment, files);
        let (mut texts, folders) = laid?;
        let prefix = prefix?;
        let placed = place_outputs(assignment, &bench, &mut texts)?;
        if let Some(prefix) = &prefix {
            let folders: Vec<&Path> = folders.iter().map(PathBuf::as_path).collect();
            sort_listings(prefix, &folders)?;
        }
        let (relay, way) = match self.args.network.is_closed() {
            true => Some(self.way()?).unzip(),
            false => (None, None),
        };
        let isolation = self.args.isolation;
        let machine = machine().filter_map(|variable| at_home(variable, isolation, self.work));
        let mut variables = variables(assignment, prefix.as_ref(), &texts, self.work, machine);
        if let Some(relay) = &relay {
            for value in variables.values_mut() {
                if let Some(inside) = relay::address(value, self.args, relay) {
                    *value = inside;
                }
            }
        }
        let order = Order {
            script: render(&assignment.command, &assignment.job, &texts)?,
            folder: self.work.code.clone(),
            variables,
            isolation,
            places: places(
                self.args,
                self.work,
                prefix.as_ref(),
                &texts,
                &placed,
                assignment.distribution.is_some(),
                assignment.environment_variables.contains_key(PROGRAM),
                relay,
            ),
        };
        Ok(Ready {
            order,
            stores,
            placed,
            way,
        })
    }

    /// The way to the server of a job whose network is closed. Each sandbox has a loopback of its own, so several processes
    /// would not find each other.
    fn way(&self) -> Result<(Relay, JoinHandle<()>), Failure> {
        if self.assignment.distribution.is_some() {
            return Err(Failure::new(format!(
                "failed to start a job of several processes with network {}: they talk to each other over the network; \
                 run it on a compute with network open",
                self.args.network
            )));
        }
        relay::open(self.args, self.work)
    }

    /// Runs the command and publishes what it wrote, however it ended.
    async fn execute(&self, ready: Ready, logs: &Logs, warnings: &mut Vec<String>) -> (Verdict, Published) {
        let Ready {
            order,
            stores,
            placed,
            way,
        } = ready;
        let waiting = tokio::spawn(wait_small());
        let verdict = self.command(&order, logs, warnings).await;
        waiting.abort();
        if let Some(way) = way {
            way.abort();
        }
        if let Some(Cause::Disowned(_)) = self.stop.cause() {
            return (verdict, Published::default());
        }
        let (teller, telling) = Teller::start(self.link.clone(), |message| Progress::Finalizing { message });
        let published = publish(self.work, &stores, &placed, &teller).await;
        drop(teller);
        telling.end().await;
        let verdict = match &published.failure {
            Some(failure) if verdict.outcome == Outcome::Completed => {
                Verdict::failed(failure, verdict.exit_code)
            }
            _ => verdict,
        };
        (verdict, published)
    }

    async fn command(&self, order: &Order, logs: &Logs, warnings: &mut Vec<String>) -> Verdict {
        let assignment = self.assignment;
        let ranks = match ranks(assignment.distribution.as_ref(), assignment.instance_count) {
            Ok(ranks) => ranks,
            Err(failure) => return Verdict::failed(&failure, None),
        };
        if assignment.distribution.is_none() && assignment.instance_count > 1 {
            warnings.push(format!(
                "resources.instance_count: {} has no effect without distribution: the command runs once",
                assignment.instance_count
            ));
        }
        warn_of_nodes(assignment, warnings);
        warn_of_tables(assignment, warnings);
        let alone = ranks.len() == 1;
        let started = || {
            let link = self.link.clone();
            self.beside(async move { link.progress(&Progress::Running).await });
        };
        let supervised = supervise(
            order,
            ranks,
            &assignment.limits,
            (logs, self.stop),
            &self.args.work_dir,
            started,
        )
        .await;
        self.all_told().await;
        let ended = match supervised {
            Ok(ended) => ended,
            Err(failure) => return self.stopped_or(Verdict::failed(&failure, None)),
        };
        if !ended.leftovers.is_empty() {
            warnings.push(format!(
                "the command left processes behind, which were ended: {}",
                ended.leftovers.join(", ")
            ));
        }
        let code = ended.end.as_ref().map(|end| end.status.code);
        match (self.stop.cause(), &ended.end) {
            (Some(cause), _) => Verdict::stopped(&cause, code),
            (None, Some(end)) => Verdict::ended(end, alone),
            (None, None) => Verdict::failed(
                &Failure::new("the command ended and did not say how".into()),
                None,
            ),
        }
    }

    fn beside(&self, call: impl Future<Output = Result<(), Failure>> + Send + 'static) {
        self.calls.borrow_mut().push(tokio::spawn(call));
    }

    /// Waits for the calls that were made beside: what comes next must not be heard before them.
    async fn all_told(&self) {
        for call in self.calls.take() {
            // A call that failed has thrown the switch.
            let _ = call.await;
        }
    }

    /// The verdict of a job that was stopped, or else the one given.
    fn stopped_or(&self, verdict: Verdict) -> Verdict {
        match self.stop.cause() {
            Some(cause) => Verdict::stopped(&cause, verdict.exit_code),
            None => verdict,
        }
    }
}

/// The machine's variables; one that is no text is nothing that a job could be promised.
fn machine() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// A table is given to a job as it lies there, whatever its mode.
fn warn_of_tables(assignment: &Assignment, warnings: &mut Vec<String>) {
    for (name, input) in &assignment.inputs {
        if let Input::Data { mode, .. } = input
            && mode.starts_with("eval_")
        {
            warnings.push(format!(
                "inputs.{name}: {mode} has no effect here: the folder of the MLTable is given as it is, and the job reads it"
            ));
        }
    }
}

fn warn_of_nodes(assignment: &Assignment, warnings: &mut Vec<String>) {
    if assignment.instance_count > 1
        && !matches!(
            assignment.distribution,
            None | Some(Distribution::Tensorflow { .. })
        )
    {
        warnings.push(format!(
            "resources.instance_count: the {} nodes are processes of this one machine",
            assignment.instance_count
        ));
    }
}

fn finish(verdict: Verdict, published: Published, mut warnings: Vec<String>) -> Finish {
    let Verdict {
        outcome,
        exit_code,
        reason,
    } = verdict;
    warnings.extend(published.warnings);
    Finish {
        outcome,
        exit_code,
        reason,
        outputs: published.outputs,
        warnings,
    }
}
