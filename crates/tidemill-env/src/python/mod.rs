//! Pythons of this machine: where they are looked for, and what they are.

mod bundled;
mod nearest;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use crate::version::Version;

pub use bundled::bundled_wheels;
pub use nearest::nearest;

/// An interpreter that was asked what it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interpreter {
    /// The real executable, symbolic links followed.
    pub path: PathBuf,
    /// In full: `3.10.13`.
    pub version: String,
    /// `cpython`, `pypy`.
    pub implementation: String,
    /// Its standard library.
    pub stdlib: PathBuf,
}

impl Interpreter {
    /// Major and minor.
    #[must_use]
    pub fn minor(&self) -> (u64, u64) {
        self.release().minor()
    }

    pub(crate) fn release(&self) -> Version {
        Version::parse(&self.version).unwrap_or(Version(vec![0]))
    }
}

const OLDEST: (u64, u64) = (3, 6);

/// Finds every Python, newest first. What each says of itself is kept in `cache_file`.
#[must_use]
pub fn discover(cache_file: &Path) -> Vec<Interpreter> {
    let mut known: BTreeMap<String, Interpreter> = std::fs::read(cache_file)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default();
    let mut fresh = false;
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for path in candidates() {
        let Ok(real) = path.canonicalize() else { continue };
        let Some(key) = identity(&real).filter(|key| seen.insert(key.clone())) else {
            continue;
        };
        if let Some(interpreter) = known.get(&key) {
            found.push(interpreter.clone());
        } else if let Some(interpreter) = told_by_path(&real).or_else(|| ask(&real)) {
            known.insert(key, interpreter.clone());
            fresh = true;
            found.push(interpreter);
        }
    }
    if fresh && let Ok(bytes) = serde_json::to_vec_pretty(&known) {
        // Without the cache each start asks again, which is slower and nothing else.
        let _ = crate::files::write_atomically(cache_file, &bytes);
    }
    found.retain(|interpreter| interpreter.implementation == "cpython" && interpreter.minor() >= OLDEST);
    found.sort_by_key(|interpreter| std::cmp::Reverse(interpreter.release()));
    found
}

/// Path, size and time of change: a new Python at the same place is asked again.
fn identity(real: &Path) -> Option<String> {
    let metadata = std::fs::metadata(real).ok()?;
    let changed = metadata
        .modified()
        .ok()?
        .duration_since(UNIX_EPOCH)
        .ok()?
        .as_nanos();
    metadata
        .is_file()
        .then(|| format!("{} {} {changed}", real.display(), metadata.len()))
}

fn candidates() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = std::env::var_os("PATH")
        .map(|path| std::env::split_paths(&path).collect())
        .unwrap_or_default();
    // Shims start whichever Python a folder asks for; the Pythons behind them are looked at below.
    folders.retain(|folder| folder.is_absolute() && !folder.ends_with("shims"));
    folders.extend(["/usr/local/bin", "/usr/bin"].map(PathBuf::from));
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let pyenv = std::env::var_os("PYENV_ROOT").map_or_else(|| home.join(".pyenv"), PathBuf::from);
    let uv = std::env::var_os("UV_PYTHON_INSTALL_DIR").map_or_else(
        || {
            std::env::var_os("XDG_DATA_HOME")
                .map_or_else(|| home.join(".local/share"), PathBuf::from)
                .join("uv/python")
        },
        PathBuf::from,
    );
    for root in [pyenv.join("versions"), uv] {
        let mut versions: Vec<PathBuf> = std::fs::read_dir(root)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path().join("bin"))
            .collect();
        versions.sort();
        folders.extend(versions);
    }
    let mut found = Vec::new();
    for folder in folders {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        let mut names: Vec<PathBuf> = entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|p| is_python_name(p))
            .collect();
        names.sort();
        found.extend(names);
    }
    found
}

/// `python`, `python3`, `python3.11`; not `python3-config`.
fn is_python_name(path: &Path) -> bool {
    let Some(rest) = path
        .file_name()
        .and_then(|name| name.to_str())
        .and_then(|name| name.strip_prefix("python"))
    else {
        return false;
    };
    rest.is_empty()
        || rest == "3"
        || rest
            .strip_prefix("3.")
            .is_some_and(|minor| minor.chars().all(|c| c.is_ascii_digit()))
}

/// pyenv and uv keep each Python in a folder that is called after it, so that it need not be started to be known.
fn told_by_path(real: &Path) -> Option<Interpreter> {
    let root = real.parent()?.parent()?;
    let name = root.file_name()?.to_str()?;
    let version = name
        .strip_prefix("cpython-")
        .and_then(|rest| rest.split('-').next())
        .unwrap_or(name);
    let parts: Vec<&str> = version.split('.').collect();
    if parts.len() != 3
        || parts.iter().any(|part| part.parse::<u32>().is_err())
        || name.contains("freethreaded")
    {
        return None;
    }
    let stdlib = root.join("lib").join(format!("python{}.{}", parts[0], parts[1]));
    let implementation = "cpython".to_owned();
    stdlib.join("os.py").is_file().then(|| Interpreter {
        path: real.to_path_buf(),
        version: version.to_owned(),
        implementation,
        stdlib,
    })
}

fn ask(real: &Path) -> Option<Interpreter> {
    #[derive(Deserialize)]
    struct Answer {
        version: String,
        implementation: String,
        stdlib: PathBuf,
        release: String,
    }
    const QUESTION: &str = "import sys,os,json;v=sys.version_info;print(json.dumps(dict(version='%d.%d.%d'%v[:3],\
        implementation=sys.implementation.name,stdlib=os.path.dirname(os.__file__),release=v[3])))";
    let output = Command::new(real)
        .args(["-I", "-S", "-c", QUESTION])
        .env_remove("PYTHONHOME")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let answer: Answer = serde_json::from_slice(&output.stdout).ok()?;
    let Answer {
        version,
        implementation,
        stdlib,
        release,
    } = answer;
    (release == "final").then(|| Interpreter {
        path: real.to_path_buf(),
        version,
        implementation,
        stdlib,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_called_after_its_python_tells_what_it_is() {
        let root = tempfile::tempdir().unwrap();
        for (folder, expected) in [
            ("3.10.13", Some("3.10.13")),
            ("cpython-3.10.9-linux-x86_64-gnu", Some("3.10.9")),
            ("cpython-3.10.9+freethreaded-linux-x86_64-gnu", None),
            ("miniconda3-4.7.12", None),
            ("usr", None),
        ] {
            let stdlib = root.path().join(folder).join("lib/python3.10");
            std::fs::create_dir_all(&stdlib).unwrap();
            std::fs::write(stdlib.join("os.py"), "").unwrap();
            let found = told_by_path(&root.path().join(folder).join("bin/python3.10"));
            assert_eq!(
                found.map(|python| python.version).as_deref(),
                expected,
                "{folder}"
            );
        }
    }

    #[test]
    fn only_interpreters_are_candidates() {
        for (name, expected) in [
            ("python", true),
            ("python3", true),
            ("python3.11", true),
            ("python3-config", false),
            ("python2", false),
            ("pythonw", false),
        ] {
            assert_eq!(
                is_python_name(Path::new("/usr/bin").join(name).as_path()),
                expected,
                "{name}"
            );
        }
    }

    #[test]
    fn this_machine_has_a_python_and_is_asked_once() {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("pythons.json");
        let first = discover(&cache);
        assert!(!first.is_empty());
        assert_eq!(discover(&cache), first);
        assert!(bundled_wheels(&first[0]).iter().any(|(name, ..)| name == "pip"));
    }
}
