//! Scanning a local folder: walk in parallel, read only what may have changed, on all cores.

use std::cell::RefCell;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rayon::prelude::*;

use super::{Known, Scan, ScanTarget};
use crate::datastore::LocalFolder;
use crate::error::{ObjectsError, Result};
use crate::hash::Hash;
use crate::manifest::{Entry, Hint, Manifest};
use crate::progress::Progress;
use crate::safe_path::SafePath;
use crate::walk::{Look, Walk, Walked};

/// A file changed less than this before it was read can change again without a new time: its hint is not kept. It is
/// longer than one tick of the clock that file systems use.
const RACY_WINDOW: Duration = Duration::from_millis(20);

/// Files up to this size are read in one go.
const SMALL_BYTES: u64 = 256 << 10;
const LARGE_PIECE_BYTES: usize = 4 << 20;

thread_local! {
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

pub(super) fn scan(
    folder: &Arc<LocalFolder>,
    target: &ScanTarget,
    previous: Option<&Manifest>,
    now: SystemTime,
    progress: &dyn Progress,
) -> Result<Scan> {
    let walked = match target {
        ScanTarget::File(path) => {
            let full = folder.existing(path)?;
            let meta = std::fs::metadata(&full).map_err(|error| ObjectsError::io("read", &full, error))?;
            if !meta.is_file() {
                return Err(ObjectsError::NotFound {
                    what: format!("{path} in {}", folder.root().display()),
                });
            }
            vec![Walked {
                path: path.clone(),
                look: Look::of(&meta),
            }]
        }
        ScanTarget::Folder(path) | ScanTarget::Pattern { folder: path, .. } => {
            let full = folder.existing(path)?;
            if !full.is_dir() {
                return Err(ObjectsError::NotFound {
                    what: format!("the folder {path} in {}", folder.root().display()),
                });
            }
            Walk::new(folder.root()).from(path.clone()).run()?
        }
    };
    if let Some(previous) = previous.filter(|previous| all_unchanged(target, &walked, previous)) {
        progress.advance(previous.len() as u64, previous.total_bytes());
        return Ok(Scan {
            manifest: previous.clone(),
            files_read: 0,
            bytes_read: 0,
        });
    }
    let mut known = Known::new(previous);
    let mut planned = Vec::with_capacity(walked.len());
    for file in walked {
        let Some(path) = target.select(&file.path) else {
            continue;
        };
        let same = known
            .unchanged(&path, file.look.size_bytes, &file.look.hint())
            .cloned();
        planned.push((path, file, same));
    }
    target.expect_some(planned.is_empty(), &folder.root().display().to_string())?;
    let (files_read, bytes_read) = planned
        .iter()
        .filter(|(_, _, same)| same.is_none())
        .fold((0, 0), |(files, bytes), (_, file, _)| {
            (files + 1, bytes + file.look.size_bytes)
        });
    let entries: Vec<Entry> = planned
        .into_par_iter()
        .with_min_len(16)
        .map(|(path, file, same)| match same {
            Some(entry) => {
                progress.advance(1, entry.size_bytes);
                Ok(entry)
            }
            None => {
                let reading = Reading {
                    full: &file.path.under(folder.root()),
                    shown: &path,
                    now,
                };
                hash_file(&reading, progress)
            }
        })
        .collect::<Result<_>>()?;
    Ok(Scan {
        manifest: Manifest::new(entries)?,
        files_read,
        bytes_read,
    })
}

/// Whether a folder is as it was: the common case, and a quick one.
fn all_unchanged(target: &ScanTarget, walked: &[Walked], previous: &Manifest) -> bool {
    let ScanTarget::Folder(folder) = target else {
        return false;
    };
    let cut = if folder.is_root() {
        0
    } else {
        folder.as_str().len() + 1
    };
    walked.len() == previous.len()
        && walked.iter().zip(previous.entries()).all(|(file, entry)| {
            file.path.as_str().get(cut..) == Some(entry.path.as_str())
                && file.look.size_bytes == entry.size_bytes
                && file.look.hint() == entry.hint
        })
}

/// One file that is to be read.
pub(crate) struct Reading<'a> {
    pub(crate) full: &'a Path,
    pub(crate) shown: &'a SafePath,
    pub(crate) now: SystemTime,
}

/// Reads and hashes one file. A file that changes meanwhile is an error that names it.
pub(crate) fn hash_file(reading: &Reading<'_>, progress: &dyn Progress) -> Result<Entry> {
    let failed = |error| ObjectsError::io("read", reading.full, error);
    let mut file = File::open(reading.full).map_err(failed)?;
    let meta = file.metadata().map_err(failed)?;
    let size_bytes = meta.len();
    let (hash, read) = if size_bytes <= SMALL_BYTES {
        BUFFER.with_borrow_mut(|buffer| {
            buffer.clear();
            Read::by_ref(&mut file)
                .take(size_bytes + 1)
                .read_to_end(buffer)
                .map_err(failed)?;
            progress.advance(0, buffer.len() as u64);
            Ok((Hash::of(buffer), buffer.len() as u64))
        })?
    } else {
        let mut hasher = blake3::Hasher::new();
        let mut piece = vec![0; LARGE_PIECE_BYTES.min(size_bytes as usize)];
        let mut read = 0;
        loop {
            let count = fill(&mut file, &mut piece).map_err(failed)?;
            if count == 0 {
                break;
            }
            hasher.update_rayon(&piece[..count]);
            read += count as u64;
            progress.advance(0, count as u64);
        }
        (hasher.finalize().into(), read)
    };
    let after = file.metadata().map_err(failed)?;
    if read != size_bytes || Look::of(&after) != Look::of(&meta) {
        return Err(ObjectsError::ChangedWhileRead {
            path: reading.shown.to_string(),
        });
    }
    progress.advance(1, 0);
    let hint = settled_hint(Look::of(&meta).hint(), reading.now);
    Ok(Entry {
        path: reading.shown.clone(),
        size_bytes,
        hash,
        executable: false,
        hint,
    })
}

/// Fills the buffer as far as the file reaches.
fn fill(file: &mut File, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// The hint, unless the file changed so lately that its next change might not show.
pub(crate) fn settled_hint(hint: Hint, now: SystemTime) -> Hint {
    let Hint::Local {
        mtime_ns, ctime_ns, ..
    } = &hint
    else {
        return hint;
    };
    let since_epoch = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let limit = i128::try_from(since_epoch.saturating_sub(RACY_WINDOW).as_nanos()).unwrap_or(i128::MAX);
    if i128::from(*mtime_ns.max(ctime_ns)) < limit {
        hint
    } else {
        Hint::None
    }
}
