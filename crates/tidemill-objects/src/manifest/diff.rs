//! What is different between two manifests, said file by file.

use std::fmt;

use serde::Serialize;

use super::{Entry, Manifest};
use crate::error::{ObjectsError, Result};
use crate::safe_path::SafePath;

/// How many changes an error names.
const NAMED_CHANGES: usize = 5;

/// What happened to one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is new.
    Added,
    /// It is gone.
    Missing,
    /// It has another size.
    Size {
        /// Bytes in the manifest.
        before: u64,
        /// Bytes now.
        now: u64,
    },
    /// It has the same size and other bytes.
    Content,
}

/// One file that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileChange {
    /// The file.
    pub path: SafePath,
    /// What happened to it.
    pub change: Change,
}

impl fmt::Display for FileChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.path;
        match self.change {
            Change::Added => write!(f, "{path} was added"),
            Change::Missing => write!(f, "{path} is missing"),
            Change::Size { before, now } => write!(f, "{path} changed from {before} to {now} bytes"),
            Change::Content => write!(f, "{path} has other bytes of the same size"),
        }
    }
}

impl Manifest {
    /// The changes from this manifest to `now`, in order of path. Hints don't count.
    pub fn changes_to(&self, now: &Manifest) -> Vec<FileChange> {
        let mut changes = Vec::new();
        let (mut before, mut after) = (self.entries().iter().peekable(), now.entries().iter().peekable());
        loop {
            let (entry, change) = match (before.peek(), after.peek()) {
                (None, None) => return changes,
                (Some(old), None) => (*old, Some(Change::Missing)),
                (None, Some(new)) => (*new, Some(Change::Added)),
                (Some(old), Some(new)) => match old.path.cmp(&new.path) {
                    std::cmp::Ordering::Less => (*old, Some(Change::Missing)),
                    std::cmp::Ordering::Greater => (*new, Some(Change::Added)),
                    std::cmp::Ordering::Equal => (*old, compare(old, new)),
                },
            };
            if change != Some(Change::Added) {
                before.next();
            }
            if change != Some(Change::Missing) {
                after.next();
            }
            if let Some(change) = change {
                changes.push(FileChange {
                    path: entry.path.clone(),
                    change,
                });
            }
        }
    }

    /// An error that names the first changed files, if `now` isn't the same.
    pub fn expect_same(&self, now: &Manifest) -> Result<()> {
        let mut changes = self.changes_to(now);
        if changes.is_empty() {
            return Ok(());
        }
        let total = changes.len();
        changes.truncate(NAMED_CHANGES);
        Err(ObjectsError::Changed { changes, total })
    }
}

fn compare(old: &Entry, new: &Entry) -> Option<Change> {
    if old.size_bytes != new.size_bytes {
        Some(Change::Size {
            before: old.size_bytes,
            now: new.size_bytes,
        })
    } else if old.hash != new.hash {
        Some(Change::Content)
    } else {
        None
    }
}
