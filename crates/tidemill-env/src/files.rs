//! Small file operations that must not leave halves behind: atomic writes, locks between processes, digests.

use std::fs::{File, TryLockError};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use crate::error::EnvError;
use crate::event::{EnvEvent, Progress};

/// Writes a file as a whole or not at all, and syncs it.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path
        .parent()
        .ok_or_else(|| std::io::Error::other("a file has a folder"))?;
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// Hex SHA-256 of a file, and `sha256:` in front.
pub(crate) fn sha256(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hasher.update(&buffer[..read]);
    }
    Ok(format!("sha256:{}", hex(&hasher.finalize())))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Takes the lock of `path`, waiting for whoever has it. The lock ends with the returned file, or with the process.
pub(crate) fn lock(path: &Path, progress: Progress<'_>, cancel: &AtomicBool) -> Result<File, EnvError> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(EnvError::io("create", folder))?;
    }
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(EnvError::io("open", path))?;
    let start = Instant::now();
    let mut told_s = None;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(source)) => return Err(EnvError::io("lock", path)(source)),
        }
        if cancel.load(Ordering::Relaxed) {
            return Err(EnvError::Cancelled);
        }
        let waited_s = start.elapsed().as_secs();
        if told_s.is_none_or(|told| waited_s >= told + 2) {
            progress(EnvEvent::Waiting { waited_s });
            told_s = Some(waited_s);
        }
        std::thread::sleep(Duration::from_millis(25));
    }
}
