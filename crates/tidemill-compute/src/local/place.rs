//! Where a local runner is: what its handle holds, and what can be told from that alone.

use crate::driver::{End, Observation};
use crate::{Attempt, ComputeError, Handle};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use tidemill_process::{Identity, ProcessState};
use tokio::io::unix::AsyncFd;

/// What a handle of the local driver holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) identity: Identity,
    pub(super) work_dir: PathBuf,
}

impl Place {
    pub(super) fn of(handle: &Handle) -> Result<Self, ComputeError> {
        let wrong = |reason: String| ComputeError::Handle {
            attempt: handle.attempt.to_string(),
            kind: super::KIND,
            reason,
        };
        if handle.driver != super::KIND {
            return Err(wrong(format!("it says {:?}", handle.driver)));
        }
        Self::deserialize(&handle.at).map_err(|error| wrong(error.to_string()))
    }

    pub(super) fn into_handle(self, attempt: Attempt) -> Handle {
        let at = serde_json::to_value(self).expect("numbers and text always become JSON");
        Handle {
            driver: super::KIND.to_owned(),
            attempt,
            at,
        }
    }

    /// What `/proc` says. A zombie of another parent still shows how it ended.
    pub(super) fn observe(&self) -> Observation {
        match self.identity.stat() {
            None => Observation::Gone,
            Some(stat) if stat.state == ProcessState::Alive => Observation::Running,
            Some(stat) => Observation::Exited(match stat.wait_status & 0x7f {
                0 => End::Code((stat.wait_status >> 8) & 0xff),
                signal => End::Signal(signal),
            }),
        }
    }

    /// Waits for the end of the process, whoever its parent is.
    pub(super) async fn ended(&self) -> std::io::Result<()> {
        if let Some(fd) = self.identity.open()? {
            #[expect(
                deprecated,
                reason = "what it warns of are types that close or change their descriptor; this owns it"
            )]
            let fd = AsyncFd::with_interest(fd, tokio::io::Interest::READABLE)?;
            drop(fd.readable().await?);
        }
        Ok(())
    }

    /// The control groups that the runner noted in its folder, for what it did not live to clean up.
    pub(super) fn groups(&self) -> Vec<PathBuf> {
        let text = std::fs::read_to_string(self.work_dir.join("cgroups")).unwrap_or_default();
        text.lines()
            .map(PathBuf::from)
            .filter(|path| is_ours(path))
            .collect()
    }
}

/// Only folders that a runner may have made: the file lies where a job can write.
fn is_ours(path: &Path) -> bool {
    let plain = path
        .components()
        .all(|part| !matches!(part, std::path::Component::ParentDir));
    let named = path
        .file_name()
        .and_then(|name| name.to_str())
        .is_some_and(|name| name.starts_with("tidemill-"));
    plain && named && path.starts_with("/sys/fs/cgroup")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_groups_of_runners_are_believed() {
        for (path, ours) in [
            ("/sys/fs/cgroup/memory/tidemill-a-1", true),
            ("/sys/fs/cgroup/memory", false),
            ("/sys/fs/cgroup/../tidemill-a", false),
            ("/tmp/tidemill-a", false),
        ] {
            assert_eq!(is_ours(Path::new(path)), ours, "{path}");
        }
    }
}
