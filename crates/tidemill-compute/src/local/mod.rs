//! The machine of the server itself: a runner is a process beside it, in a process group of its own.

mod child;
mod place;

use crate::driver::{Driver, Observation, Stop, Swept};
use crate::{ComputeError, Handle, Inventory, Launch};
use async_trait::async_trait;
use place::Place;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tidemill_process::{Identity, MARKER, Signal};
use tokio::sync::watch;

const KIND: &str = "local";
/// How many children are remembered before those that have ended are forgotten.
const ENDS_KEPT: usize = 4096;

/// Ends of the children of this driver object, by who they were.
type Ends = Arc<Mutex<HashMap<Identity, watch::Receiver<Option<Observation>>>>>;

/// Starts runners on this machine.
#[derive(Debug, Clone, Default)]
pub struct LocalDriver {
    ends: Ends,
}

impl LocalDriver {
    /// A driver for this machine. Its calls want a tokio runtime with I/O and time.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn end_of(&self, identity: &Identity) -> Option<watch::Receiver<Option<Observation>>> {
        self.ends
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(identity)
            .cloned()
    }

    fn remember(&self, identity: Identity, end: watch::Receiver<Option<Observation>>) {
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        if ends.len() >= ENDS_KEPT {
            ends.retain(|_, end| end.borrow().is_none());
        }
        ends.insert(identity, end);
    }

    /// Forgets a child whose end has been told; asked again, it is gone.
    fn forget(&self, identity: &Identity) {
        self.ends
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(identity);
    }
}

impl LocalDriver {
    /// The process id of the program that a handle is for, if this driver wrote it.
    pub fn pid(handle: &Handle) -> Option<i32> {
        Place::of(handle).ok().map(|place| place.identity.pid)
    }
}

#[async_trait]
impl Driver for LocalDriver {
    fn kind(&self) -> &'static str {
        KIND
    }

    async fn inventory(&self) -> Result<Inventory, ComputeError> {
        let looked = tokio::task::spawn_blocking(Inventory::of_this_machine).await;
        Ok(looked.unwrap_or_else(|_| Inventory::of_this_machine()))
    }

    async fn start(&self, launch: &Launch) -> Result<Handle, ComputeError> {
        let (identity, end) = child::start(launch)?;
        self.remember(identity.clone(), end);
        Ok(Place {
            identity,
            work_dir: launch.work_dir.clone(),
        }
        .into_handle(launch.attempt.clone()))
    }

    async fn observe(&self, handle: &Handle) -> Result<Observation, ComputeError> {
        let place = Place::of(handle)?;
        match self.end_of(&place.identity) {
            Some(end) => Ok(end.borrow().unwrap_or(Observation::Running)),
            None => Ok(place.observe()),
        }
    }

    async fn wait(&self, handle: &Handle) -> Result<Observation, ComputeError> {
        let place = Place::of(handle)?;
        if let Some(mut end) = self.end_of(&place.identity) {
            let told = end.wait_for(Option::is_some).await.ok().and_then(|end| *end);
            return Ok(told.unwrap_or_else(|| place.observe()));
        }
        place.ended().await.map_err(|source| reach(handle, source))?;
        Ok(place.observe())
    }

    async fn stop(&self, handle: &Handle, how: Stop) -> Result<(), ComputeError> {
        let signal = match how {
            Stop::Term => Signal::Term,
            Stop::Kill => Signal::Kill,
        };
        Place::of(handle)?
            .identity
            .signal(signal)
            .map_err(|source| reach(handle, source))?;
        Ok(())
    }

    async fn sweep(&self, handle: &Handle) -> Result<Swept, ComputeError> {
        let place = Place::of(handle)?;
        let value = handle.attempt.to_string();
        let groups = place.groups();
        let swept = tokio::task::spawn_blocking(move || {
            let swept = tidemill_process::sweep(&value, &groups);
            // Removing a group that is not empty fails, and then it is still of use.
            groups.iter().for_each(|group| drop(std::fs::remove_dir(group)));
            swept
        })
        .await
        .map_err(|source| reach(handle, source.into()))?;
        if !swept.killed.is_empty() || !swept.left.is_empty() {
            tracing::warn!(attempt = %handle.attempt, killed = ?swept.killed, left = ?swept.left, marker = MARKER, "swept");
        }
        if let Some(mut end) = self.end_of(&place.identity) {
            // The child was killed above, so its end comes at once; a server that sweeps does not ask for it again.
            let _ =
                tokio::time::timeout(std::time::Duration::from_secs(1), end.wait_for(Option::is_some)).await;
            self.forget(&place.identity);
        }
        Ok(Swept {
            killed: swept.killed,
            left: swept.left,
        })
    }
}

fn reach(handle: &Handle, source: std::io::Error) -> ComputeError {
    ComputeError::Reach {
        attempt: handle.attempt.to_string(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn conforms() {
        conformance::check(|| Box::new(LocalDriver::new())).await;
    }
}
