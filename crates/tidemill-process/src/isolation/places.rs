//! What the processes of a job may reach of the file system, said once for every level.

use super::Relay;
use std::fs;
use std::path::{Path, PathBuf};

/// Where the programs and settings of a machine lie.
const SYSTEM: &[&str] = &[
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/opt", "/sys", "/nix", "/snap",
];
/// What root may read in them and no job should.
const PRIVATE: &[&str] = &["/etc/shadow", "/etc/gshadow", "/etc/ssl/private", "/etc/ssh"];
/// Devices that every program may count on.
const DEVICES: &[&str] = &[
    "null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts", "shm",
];

/// What a job may reach beside the machine's programs. Everything else is not there for it.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// The data folder: hidden wherever it lies, but for what is named below.
    pub data_dir: PathBuf,
    /// To read and execute.
    pub read: Vec<PathBuf>,
    /// To write as well; these win over `read`, and a path of `read` within one of them stays read-only.
    pub write: Vec<PathBuf>,
    /// The folder that stands for `/tmp`.
    pub temp: PathBuf,
    /// The folder that stands for `/dev/shm`, where several processes share one; else each has its own.
    pub shared_memory: Option<PathBuf>,
    /// The one way out, where the network is closed; `None` where it is open.
    pub relay: Option<Relay>,
}

impl Places {
    /// The folders of the machine, without what is hidden in them.
    pub(super) fn system(&self) -> Vec<PathBuf> {
        let roots = SYSTEM.iter().map(PathBuf::from).filter(|root| root.exists());
        // Often a link into /run, where nothing else is for a job.
        let names = fs::canonicalize("/etc/resolv.conf").ok();
        let roots = roots.chain(names.filter(|path| !path.starts_with("/etc")));
        roots.flat_map(|root| without(&root, &self.data_dir)).collect()
    }

    /// Files and folders of the machine's settings that are there and hold secrets.
    pub(super) fn private() -> Vec<PathBuf> {
        PRIVATE
            .iter()
            .map(PathBuf::from)
            .filter(|path| path.exists())
            .collect()
    }

    /// Graphics cards and what belongs to them.
    pub(super) fn cards() -> Vec<PathBuf> {
        let entries = fs::read_dir("/dev").into_iter().flatten().flatten();
        let card = |name: &str| name.starts_with("nvidia") || name == "dri" || name == "kfd";
        entries
            .filter(|entry| entry.file_name().to_str().is_some_and(card))
            .map(|entry| entry.path())
            .collect()
    }

    /// The devices that every program may count on.
    pub(super) fn devices() -> impl Iterator<Item = PathBuf> {
        DEVICES.iter().map(|name| Path::new("/dev").join(name))
    }
}

/// `root`, or when something hidden lies in it, all that is beside that.
pub(super) fn without(root: &Path, hidden: &Path) -> Vec<PathBuf> {
    if hidden.as_os_str().is_empty() || !hidden.starts_with(root) {
        return vec![root.to_owned()];
    }
    if hidden == root {
        return Vec::new();
    }
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    entries.flat_map(|entry| without(&entry.path(), hidden)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_is_cut_out_and_its_neighbours_stay() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        fs::create_dir_all(root.join("a/data/keys")).expect("made");
        fs::create_dir_all(root.join("a/b")).expect("made");
        fs::create_dir_all(root.join("c")).expect("made");
        let mut left = without(root, &root.join("a/data"));
        left.sort();
        assert_eq!(left, [root.join("a/b"), root.join("c")]);
        assert_eq!(without(root, Path::new("/elsewhere")), [root.to_owned()]);
        assert!(without(root, root).is_empty());
    }
}
