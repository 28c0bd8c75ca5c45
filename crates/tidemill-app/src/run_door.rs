//! Which runs may be logged to, remembered: a training loop that logs a point a step does not ask the database each time.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Runs remembered at most; then all are forgotten.
const MOST: usize = 20_000;

/// What has to be known of an active run to log to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Door {
    /// The job that may write to it.
    pub job: Option<String>,
}

/// Doors by workspace and run.
#[derive(Debug, Default)]
pub(crate) struct RunDoors(Mutex<Doors>);

#[derive(Debug, Default)]
struct Doors {
    known: HashMap<String, HashMap<String, Door>>,
    count: usize,
    /// Counts what was forgotten: what was read before that must not be remembered after it.
    epoch: u64,
}

impl RunDoors {
    fn lock(&self) -> MutexGuard<'_, Doors> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The door of a run, when it is known; else the epoch to remember it with.
    pub fn get(&self, workspace: &str, run_id: &str) -> Result<Door, u64> {
        let doors = self.lock();
        let door = doors.known.get(workspace).and_then(|runs| runs.get(run_id));
        door.cloned().ok_or(doors.epoch)
    }

    /// Remembers what was read since [`Self::get`], unless a run has changed meanwhile.
    pub fn put(&self, epoch: u64, workspace: &str, run_id: &str, door: Door) {
        let mut doors = self.lock();
        if doors.epoch != epoch {
            return;
        }
        if doors.count >= MOST {
            doors.known.clear();
            doors.count = 0;
        }
        doors.count += 1;
        let runs = doors.known.entry(workspace.to_owned()).or_default();
        runs.insert(run_id.to_owned(), door);
    }

    /// Forgets all: some run was deleted or restored. Called after the change is on disk.
    pub fn forget(&self) {
        let mut doors = self.lock();
        doors.epoch += 1;
        doors.known.clear();
        doors.count = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_before_a_change_is_not_remembered_after_it() {
        let doors = RunDoors::default();
        let door = Door { job: None };
        let epoch = doors.get("ws", "r").unwrap_err();
        doors.put(epoch, "ws", "r", door.clone());
        assert_eq!(doors.get("ws", "r"), Ok(door.clone()));
        assert!(doors.get("other", "r").is_err());
        let stale = doors.get("ws", "s").unwrap_err();
        doors.forget();
        doors.put(stale, "ws", "s", door);
        assert!(doors.get("ws", "s").is_err() && doors.get("ws", "r").is_err());
    }
}
