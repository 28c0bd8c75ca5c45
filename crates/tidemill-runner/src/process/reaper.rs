//! Collects the ends of children: those that were started here, and the orphans that come to a subreaper.
//!
//! It takes every child, so nothing else in this process may wait for one while it is in use.

use rustix::io::Errno;
use rustix::process::{WaitOptions, WaitStatus, wait};
use std::collections::HashMap;
use std::io;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// How a process ended: its exit code, or 128 + n for signal n.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) code: i32,
    pub(crate) signal: Option<i32>,
}

impl Status {
    fn of(status: WaitStatus) -> Option<Self> {
        match (status.exit_status(), status.terminating_signal()) {
            (Some(code), _) => Some(Self { code, signal: None }),
            (None, Some(signal)) => Some(Self {
                code: 128 + signal,
                signal: Some(signal),
            }),
            (None, None) => None,
        }
    }
}

/// Tells the ends of children.
pub(super) struct Reaper {
    signal: Signal,
    ends: HashMap<i32, Status>,
    /// Which children to remember: an orphan's status is nobody's.
    expected: Vec<i32>,
}

impl Reaper {
    /// Must be made before the first child is started.
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            signal: signal(SignalKind::child())?,
            ends: HashMap::new(),
            expected: Vec::new(),
        })
    }

    pub(super) fn expect(&mut self, pid: i32) {
        self.expected.push(pid);
    }

    /// Takes what has ended. False when no child is left at all, and so no descendant.
    pub(super) fn collect(&mut self) -> bool {
        loop {
            match wait(WaitOptions::NOHANG) {
                Ok(Some((pid, status))) => {
                    let pid = pid.as_raw_pid();
                    if let Some(status) = Status::of(status).filter(|_| self.expected.contains(&pid)) {
                        self.ends.insert(pid, status);
                    }
                }
                Ok(None) => return true,
                Err(Errno::INTR) => {}
                Err(_) => return false,
            }
        }
    }

    pub(super) fn end_of(&self, pid: i32) -> Option<Status> {
        self.ends.get(&pid).copied()
    }

    /// Waits until a child has ended since the last look.
    pub(super) async fn changed(&mut self) {
        self.signal.recv().await;
    }

    /// Waits until no child is left.
    pub(super) async fn all_gone(&mut self) {
        while self.collect() {
            self.changed().await;
        }
    }
}
