//! Copying a file and hashing it on the way.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::Entry;
use crate::error::{Error, Result};
use crate::progress::Progress;

/// Bytes that are read at once.
const PIECE: usize = 1 << 20;

/// Copies a file; `None` when it is not there any more.
pub(super) fn copy(from: &Path, to: &Path, path: &str, progress: &Progress) -> Result<Option<Entry>> {
    let mut source = match File::open(from) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::file("read", from, error)),
    };
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).map_err(|error| Error::file("make the folder", folder, error))?;
    }
    let mut options = File::options();
    // Only its user reads it, as in a data folder the keys.
    let opened = options.write(true).create_new(true).mode(0o600).open(to);
    let mut target = opened.map_err(|error| Error::file("write", to, error))?;
    let (mut hash, mut size_bytes) = (blake3::Hasher::new(), 0);
    let mut piece = vec![0; PIECE];
    loop {
        let read = source
            .read(&mut piece)
            .map_err(|error| Error::file("read", from, error))?;
        let Some(bytes) = piece.get(..read).filter(|bytes| !bytes.is_empty()) else {
            break;
        };
        hash.update(bytes);
        target
            .write_all(bytes)
            .map_err(|error| Error::file("write", to, error))?;
        size_bytes += read as u64;
        progress.advance(0, read as u64);
    }
    progress.advance(1, 0);
    Ok(Some(Entry {
        path: path.to_owned(),
        size_bytes,
        hash: hash.finalize().to_hex().to_string(),
    }))
}

/// The hash of a file that stays where it is.
pub(super) fn hashed(file: &Path, path: &str) -> Result<Entry> {
    let failed = |error| Error::file("read", file, error);
    let mut hash = blake3::Hasher::new();
    let size_bytes = File::open(file)
        .map_err(failed)?
        .metadata()
        .map_err(failed)?
        .len();
    hash.update_reader(File::open(file).map_err(failed)?)
        .map_err(failed)?;
    Ok(Entry {
        path: path.to_owned(),
        size_bytes,
        hash: hash.finalize().to_hex().to_string(),
    })
}

/// Waits until all that was written below a folder is on its disk.
pub(super) fn settle(folder: &Path) -> Result<()> {
    let file = File::open(folder).map_err(|error| Error::file("read", folder, error))?;
    rustix::fs::syncfs(&file).map_err(|error| Error::file("write", folder, error.into()))
}
