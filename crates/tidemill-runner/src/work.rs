//! The folder of one attempt, and what is where in it.

use crate::failure::Failure;
use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// The longest folder for temporary files under which sockets still fit: their paths end at 107 bytes.
const TEMP_BYTES: usize = 60;

/// Folders of one attempt. All of it goes when the attempt is over.
#[derive(Debug)]
pub(crate) struct Work {
    root: PathBuf,
    /// Where the command runs: the private copy of the code.
    pub(crate) code: PathBuf,
    /// Private copies of inputs, one folder each.
    pub(crate) inputs: PathBuf,
    /// Outputs that are published at the end, one folder each.
    pub(crate) outputs: PathBuf,
    /// Logs before the server has them.
    pub(crate) logs: PathBuf,
    /// The job's own layer over its environment.
    pub(crate) environment: PathBuf,
    /// Temporary files.
    pub(crate) temp: PathBuf,
    /// The home of the job, empty at its start.
    pub(crate) home: PathBuf,
    /// What its processes share as `/dev/shm` when it has several.
    pub(crate) shared_memory: PathBuf,
    /// The socket that leads a job whose network is closed to its server.
    pub(crate) relay: PathBuf,
}

impl Work {
    /// Makes the folders anew; what an earlier start of this attempt left is removed.
    pub(crate) fn make(work_dir: &Path, attempt: u32) -> Result<Self, Failure> {
        let root = std::path::absolute(work_dir)
            .unwrap_or_else(|_| work_dir.to_owned())
            .join(attempt.to_string());
        let failed = |error| Failure::io(&format!("make the folder of the job, {}", root.display()), error);
        match fs::remove_dir_all(&root) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let place = |name: &str| root.join(name);
        let mut work = Self {
            code: place("code"),
            inputs: place("inputs"),
            outputs: place("outputs"),
            logs: place("logs"),
            environment: place("environment"),
            temp: place("tmp"),
            home: place("home"),
            shared_memory: place("shm"),
            relay: place("relay"),
            root: root.clone(),
        };
        if work.temp.as_os_str().len() > TEMP_BYTES {
            let short = tempfile::Builder::new()
                .prefix("tidemill-")
                .tempdir()
                .map_err(failed)?;
            work.temp = short.keep();
            work.relay = work.temp.with_extension("relay");
        }
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700);
        for folder in [
            &work.code,
            &work.logs,
            &work.temp,
            &work.home,
            &work.shared_memory,
        ] {
            builder.create(folder).map_err(failed)?;
        }
        Ok(work)
    }

    /// The folder for one private input or output, made on demand.
    pub(crate) fn folder(parent: &Path, name: &str) -> Result<PathBuf, Failure> {
        let folder = parent.join(name);
        fs::create_dir_all(&folder)
            .map_err(|error| Failure::io(&format!("make the folder {}", folder.display()), error))?;
        Ok(folder)
    }

    /// Removes all of it. What cannot be removed is said in the log: the job has ended already.
    pub(crate) fn remove(self) {
        // Beside the folder when that is too deep for sockets; most jobs have none.
        let _ = fs::remove_file(&self.relay);
        for folder in [&self.root, &self.temp] {
            match fs::remove_dir_all(folder) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    tracing::warn!(folder = %folder.display(), %error, "failed to remove a folder of the job");
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deep_folder_gets_a_short_one_for_sockets() {
        let folder = tempfile::tempdir().expect("a folder");
        let shallow = Work::make(folder.path(), 1).expect("made");
        assert!(shallow.temp.starts_with(folder.path()));
        let deep = Work::make(&folder.path().join("d".repeat(60)), 1).expect("made");
        assert!(deep.temp.as_os_str().len() <= TEMP_BYTES && deep.temp.is_dir());
        let temp = deep.temp.clone();
        deep.remove();
        assert!(!temp.exists());
    }

    #[test]
    fn what_an_earlier_start_left_is_gone() {
        let folder = tempfile::tempdir().expect("a folder");
        let work = Work::make(folder.path(), 1).expect("made");
        fs::write(work.code.join("old"), "").expect("written");
        assert!(
            !Work::make(folder.path(), 1)
                .expect("made again")
                .code
                .join("old")
                .exists()
        );
    }
}
