//! Runs all processes of a job from their start to their last descendant.

use super::descendants::{adopt_orphans, end_all, end_leftovers};
use super::distribution::Rank;
use super::memory::MemoryGuard;
use super::reaper::{Reaper, Status};
use super::spawn::{self, Order, spawn};
use crate::failure::Failure;
use crate::logs::{LogFile, Logs, pump};
use crate::stop::{Cause, Stop};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tidemill_api::runner::Limits;
use tokio::task::JoinHandle;

/// How long the last output is waited for when nothing that was started is left: somebody else holds the pipe then.
const DRAIN: Duration = Duration::from_secs(1);

/// How the command ended.
pub(crate) struct Ended {
    /// The first process that failed, or the first of all.
    pub(crate) end: Option<RankEnd>,
    /// What was left behind and had to be ended.
    pub(crate) leftovers: Vec<String>,
}

/// How one process ended.
pub(crate) struct RankEnd {
    pub(crate) rank: String,
    pub(crate) status: Status,
    pub(crate) log: Arc<LogFile>,
}

struct Running {
    rank: Rank,
    pid: i32,
    log: Arc<LogFile>,
    pump: JoinHandle<std::io::Result<()>>,
}

/// Starts one process for each rank, calls `started`, and returns when nothing of them is left. Thrown, the switch ends
/// them; a limit that is passed throws it.
pub(crate) async fn supervise(
    order: &Order,
    ranks: Vec<Rank>,
    limits: &Limits,
    (logs, stop): (&Logs, &Stop),
    work_dir: &Path,
    started: impl FnOnce(),
) -> Result<Ended, Failure> {
    let grace = Duration::from_secs(limits.grace_s);
    adopt_orphans().map_err(|error| Failure::io("become the parent of orphans", error))?;
    let mut reaper = Reaper::new().map_err(|error| Failure::io("watch for ends of processes", error))?;
    let memory = MemoryGuard::new(limits, work_dir);
    let running = match memory.around(|| start(order, ranks, &mut reaper, (logs, stop))) {
        Ok(running) => running,
        Err(failure) => {
            end_all(&mut reaper, Duration::ZERO).await;
            memory.remove();
            return Err(failure);
        }
    };
    started();
    tokio::select! {
        () = main_ends(&mut reaper, &running) => {}
        _ = stop.thrown() => {}
        () = time_limit(limits.timeout_s, stop) => {}
        () = memory.watch(stop) => {}
    }
    reaper.collect();
    memory.settle(stop, running.iter().any(|process| failed(&reaper, process)));
    let leftovers = match stop.cause() {
        Some(Cause::Disowned(_)) => {
            end_all(&mut reaper, Duration::ZERO).await;
            Vec::new()
        }
        None if running.iter().all(|process| reaper.end_of(process.pid).is_some()) => {
            end_leftovers(&mut reaper, grace).await
        }
        _ => {
            // The first failure is noted before the others are ended, which makes them fail too.
            let first = first_end(&reaper, &running);
            end_all(&mut reaper, grace).await;
            let end = first.or_else(|| first_end(&reaper, &running));
            drain(running).await;
            memory.remove();
            return Ok(Ended {
                end,
                leftovers: Vec::new(),
            });
        }
    };
    let end = first_end(&reaper, &running);
    drain(running).await;
    memory.remove();
    Ok(Ended { end, leftovers })
}

fn start(
    order: &Order,
    ranks: Vec<Rank>,
    reaper: &mut Reaper,
    (logs, stop): (&Logs, &Stop),
) -> Result<Vec<Running>, Failure> {
    let mut running = Vec::with_capacity(ranks.len());
    for rank in ranks {
        let log = logs.open(&rank.log)?;
        let (pid, pipe) = spawn(order, &rank).map_err(|error| spawn::failed(error, order))?;
        reaper.expect(pid);
        let pump = tokio::spawn(pump(pipe, log.clone(), stop.clone(), logs.mask().clone()));
        running.push(Running { rank, pid, log, pump });
    }
    Ok(running)
}

/// Returns when all processes that count have ended, or the first has failed.
async fn main_ends(reaper: &mut Reaper, running: &[Running]) {
    loop {
        reaper.collect();
        let mut counted = running.iter().filter(|process| process.rank.counts);
        if running.iter().any(|process| failed(reaper, process))
            || counted.all(|process| reaper.end_of(process.pid).is_some())
        {
            return;
        }
        reaper.changed().await;
    }
}

fn failed(reaper: &Reaper, process: &Running) -> bool {
    reaper.end_of(process.pid).is_some_and(|status| status.code != 0)
}

/// The end that speaks for the job: a failure before a success.
fn first_end(reaper: &Reaper, running: &[Running]) -> Option<RankEnd> {
    let ended = || {
        running
            .iter()
            .filter_map(|process| Some((process, reaper.end_of(process.pid)?)))
    };
    let (process, status) = ended()
        .find(|(_, status)| status.code != 0)
        .or_else(|| ended().next())?;
    Some(RankEnd {
        rank: process.rank.name.clone(),
        status,
        log: process.log.clone(),
    })
}

/// Throws the switch when the time is up; never returns before.
async fn time_limit(limit_s: Option<u64>, stop: &Stop) {
    let Some(limit_s) = limit_s else {
        return std::future::pending().await;
    };
    tokio::time::sleep(Duration::from_secs(limit_s)).await;
    stop.throw(Cause::Timeout { limit_s });
}

/// Waits for the last output.
async fn drain(running: Vec<Running>) {
    for Running { pump, log, .. } in running {
        let stopper = pump.abort_handle();
        match tokio::time::timeout(DRAIN, pump).await {
            Ok(Ok(Err(error))) => tracing::warn!(log = log.name, %error, "failed to read output"),
            Ok(_) => {}
            Err(_) => stopper.abort(),
        }
    }
}
