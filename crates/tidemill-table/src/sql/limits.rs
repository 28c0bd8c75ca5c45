//! What a query may use.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What a query may use. What does not fit in memory goes to disk, where sorts, aggregations and merge joins can.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes for sorting, grouping and joining. Batches on their way come on top of it: up to about 256 MB.
    pub memory_bytes: u64,
    /// Bytes of files that it spills.
    pub spill_bytes: u64,
    /// Milliseconds until it is cancelled.
    pub time_ms: u64,
    /// Rows of its answer; what comes after them is left out, and the answer says so.
    pub rows: u64,
    /// Bytes of its answer.
    pub answer_bytes: u64,
    /// Where it spills; `None` means the temporary folder of the machine.
    pub scratch: Option<PathBuf>,
    /// Threads, and with them parts of a table that are read at a time; `None` means all cores.
    pub threads: Option<usize>,
}

impl Default for Limits {
    /// 512 MB of memory, 8 GB on disk, a minute, a million rows, 1 GB of answer.
    fn default() -> Self {
        Self {
            memory_bytes: 512 << 20,
            spill_bytes: 8 << 30,
            time_ms: 60_000,
            rows: 1_000_000,
            answer_bytes: 1 << 30,
            scratch: None,
            threads: None,
        }
    }
}

impl Limits {
    /// The threads that are used.
    pub fn threads(&self) -> usize {
        self.threads
            .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
            .max(1)
    }
}
