//! A control group for one job: limits that the kernel keeps, version 1 or 2, wherever this process may make one.

mod hierarchy;

use hierarchy::{Controller, Hierarchy, Version};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What the kernel shall keep.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Memory of all processes together, in bytes.
    pub memory_bytes: Option<u64>,
    /// Cores that all processes together may keep busy.
    pub cores: Option<u32>,
}

/// A control group that this process made. One folder, or one for each controller under version 1.
#[derive(Debug)]
pub struct Group {
    parts: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    version: Version,
    controllers: Vec<Controller>,
    path: PathBuf,
    /// Where this process was before, and goes back to.
    home: PathBuf,
}

impl Group {
    /// Makes a group with these limits. A limit that cannot be kept here is left out: ask [`Group::limits_memory`] and
    /// [`Group::limits_cores`]. Without any it is empty and harmless.
    #[must_use]
    pub fn create(name: &str, limits: Limits) -> Self {
        let mut group = Self { parts: Vec::new() };
        if limits == Limits::default() {
            return group;
        }
        let hierarchies = hierarchy::mounted();
        for (controller, wanted) in [
            (Controller::Memory, limits.memory_bytes.is_some()),
            (Controller::Cpu, limits.cores.is_some()),
        ] {
            if wanted {
                group.add(&hierarchies, controller, &plain(name), limits);
            }
        }
        group
    }

    fn add(&mut self, hierarchies: &[Hierarchy], controller: Controller, name: &str, limits: Limits) {
        for hierarchy in hierarchies
            .iter()
            .filter(|hierarchy| hierarchy.offers(controller))
        {
            for base in hierarchy.bases(controller) {
                let path = base.join(name);
                let known = self.parts.iter().any(|part| part.path == path);
                // A process has one place in a hierarchy: all controllers of it go to the same folder.
                let elsewhere = self
                    .parts
                    .iter()
                    .any(|part| part.home == hierarchy.home && part.path != path);
                if elsewhere || (!known && fs::create_dir(&path).is_err() && !path.is_dir()) {
                    continue;
                }
                if set(&path, hierarchy.version, controller, limits).is_err() {
                    if !known {
                        let _ = fs::remove_dir(&path);
                    }
                    continue;
                }
                match self.parts.iter_mut().find(|part| part.path == path) {
                    Some(part) => part.controllers.push(controller),
                    None => self.parts.push(Part {
                        version: hierarchy.version,
                        controllers: vec![controller],
                        path,
                        home: hierarchy.home.clone(),
                    }),
                }
                return;
            }
        }
    }

    /// The folders of the group, for whoever has to clean up after this process.
    #[must_use]
    pub fn paths(&self) -> Vec<&Path> {
        self.parts.iter().map(|part| part.path.as_path()).collect()
    }

    /// True when the kernel keeps the memory limit.
    #[must_use]
    pub fn limits_memory(&self) -> bool {
        self.part(Controller::Memory).is_some()
    }

    /// True when the kernel keeps the limit of cores.
    #[must_use]
    pub fn limits_cores(&self) -> bool {
        self.part(Controller::Cpu).is_some()
    }

    /// Runs `start` with this process inside the group, so that what it starts is born there, and steps out again.
    ///
    /// # Errors
    /// When the kernel refuses to move this process; `start` has not run then.
    pub fn around<T>(&self, start: impl FnOnce() -> T) -> io::Result<T> {
        for (index, part) in self.parts.iter().enumerate() {
            if let Err(error) = fs::write(part.path.join("cgroup.procs"), "0") {
                self.step_out(index);
                return Err(error);
            }
        }
        let started = start();
        self.step_out(self.parts.len());
        Ok(started)
    }

    fn step_out(&self, parts: usize) {
        for part in self.parts.iter().take(parts) {
            // Staying inside would only mean that the runner shares the job's limits.
            let _ = fs::write(part.home.join("cgroup.procs"), "0");
        }
    }

    /// How many processes the kernel has killed in this group for want of memory.
    #[must_use]
    pub fn memory_kills(&self) -> u64 {
        let Some(part) = self.part(Controller::Memory) else {
            return 0;
        };
        let file = match part.version {
            Version::One => "memory.oom_control",
            Version::Two => "memory.events",
        };
        let text = fs::read_to_string(part.path.join(file)).unwrap_or_default();
        text.lines()
            .filter_map(|line| line.strip_prefix("oom_kill "))
            .find_map(|count| count.trim().parse().ok())
            .unwrap_or(0)
    }

    /// The most memory that the group held at once, in bytes.
    #[must_use]
    pub fn memory_peak_bytes(&self) -> Option<u64> {
        let part = self.part(Controller::Memory)?;
        let file = match part.version {
            Version::One => "memory.max_usage_in_bytes",
            Version::Two => "memory.peak",
        };
        fs::read_to_string(part.path.join(file)).ok()?.trim().parse().ok()
    }

    /// Removes the folders. Its processes must have ended; what the kernel still holds is waited for a moment.
    pub fn remove(self) {
        for part in self.parts {
            for pause_ms in [0, 1, 5, 20, 100] {
                std::thread::sleep(Duration::from_millis(pause_ms));
                if fs::remove_dir(&part.path).is_ok() || !part.path.exists() {
                    break;
                }
            }
        }
    }

    fn part(&self, controller: Controller) -> Option<&Part> {
        self.parts
            .iter()
            .find(|part| part.controllers.contains(&controller))
    }
}

/// The processes in a group's folder; none when it is gone.
#[must_use]
pub fn members(path: &Path) -> Vec<i32> {
    let text = fs::read_to_string(path.join("cgroup.procs")).unwrap_or_default();
    text.lines().filter_map(|line| line.trim().parse().ok()).collect()
}

fn set(path: &Path, version: Version, controller: Controller, limits: Limits) -> io::Result<()> {
    const PERIOD_US: u64 = 100_000;
    match (version, controller) {
        (Version::One, Controller::Memory) => {
            let bytes = limits.memory_bytes.unwrap_or(u64::MAX).to_string();
            fs::write(path.join("memory.limit_in_bytes"), &bytes)?;
            // Where swap is counted, it must not stretch the limit.
            let _ = fs::write(path.join("memory.memsw.limit_in_bytes"), &bytes);
            Ok(())
        }
        (Version::Two, Controller::Memory) => {
            let bytes = limits.memory_bytes.unwrap_or(u64::MAX).to_string();
            fs::write(path.join("memory.max"), bytes)?;
            let _ = fs::write(path.join("memory.swap.max"), "0");
            let _ = fs::write(path.join("memory.oom.group"), "1");
            Ok(())
        }
        (Version::One, Controller::Cpu) => {
            let quota = u64::from(limits.cores.unwrap_or(1).max(1)) * PERIOD_US;
            fs::write(path.join("cpu.cfs_period_us"), PERIOD_US.to_string())?;
            fs::write(path.join("cpu.cfs_quota_us"), quota.to_string())
        }
        (Version::Two, Controller::Cpu) => {
            let quota = u64::from(limits.cores.unwrap_or(1).max(1)) * PERIOD_US;
            fs::write(path.join("cpu.max"), format!("{quota} {PERIOD_US}"))
        }
    }
}

/// A name that is one folder, whatever the job is called.
fn plain(name: &str) -> String {
    let mut plain: String = name
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() || "-_.".contains(letter) {
                letter
            } else {
                '-'
            }
        })
        .collect();
    plain.truncate(200);
    format!("tidemill-{plain}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    /// None where control groups are not writable: there is nothing to test then.
    fn group(name: &str, limits: Limits) -> Option<Group> {
        let group = Group::create(&format!("{name}-{}", std::process::id()), limits);
        (!group.paths().is_empty()).then_some(group)
    }

    #[test]
    fn a_child_is_born_inside_and_this_process_stays_outside() {
        let limits = Limits {
            memory_bytes: Some(64 << 20),
            cores: Some(1),
        };
        let Some(group) = group("born", limits) else {
            return;
        };
        let before = fs::read_to_string("/proc/self/cgroup").expect("linux");
        let mut child = group
            .around(|| Command::new("sleep").arg("60").spawn())
            .expect("moves")
            .expect("starts");
        for path in group.paths() {
            assert_eq!(members(path), [child.id().cast_signed()]);
        }
        assert_eq!(fs::read_to_string("/proc/self/cgroup").expect("linux"), before);
        child.kill().expect("alive");
        child.wait().expect("reaped");
        let paths: Vec<PathBuf> = group.paths().into_iter().map(Path::to_owned).collect();
        group.remove();
        assert!(paths.iter().all(|path| !path.exists()));
    }

    #[test]
    fn the_kernel_ends_what_takes_too_much() {
        let Some(group) = group(
            "oom",
            Limits {
                memory_bytes: Some(50 << 20),
                cores: None,
            },
        ) else {
            return;
        };
        let take = "head -c 100000000 /dev/zero | tr '\\0' a | { read -r -N 90000000 x; echo ${#x}; }";
        let mut child = group
            .around(|| {
                Command::new("bash")
                    .args(["-c", take])
                    .stdout(std::process::Stdio::null())
                    .spawn()
            })
            .expect("moves")
            .expect("starts");
        let status = child.wait().expect("reaped");
        assert!(!status.success());
        assert!(group.memory_kills() > 0);
        assert!(group.memory_peak_bytes().expect("counted") <= 51 << 20);
        group.remove();
    }

    #[test]
    fn names_are_one_folder() {
        assert_eq!(plain("ws/../job é/1"), "tidemill-ws-..-job---1");
    }
}
