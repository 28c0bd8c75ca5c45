//! Ends everything that this process has started, directly or not. As a subreaper it never loses sight of any of it.

use super::reaper::Reaper;
use std::time::{Duration, Instant};
use tidemill_process::{Identity, Signal, Stat, children_first};
use tokio::time::timeout;

/// How long what ends by itself is waited for, such as a `tee` that drains the last lines.
const NATURAL: Duration = Duration::from_millis(500);
/// How long to go on killing what does not go: a fork bomb, a process that hangs in the kernel.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two looks while killing: what was born meanwhile tells nobody.
const PAUSE: Duration = Duration::from_millis(10);

/// Makes this process the parent of every orphan below it.
pub(crate) fn adopt_orphans() -> std::io::Result<()> {
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    Ok(())
}

/// After the command has ended by itself: what it left behind is given a moment, then ended. Gives what had to be.
pub(super) async fn end_leftovers(reaper: &mut Reaper, grace: Duration) -> Vec<String> {
    if timeout(NATURAL, reaper.all_gone()).await.is_ok() {
        return Vec::new();
    }
    let left = living()
        .iter()
        // The sandbox itself waits for what is in it.
        .filter(|process| process.name != "bwrap")
        .map(|process| format!("{} ({})", process.name, process.pid))
        .collect();
    end_all(reaper, grace).await;
    left
}

/// TERM to all, and KILL to what is there after the grace time.
pub(super) async fn end_all(reaper: &mut Reaper, grace: Duration) {
    if !reaper.collect() {
        return;
    }
    if !grace.is_zero() {
        send(Signal::Term);
        if timeout(grace, reaper.all_gone()).await.is_ok() {
            return;
        }
    }
    let started = Instant::now();
    while reaper.collect() && started.elapsed() < PATIENCE {
        send(Signal::Kill);
        let _ = timeout(PAUSE, reaper.changed()).await;
    }
    let left = living();
    if !left.is_empty() {
        tracing::error!(?left, "processes do not end");
    }
}

fn living() -> Vec<Stat> {
    tidemill_process::descendants(std::process::id().cast_signed())
}

fn send(signal: Signal) {
    for process in children_first(living()) {
        if let Err(error) = Identity::from_stat(&process).signal(signal) {
            tracing::warn!(pid = process.pid, program = process.name, %error, "failed to signal");
        }
    }
}
