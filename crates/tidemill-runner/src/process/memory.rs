//! Keeps the limits of memory and cores: by a control group where one can be made, else memory by counting.

use crate::failure::Failure;
use crate::stop::{Cause, Stop};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tidemill_api::runner::Limits;
use tidemill_process::cgroup::{self, Group};

const LOOK_EVERY: Duration = Duration::from_millis(200);
/// File in the folder of the job that names its control groups, for whoever cleans up after a killed runner.
const NOTE: &str = "cgroups";

pub(super) struct MemoryGuard {
    group: Group,
    limit_bytes: Option<u64>,
    note: PathBuf,
}

impl MemoryGuard {
    /// Without limits it does nothing at all.
    pub(super) fn new(limits: &Limits, work_dir: &Path) -> Self {
        let wanted = cgroup::Limits {
            memory_bytes: limits.memory_bytes,
            cores: limits.cores,
        };
        let job = work_dir
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let group = Group::create(&format!("{job}-{}", std::process::id()), wanted);
        let note = work_dir.join(NOTE);
        if !group.paths().is_empty() {
            let lines: Vec<String> = group
                .paths()
                .iter()
                .map(|path| path.display().to_string())
                .collect();
            if let Err(error) = std::fs::write(&note, lines.join("\n") + "\n") {
                tracing::warn!(%error, "failed to note the control groups");
            }
        }
        Self {
            group,
            limit_bytes: limits.memory_bytes,
            note,
        }
    }

    /// Runs `start` so that what it starts is under the limits.
    pub(super) fn around<T>(&self, start: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
        self.group
            .around(start)
            .map_err(|error| Failure::io("enter the control group of the job", error))?
    }

    /// Throws the switch when the limit is passed; never returns before.
    pub(super) async fn watch(&self, stop: &Stop) {
        let Some(limit_bytes) = self.limit_bytes else {
            return std::future::pending().await;
        };
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            if self.group.limits_memory() {
                if self.group.memory_kills() > 0 {
                    return self.settle(stop, true);
                }
                continue;
            }
            let processes = tidemill_process::descendants(std::process::id().cast_signed());
            let used = tidemill_process::resident_bytes(&processes);
            if used > limit_bytes {
                return stop.throw(Cause::Memory(format!(
                    "memory: used {} of the limit of {}; {HINT}",
                    size(used, limit_bytes),
                    size(limit_bytes, limit_bytes)
                )));
            }
        }
    }

    /// Looks whether the kernel was why the command failed.
    pub(super) fn settle(&self, stop: &Stop, failed: bool) {
        let (Some(limit_bytes), true) = (self.limit_bytes, failed && self.group.memory_kills() > 0) else {
            return;
        };
        let peak = self.group.memory_peak_bytes().unwrap_or(limit_bytes);
        stop.throw(Cause::Memory(format!(
            "memory: used {} of the limit of {} and wanted more, so the kernel ended it; {HINT}",
            size(peak, limit_bytes),
            size(limit_bytes, limit_bytes)
        )));
    }

    pub(super) fn remove(self) {
        if self.group.paths().is_empty() {
            return;
        }
        self.group.remove();
        let _ = std::fs::remove_file(self.note);
    }
}

const HINT: &str = "raise the limit or let the job use less";

/// A size in the unit in which the limit is a whole number.
fn size(bytes: u64, limit_bytes: u64) -> String {
    let (unit, name) = if limit_bytes.is_multiple_of(1_000_000) {
        (1_000_000, "MB")
    } else {
        (1 << 20, "MiB")
    };
    format!("{} {name}", bytes.div_ceil(unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_said_as_the_limit_was() {
        assert_eq!(size(213_000_000, 100_000_000), "213 MB");
        assert_eq!(size(100 << 20, 100 << 20), "100 MiB");
    }
}
