//! A prefix: a built environment on this machine, and the variables with which processes run in it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};

/// A built environment, or a job's own layer over one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prefix {
    /// Its folder.
    pub path: PathBuf,
    /// Its Python.
    pub python: PathBuf,
    /// Where its commands are.
    pub bin_dir: PathBuf,
    /// Where its packages are.
    pub site_packages: PathBuf,
    /// The interpreter that it stands on.
    pub base_python: PathBuf,
    /// In full: `3.10.13`.
    pub python_version: String,
    /// What the environment is called, for `CONDA_DEFAULT_ENV`.
    pub name: String,
    /// Variables that the specification sets.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
    /// Further folders with commands: those of the shared prefix below a job's own layer.
    #[serde(default)]
    pub further_bin_dirs: Vec<PathBuf>,
}

/// What a process in an environment needs of its own environment variables.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessVariables {
    /// Variables to set; `PATH` is among them.
    pub set: BTreeMap<String, String>,
    /// Variables to remove: they would let another Python's packages in, or slow down every import.
    pub unset: Vec<String>,
}

impl Prefix {
    /// The variables for a process that would otherwise have `inherited_path` as `PATH`.
    #[must_use]
    pub fn process_variables(&self, inherited_path: &str) -> ProcessVariables {
        let mut set = self.variables.clone();
        let folders = std::iter::once(&self.bin_dir).chain(&self.further_bin_dirs);
        let mut path: Vec<String> = folders.map(|folder| folder.display().to_string()).collect();
        path.extend(Some(inherited_path.to_owned()).filter(|rest| !rest.is_empty()));
        set.insert("PATH".into(), path.join(":"));
        set.insert("VIRTUAL_ENV".into(), self.path.display().to_string());
        set.insert("CONDA_PREFIX".into(), self.path.display().to_string());
        set.insert("CONDA_DEFAULT_ENV".into(), self.name.clone());
        set.insert("PIP_DISABLE_PIP_VERSION_CHECK".into(), "1".into());
        ProcessVariables {
            set,
            unset: vec!["PYTHONHOME".into(), "PYTHONPATH".into(), "PYTHONUSERBASE".into()],
        }
    }

    /// Sets the variables on a command, with this process's own `PATH` behind.
    pub fn apply(&self, command: &mut Command) {
        let ProcessVariables { set, unset } =
            self.process_variables(&std::env::var("PATH").unwrap_or_default());
        for name in unset {
            command.env_remove(name);
        }
        command.envs(set);
    }

    /// `lib/python3.10`, relative to a prefix.
    pub(crate) fn library(python_version: &str) -> PathBuf {
        let mut parts = python_version.split('.');
        let (major, minor) = (parts.next().unwrap_or("3"), parts.next().unwrap_or("0"));
        Path::new("lib").join(format!("python{major}.{minor}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_finds_the_prefix_first_and_no_other_pythons_packages() {
        let prefix = Prefix {
            path: "/job".into(),
            python: "/job/bin/python".into(),
            bin_dir: "/job/bin".into(),
            site_packages: "/job/lib/python3.10/site-packages".into(),
            base_python: "/usr/bin/python3.10".into(),
            python_version: "3.10.13".into(),
            name: "train".into(),
            variables: BTreeMap::from([("OMP_NUM_THREADS".into(), "1".into())]),
            further_bin_dirs: vec!["/shared/bin".into()],
        };
        let variables = prefix.process_variables("/usr/bin:/bin");
        assert_eq!(variables.set["PATH"], "/job/bin:/shared/bin:/usr/bin:/bin");
        assert_eq!(variables.set["CONDA_DEFAULT_ENV"], "train");
        assert_eq!(variables.set["OMP_NUM_THREADS"], "1");
        assert!(variables.unset.contains(&"PYTHONPATH".to_owned()));
        assert_eq!(Prefix::library("3.10.13"), Path::new("lib/python3.10"));
    }
}
