//! Ends everything that belongs to one attempt of a job, found by the variable that all of its processes inherit.

use crate::identity::{Identity, Signal};
use crate::stat::{ProcessState, Stat};
use crate::tree::{all, below};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// The variable that names the attempt in the environment of every process of a job: `<workspace>/<job>/<attempt>`.
pub const MARKER: &str = "TIDEMILL_ATTEMPT";

/// How long a sweep goes on when processes keep appearing or stay in the kernel.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(4);

/// What a sweep found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Swept {
    /// Processes that were killed: number and program.
    pub killed: BTreeMap<i32, String>,
    /// Processes that did not go: they hang in the kernel, or belong to another user.
    pub left: BTreeMap<i32, String>,
}

/// The living processes whose environment carries the marker with this value. A process that cleared its environment is
/// not among them.
#[must_use]
pub fn marked(value: &str) -> Vec<Stat> {
    all()
        .into_iter()
        .filter(|process| carries(process, value))
        .collect()
}

fn carries(process: &Stat, value: &str) -> bool {
    if process.state == ProcessState::Zombie {
        return false;
    }
    let Ok(environment) = fs::read(format!("/proc/{}/environ", process.pid)) else {
        return false;
    };
    environment.split(|byte| *byte == 0).any(|entry| {
        entry
            .strip_prefix(MARKER.as_bytes())
            .and_then(|rest| rest.strip_prefix(b"="))
            .is_some_and(|found| found == value.as_bytes())
    })
}

/// Kills every process that carries the marker, what they started, and what the given control groups hold, until none is
/// left. Never touches this process.
#[must_use]
pub fn sweep(value: &str, groups: &[impl AsRef<Path>]) -> Swept {
    let mut swept = Swept::default();
    let started = Instant::now();
    loop {
        let left = remaining(value, groups);
        if left.is_empty() {
            return swept;
        }
        for process in &left {
            // One that may not be signalled stays in the list and is reported at the end.
            if Identity::from_stat(process).signal(Signal::Kill).unwrap_or(false) {
                swept.killed.insert(process.pid, process.name.clone());
            }
        }
        if started.elapsed() > PATIENCE {
            swept.left = left
                .into_iter()
                .map(|process| (process.pid, process.name))
                .collect();
            swept.killed.retain(|pid, _| !swept.left.contains_key(pid));
            return swept;
        }
        std::thread::sleep(PAUSE);
    }
}

fn remaining(value: &str, groups: &[impl AsRef<Path>]) -> Vec<Stat> {
    let me = std::process::id().cast_signed();
    let processes = all();
    let mut found: BTreeMap<i32, Stat> = processes
        .iter()
        .filter(|process| carries(process, value))
        .chain(
            groups
                .iter()
                .flat_map(|group| crate::cgroup::members(group.as_ref()))
                .filter_map(|pid| processes.iter().find(|process| process.pid == pid))
                .filter(|process| process.state == ProcessState::Alive),
        )
        .filter(|process| process.pid != me)
        .map(|process| (process.pid, process.clone()))
        .collect();
    let roots: Vec<i32> = found.keys().copied().collect();
    for process in below(&roots, processes) {
        if process.pid != me {
            found.insert(process.pid, process);
        }
    }
    found.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    const NO_GROUPS: [&str; 0] = [];

    #[test]
    fn everything_marked_and_what_it_started_ends() {
        let value = format!("ws/sweep-{}/1", std::process::id());
        let mut child = Command::new("sh")
            .args(["-c", "setsid sleep 61 & env -i sleep 62 & wait"])
            .env(MARKER, &value)
            .spawn()
            .expect("sh starts");
        while below(&[child.id().cast_signed()], all())
            .iter()
            .filter(|p| p.name == "sleep")
            .count()
            < 2
        {
            std::thread::yield_now();
        }
        let swept = sweep(&value, &NO_GROUPS);
        child.wait().expect("reaped");
        assert_eq!(swept.killed.len(), 3, "{swept:?}");
        assert!(swept.left.is_empty() && marked(&value).is_empty());
    }

    #[test]
    fn another_attempt_is_left_alone() {
        let value = format!("ws/other-{}/1", std::process::id());
        let mut child = Command::new("sleep")
            .arg("60")
            .env(MARKER, format!("{value}0"))
            .spawn()
            .expect("sleep starts");
        assert_eq!(sweep(&value, &NO_GROUPS), Swept::default());
        child.kill().expect("still there");
        child.wait().expect("reaped");
    }
}
