//! One server a data folder: a lock that the system takes away when the process ends, however it ends.

use std::fs::File;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::state;
use crate::error::{Error, Result};

/// The lock; it lasts as long as this value.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "the open file is the lock")] File);

/// Takes the lock of a data folder.
///
/// # Errors
/// When another server has it.
pub fn take(data_dir: &Path) -> Result<Lock> {
    let path = data_dir.join("server.lock");
    let file = File::options()
        .create(true)
        .write(true)
        .truncate(false)
        .open(&path)
        .map_err(|error| Error::file("open", &path, error))?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Lock(file)),
        Err(Errno::WOULDBLOCK) => Err(taken(data_dir)),
        Err(error) => Err(Error::file("lock", &path, error.into())),
    }
}

fn taken(data_dir: &Path) -> Error {
    let by = match state::read(data_dir) {
        Some(state) => format!(
            "the server at http://{} (process {}) uses it",
            state.address, state.pid
        ),
        None => "another server uses it".to_owned(),
    };
    Error::failed(format!(
        "failed to open the data folder {}: {by}",
        data_dir.display()
    ))
    .with_hint("stop that server, use it as it is, or choose another folder with --data-dir")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_taker_is_refused_until_the_first_is_gone() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let first = take(folder.path()).expect("free");
        assert!(
            take(folder.path())
                .expect_err("taken")
                .to_string()
                .contains("another server uses it")
        );
        drop(first);
        take(folder.path()).expect("free again");
    }
}
