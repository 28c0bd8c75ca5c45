//! Scanning a local folder: walk in parallel, read only what may have changed, on all cores.

use std::cell::RefCell;
use std::fs::{File, Metadata};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rayon::prelude::*;

use super::unchanged::is_unchanged;
use super::{Known, Scan, ScanTarget};
use crate::datastore::LocalFolder;
use crate::error::{ObjectsError, Result};
use crate::hash::Hash;
use crate::manifest::{Entry, Hint, Manifest};
use crate::progress::Progress;
use crate::safe_path::SafePath;
use crate::walk::{Look, Named, Walk, Walked};

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
    match previous {
        Some(previous) => scan_again(folder, target, previous, now, progress),
        None => scan_first(folder, target, now, progress),
    }
}

/// Nothing is known yet: every file is opened anyway, which tells how it looks.
fn scan_first(
    folder: &Arc<LocalFolder>,
    target: &ScanTarget,
    now: SystemTime,
    progress: &dyn Progress,
) -> Result<Scan> {
    let walked = match target {
        ScanTarget::File(path) => {
            existing_file(folder, path)?;
            vec![Walked {
                path: path.clone(),
                look: Named::Link,
            }]
        }
        ScanTarget::Folder(path) | ScanTarget::Pattern { folder: path, .. } => Walk::new(folder.root())
            .links(folder.follows_links())
            .from(existing_folder(folder, path)?)
            .names()?,
    };
    let entries: Vec<Entry> = walked
        .into_par_iter()
        .with_min_len(16)
        .filter_map(|file| {
            let shown = target.select(&file.path)?;
            let reading = Reading {
                full: &file.path.under(folder.root()),
                shown: &shown,
                now,
            };
            hash_named(&reading, file.look, progress).transpose()
        })
        .collect::<Result<_>>()?;
    target.expect_some(entries.is_empty(), &folder.root().display().to_string())?;
    let manifest = Manifest::new(entries)?;
    Ok(Scan {
        files_read: manifest.len() as u64,
        bytes_read: manifest.total_bytes(),
        manifest,
    })
}

/// Looks at every file and reads only those that may have changed.
fn scan_again(
    folder: &Arc<LocalFolder>,
    target: &ScanTarget,
    previous: &Manifest,
    now: SystemTime,
    progress: &dyn Progress,
) -> Result<Scan> {
    if let ScanTarget::Folder(path) = target
        && is_unchanged(&existing_folder(folder, path)?.under(folder.root()), previous)
    {
        progress.advance(previous.len() as u64, previous.total_bytes());
        return Ok(Scan {
            manifest: previous.clone(),
            files_read: 0,
            bytes_read: 0,
        });
    }
    let walked = match target {
        ScanTarget::File(path) => vec![Walked {
            path: path.clone(),
            look: existing_file(folder, path)?,
        }],
        ScanTarget::Folder(path) | ScanTarget::Pattern { folder: path, .. } => Walk::new(folder.root())
            .links(folder.follows_links())
            .from(existing_folder(folder, path)?)
            .run()?,
    };
    let mut known = Known::new(Some(previous));
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

fn existing_file(folder: &LocalFolder, path: &SafePath) -> Result<Look> {
    let full = folder.existing(path)?;
    let meta = std::fs::metadata(&full).map_err(|error| ObjectsError::io("read", &full, error))?;
    if !meta.is_file() {
        return Err(ObjectsError::NotFound {
            what: format!("{path} in {}", folder.root().display()),
        });
    }
    Ok(Look::of(&meta))
}

fn existing_folder(folder: &LocalFolder, path: &SafePath) -> Result<SafePath> {
    if !folder.existing(path)?.is_dir() {
        return Err(ObjectsError::NotFound {
            what: format!("the folder {path} in {}", folder.root().display()),
        });
    }
    Ok(path.clone())
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
    let file = File::open(reading.full).map_err(failed)?;
    let meta = file.metadata().map_err(failed)?;
    hash_open(file, &meta, reading, progress)
}

/// Reads and hashes a file that a folder lists; `None` when it is gone by now. What became a link since is not followed.
fn hash_named(reading: &Reading<'_>, seen: Named, progress: &dyn Progress) -> Result<Option<Entry>> {
    let failed = |error| ObjectsError::io("read", reading.full, error);
    let mut options = File::options();
    options.read(true);
    if seen == Named::File {
        options.custom_flags(rustix::fs::OFlags::NOFOLLOW.bits() as i32);
    }
    let file = match options.open(reading.full) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let meta = file.metadata().map_err(failed)?;
    if !meta.is_file() {
        return Err(ObjectsError::NotAFile {
            path: reading.shown.to_string(),
        });
    }
    hash_open(file, &meta, reading, progress).map(Some)
}

fn hash_open(
    mut file: File,
    meta: &Metadata,
    reading: &Reading<'_>,
    progress: &dyn Progress,
) -> Result<Entry> {
    let failed = |error| ObjectsError::io("read", reading.full, error);
    let size_bytes = meta.len();
    let (hash, read, told) = if size_bytes <= SMALL_BYTES {
        BUFFER.with_borrow_mut(|buffer| {
            buffer.resize(SMALL_BYTES as usize, 0);
            let content = &mut buffer[..size_bytes as usize];
            let count = fill(&mut file, content).map_err(failed)?;
            Ok((Hash::of(&content[..count]), count as u64, 0))
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
        (hasher.finalize().into(), read, read)
    };
    // What was added after the bytes that were read shows in the size.
    let after = file.metadata().map_err(failed)?;
    if read != size_bytes || Look::of(&after) != Look::of(meta) {
        return Err(ObjectsError::ChangedWhileRead {
            path: reading.shown.to_string(),
        });
    }
    progress.advance(1, size_bytes - told);
    let hint = settled_hint(Look::of(meta).hint(), reading.now);
    Ok(Entry {
        path: reading.shown.clone(),
        size_bytes,
        hash,
        executable: false,
        hint,
    })
}

/// Fills the buffer as far as the file reaches.
pub(crate) fn fill(file: &mut File, buffer: &mut [u8]) -> std::io::Result<usize> {
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
