//! The parts of a table on their way to the threads that read them: each part is read once in each pass over the table.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::Result;
use crate::open::Tables;
use crate::table::Part;

/// A part, and the number of its file.
pub(super) type Work = Result<(usize, Box<dyn Part>)>;

/// Where threads take parts from.
#[derive(Debug)]
pub(super) struct Queue(Mutex<Receiver<Work>>);

impl Queue {
    /// Begins a pass: a thread opens the files one after the other, and ends when nobody takes any more.
    fn begin(tables: &Arc<Tables>, ahead: usize) -> Arc<Self> {
        let (parts, taken) = sync_channel::<Work>(ahead);
        let tables = Arc::clone(tables);
        std::thread::spawn(move || {
            for (number, file) in tables.files.iter().enumerate() {
                let found = match file.parts() {
                    Ok(found) => found,
                    Err(error) => {
                        let _ = parts.send(Err(error));
                        return;
                    }
                };
                for part in found {
                    if parts.send(part.map(|part| (number, part))).is_err() {
                        return;
                    }
                }
            }
        });
        Arc::new(Self(Mutex::new(taken)))
    }

    /// The next part; `None` when there are no more.
    pub(super) fn take(&self) -> Option<Work> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
    }
}

/// The passes over a table: when a plan runs again, as the loop of a recursive query does, so does each partition, and the
/// first one of them begins a new pass.
#[derive(Debug)]
pub(super) struct Passes {
    tables: Arc<Tables>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// How often each partition was run.
    runs: Vec<usize>,
    /// Passes that some partitions have still to join, and how many.
    open: HashMap<usize, (Arc<Queue>, usize)>,
}

impl Passes {
    pub(super) fn new(tables: Arc<Tables>, partitions: usize) -> Self {
        Self {
            tables,
            state: Mutex::new(State {
                runs: vec![0; partitions],
                open: HashMap::new(),
            }),
        }
    }

    /// The queue of the pass that a partition joins.
    pub(super) fn join(&self, partition: usize) -> Arc<Queue> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State { runs, open } = &mut *state;
        let pass = runs[partition];
        runs[partition] += 1;
        let partitions = runs.len();
        let (queue, left) = open
            .entry(pass)
            .or_insert_with(|| (Queue::begin(&self.tables, partitions), partitions));
        let queue = Arc::clone(queue);
        *left -= 1;
        if *left == 0 {
            open.remove(&pass);
        }
        queue
    }
}
