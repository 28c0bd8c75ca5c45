//! Naming data where it lies: a manifest of a file, a folder or a pattern, without copying a byte.

mod local;
mod remote;
mod target;
mod unchanged;
mod verify;

use std::sync::Arc;
use std::time::SystemTime;

use crate::datastore::{Datastore, blocking};
use crate::error::Result;
use crate::manifest::{Entry, Hint, Manifest};
use crate::progress::{Progress, Tally};

pub(crate) use local::{Reading, fill, hash_file, settled_hint};
pub use target::ScanTarget;
pub use verify::verify;

/// What a scan found, and what it cost.
#[derive(Debug, Clone)]
pub struct Scan {
    /// The files; paths are relative to the folder of the target.
    pub manifest: Manifest,
    /// How many files were read.
    pub files_read: u64,
    /// How many bytes were read.
    pub bytes_read: u64,
}

/// Hashes what `target` names. Files that look as they did in `previous` (size and etag, or size, times and inode) are
/// not read again. `now` is the time at the start: a local file changed in the last moments before it is not trusted
/// to show its next change, and is read again the next time.
pub async fn scan(
    datastore: &Datastore,
    target: &ScanTarget,
    previous: Option<&Manifest>,
    now: SystemTime,
    progress: &dyn Progress,
) -> Result<Scan> {
    match datastore.as_local() {
        None => remote::scan(datastore, target, previous, progress).await,
        Some(folder) => {
            let (folder, target, previous) = (folder.clone(), target.clone(), previous.cloned());
            let tally = Arc::new(Tally::default());
            let told = tally.clone();
            let work = blocking("scan", move || {
                local::scan(&folder, &target, previous.as_ref(), now, &*told)
            });
            tally.follow(work, progress).await
        }
    }
}

/// The entries of the last scan, found by path while walking in the same order.
pub(crate) struct Known<'a> {
    entries: &'a [Entry],
}

impl<'a> Known<'a> {
    pub(crate) fn new(previous: Option<&'a Manifest>) -> Self {
        Self {
            entries: previous.map(Manifest::entries).unwrap_or_default(),
        }
    }

    /// The entry of `path` if it still looks the same. Paths must be asked for in ascending order.
    pub(crate) fn unchanged(
        &mut self,
        path: &crate::SafePath,
        size_bytes: u64,
        hint: &Hint,
    ) -> Option<&'a Entry> {
        while let Some((first, rest)) = self.entries.split_first() {
            match first.path.cmp(path) {
                std::cmp::Ordering::Less => self.entries = rest,
                std::cmp::Ordering::Greater => return None,
                std::cmp::Ordering::Equal => {
                    let same = first.size_bytes == size_bytes && first.hint == *hint && *hint != Hint::None;
                    return same.then_some(first);
                }
            }
        }
        None
    }
}
