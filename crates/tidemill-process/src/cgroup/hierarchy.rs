//! Where control groups are mounted, of which version, and where in them this process lives.

use std::fs;
use std::path::{Path, PathBuf};

/// Version of a hierarchy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    One,
    Two,
}

/// What a hierarchy can limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Controller {
    Memory,
    Cpu,
}

impl Controller {
    fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Cpu => "cpu",
        }
    }
}

/// One mounted hierarchy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hierarchy {
    pub(super) version: Version,
    mount: PathBuf,
    /// The group of this process.
    pub(super) home: PathBuf,
    /// Controllers by name; under version 2 those that its root offers.
    controllers: Vec<String>,
}

impl Hierarchy {
    pub(super) fn offers(&self, controller: Controller) -> bool {
        self.controllers.iter().any(|name| name == controller.name())
    }

    /// The groups in which a new one may be made, the best first.
    pub(super) fn bases(&self, controller: Controller) -> Vec<PathBuf> {
        let mut bases = vec![self.home.clone()];
        if self.version == Version::Two {
            // A group with processes of its own cannot hand controllers down: then beside it rather than in it.
            bases.extend(
                self.home
                    .parent()
                    .filter(|parent| parent.starts_with(&self.mount))
                    .map(Path::to_owned),
            );
        }
        if !bases.contains(&self.mount) {
            bases.push(self.mount.clone());
        }
        bases.retain(|base| self.version == Version::One || hands_down(base, controller));
        bases
    }
}

fn hands_down(base: &Path, controller: Controller) -> bool {
    let file = base.join("cgroup.subtree_control");
    let has = || {
        let text = fs::read_to_string(&file).unwrap_or_default();
        text.split_ascii_whitespace()
            .any(|name| name == controller.name())
    };
    has() || (fs::write(&file, format!("+{}", controller.name())).is_ok() && has())
}

/// The hierarchies of this machine as this process sees them.
pub(super) fn mounted() -> Vec<Hierarchy> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let homes = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let mut found: Vec<Hierarchy> = mounts.lines().filter_map(|line| read(line, &homes)).collect();
    for hierarchy in found
        .iter_mut()
        .filter(|hierarchy| hierarchy.version == Version::Two)
    {
        let text = fs::read_to_string(hierarchy.mount.join("cgroup.controllers")).unwrap_or_default();
        hierarchy.controllers = text.split_ascii_whitespace().map(str::to_owned).collect();
    }
    found
}

/// Reads a line of `mountinfo`: `id parent dev root mount options… - type source super-options`.
fn read(line: &str, homes: &str) -> Option<Hierarchy> {
    let (left, right) = line.split_once(" - ")?;
    let mut left = left.split(' ').skip(3);
    let (root, mount) = (left.next()?, PathBuf::from(left.next()?));
    let mut right = right.split(' ');
    let version = match right.next()? {
        "cgroup" => Version::One,
        "cgroup2" => Version::Two,
        _ => return None,
    };
    let controllers: Vec<String> = match version {
        Version::One => right.nth(1)?.split(',').map(str::to_owned).collect(),
        Version::Two => Vec::new(),
    };
    let home = homes.lines().find_map(|line| {
        let (_, rest) = line.split_once(':')?;
        let (names, path) = rest.split_once(':')?;
        let mine = match version {
            Version::One => names
                .split(',')
                .any(|name| controllers.iter().any(|known| known == name)),
            Version::Two => names.is_empty(),
        };
        mine.then_some(path)
    })?;
    // In a container the mount shows only a part of the hierarchy.
    let inside = Path::new(home)
        .strip_prefix(root)
        .unwrap_or_else(|_| Path::new(""));
    let inside = mount.join(inside.strip_prefix("/").unwrap_or(inside));
    let home = if inside.is_dir() { inside } else { mount.clone() };
    Some(Hierarchy {
        version,
        mount,
        home,
        controllers,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_versions() {
        let homes = "4:memory:/a\n1:cpu,cpuacct:/\n0::/user.slice\n";
        let one = "30 25 0:26 / /nowhere/cpu rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct";
        let two = "31 25 0:27 / /nowhere/unified rw - cgroup2 cgroup2 rw,nsdelegate";
        let one = read(one, homes).expect("a hierarchy");
        assert!(one.offers(Controller::Cpu) && !one.offers(Controller::Memory));
        assert_eq!(
            (one.version, one.home),
            (Version::One, PathBuf::from("/nowhere/cpu"))
        );
        assert_eq!(read(two, homes).expect("a hierarchy").version, Version::Two);
        assert_eq!(read("29 25 0:25 / /proc rw - proc proc rw", homes), None);
        assert_eq!(read("", homes), None);
    }
}
