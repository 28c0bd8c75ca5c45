//! From a lock to a prefix: built once under a lock between processes, believed only when its marker is there.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::channel;
use crate::compile::clean;
use crate::error::EnvError;
use crate::event::EnvEvent;
use crate::lock::{Lock, Package, Platform, Source};
use crate::plain;
use crate::prefix::Prefix;
use crate::process::{Journal, run};
use crate::python::{Interpreter, bundled_wheels};
use crate::request::IndexOptions;
use crate::uv::Uv;

const MARKER: &str = "complete.json";
const MARKER_FORMAT: u32 = 1;

/// Written last; without it a folder is the ruin of a build that was killed.
#[derive(Serialize, Deserialize)]
struct Marker {
    format: u32,
    digest: String,
    base_python: PathBuf,
    python_version: String,
}

/// Where the environment of a lock lives.
pub(crate) fn folder(envs_root: &Path, digest: &str) -> PathBuf {
    envs_root.join(digest)
}

/// The prefix, if it is built and its interpreter is still there.
pub(crate) fn built(envs_root: &Path, digest: &str, lock: &Lock, name: &str) -> Option<Prefix> {
    let folder = folder(envs_root, digest);
    let marker: Marker = serde_json::from_slice(&fs::read(folder.join(MARKER)).ok()?).ok()?;
    if marker.format != MARKER_FORMAT || marker.digest != digest || !marker.base_python.is_file() {
        return None;
    }
    let path = folder.join("prefix");
    let library = Prefix::library(&marker.python_version);
    Some(Prefix {
        python: path.join("bin/python"),
        bin_dir: path.join("bin"),
        site_packages: path.join(library).join("site-packages"),
        base_python: marker.base_python,
        python_version: marker.python_version,
        name: name.to_owned(),
        variables: lock.variables.clone(),
        further_bin_dirs: Vec::new(),
        path,
    })
}

/// What a build needs besides its lock.
pub(crate) struct Builder<'a> {
    pub data_dir: &'a Path,
    pub envs_root: &'a Path,
    pub pythons: &'a [Interpreter],
    pub index: &'a IndexOptions,
    pub journal: &'a Journal<'a>,
}

impl Builder<'_> {
    /// Attaches to the prefix of `lock`, building it if nobody has. The flag says whether it was there.
    pub(crate) fn attach(&self, lock: &Lock, name: &str) -> Result<(Prefix, bool), EnvError> {
        let digest = lock.digest();
        if let Some(prefix) = built(self.envs_root, &digest, lock, name) {
            return Ok((prefix, true));
        }
        let here = Platform::here();
        if lock.platform != here {
            return Err(EnvError::OtherPlatform {
                wanted: lock.platform.to_string(),
                here: here.to_string(),
            });
        }
        let lock_file = self.envs_root.join(".locks").join(format!("{digest}.lock"));
        let _held = crate::files::lock(&lock_file, self.journal.progress, self.journal.cancel)?;
        if let Some(prefix) = built(self.envs_root, &digest, lock, name) {
            return Ok((prefix, true));
        }
        let folder = folder(self.envs_root, &digest);
        self.clear(&folder)?;
        let result = self.build(lock, &digest, &folder);
        let log = folder.join("build.log");
        let kept = fs::write(&log, self.journal.text()).map_err(EnvError::io("write", &log));
        result?;
        kept?;
        self.finish(lock, &digest, &folder)?;
        let prefix = built(self.envs_root, &digest, lock, name);
        Ok((
            prefix.ok_or_else(|| self.failed("what was built is not there".into()))?,
            false,
        ))
    }

    /// Removes what a killed build, or one whose interpreter is gone, left behind.
    fn clear(&self, folder: &Path) -> Result<(), EnvError> {
        if folder.exists() {
            let marker = folder.join(MARKER);
            if marker.exists() {
                fs::remove_file(&marker).map_err(EnvError::io("remove", &marker))?;
            }
            fs::remove_dir_all(folder).map_err(EnvError::io("remove", folder))?;
        }
        fs::create_dir_all(folder).map_err(EnvError::io("create", folder))
    }

    fn build(&self, lock: &Lock, digest: &str, folder: &Path) -> Result<(), EnvError> {
        let prefix = folder.join("prefix");
        let total = lock.package_count();
        self.journal.line(&format!(
            "building environment {} with Python {} and {total} packages",
            &digest[..12],
            lock.python.version
        ));
        if !lock.has_channel_python() {
            self.lay_python(lock, folder)?;
        }
        if !lock.channel_packages.is_empty() {
            channel::install(&lock.channel_packages, &prefix, self.data_dir, self.journal)?;
        }
        self.install(lock, folder)
    }

    /// An empty virtual environment over the interpreter of the lock.
    fn lay_python(&self, lock: &Lock, folder: &Path) -> Result<(), EnvError> {
        let python = self.interpreter(lock)?;
        let prefix = folder.join("prefix");
        if is_plain(lock) {
            return plain::build(python, &wheels_of(lock, python)?, &prefix, self.journal);
        }
        let uv = Uv::get(self.data_dir, self.pythons, self.journal)?;
        let mut command = uv.command(&["venv", "--quiet", "--relocatable"], &IndexOptions::default());
        command
            .arg("--python")
            .arg(&python.path)
            .arg(&prefix)
            .current_dir(folder);
        let ended = run(command, self.journal, &|| ())?;
        if ended.success {
            Ok(())
        } else {
            Err(self.failed(clean(&ended.stderr)))
        }
    }

    fn interpreter(&self, lock: &Lock) -> Result<&Interpreter, EnvError> {
        self.pythons
            .iter()
            .find(|python| python.version == lock.python.version)
            .ok_or_else(|| EnvError::PythonMissing {
                wanted: lock.python.version.clone(),
                present: self.pythons.iter().map(|python| python.version.clone()).collect(),
            })
    }

    fn install(&self, lock: &Lock, folder: &Path) -> Result<(), EnvError> {
        let mut requirements = lock.requirements();
        if !lock.has_channel_python() {
            requirements.push_str(&bundled(lock, self.interpreter(lock)?)?);
        }
        if requirements.is_empty() || is_plain(lock) {
            return Ok(());
        }
        let uv = Uv::get(self.data_dir, self.pythons, self.journal)?;
        let file = folder.join("requirements.txt");
        fs::write(&file, requirements).map_err(EnvError::io("write", &file))?;
        let prefix = folder.join("prefix");
        let mut command = uv.command(&["pip", "install", "--no-deps"], self.index);
        if lock.fully_hashed() {
            command.arg("--require-hashes");
        }
        command
            .arg("--python")
            .arg(prefix.join("bin/python"))
            .arg("-r")
            .arg(&file)
            .current_dir(folder);
        let site_packages = prefix
            .join(Prefix::library(&lock.python.version))
            .join("site-packages");
        let total = lock.package_count();
        let done = Cell::new(usize::MAX);
        let count = || {
            let laid = laid(&site_packages).min(total);
            if done.replace(laid) != laid {
                (self.journal.progress)(EnvEvent::Installing { done: laid, total });
            }
        };
        count();
        let ended = run(command, self.journal, &count)?;
        if !ended.success {
            return Err(self.install_failure(lock, &ended.stderr));
        }
        count();
        Ok(())
    }

    /// A changed file is an error of its own, with the file's name; the rest is the installer's message.
    fn install_failure(&self, lock: &Lock, stderr: &str) -> EnvError {
        let lines: Vec<&str> = stderr
            .lines()
            .map(|line| line.trim().trim_start_matches("cause: "))
            .collect();
        let after = |mark: &str| {
            let at = lines.iter().position(|line| line.starts_with(mark))?;
            let inline = lines[at].trim_start_matches(mark).trim();
            let found = if inline.is_empty() {
                lines.get(at + 1)?
            } else {
                inline
            };
            Some(found.to_owned()).filter(|text| !text.is_empty())
        };
        if let Some(package) = lines
            .iter()
            .find_map(|line| line.split_once("Hash mismatch for "))
        {
            return EnvError::HashMismatch {
                package: package.1.trim_matches(['`', ':', ' ']).to_owned(),
                expected: after("Expected:").unwrap_or_else(|| "the locked digest".into()),
                found: after("Computed:").unwrap_or_else(|| "another".into()),
            };
        }
        if let Some((_, file)) = lines
            .iter()
            .find_map(|line| line.split_once("Failed to extract archive: "))
        {
            let name = crate::lock::normalize(file.split('-').next().unwrap_or(file));
            let locked = lock.packages.iter().find(|package| package.name == name);
            return EnvError::HashMismatch {
                package: file.to_owned(),
                expected: locked
                    .map(|package| package.hashes.join(" or "))
                    .unwrap_or_default(),
                found: "an archive that does not unpack".into(),
            };
        }
        self.failed(clean(stderr))
    }

    fn finish(&self, lock: &Lock, digest: &str, folder: &Path) -> Result<(), EnvError> {
        let write = |name: &str, bytes: Vec<u8>| {
            let path = folder.join(name);
            crate::files::write_atomically(&path, &bytes).map_err(EnvError::io("write", &path))
        };
        let json =
            |what: Result<Vec<u8>, serde_json::Error>| what.expect("it is made of strings and numbers");
        write("lock.json", json(serde_json::to_vec_pretty(lock)))?;
        let base_python = if lock.has_channel_python() {
            let python = folder.join("prefix/bin/python");
            python.canonicalize().map_err(EnvError::io("find", &python))?
        } else {
            self.interpreter(lock)?.path.clone()
        };
        let marker = Marker {
            format: MARKER_FORMAT,
            digest: digest.to_owned(),
            base_python,
            python_version: lock.python.version.clone(),
        };
        write(MARKER, json(serde_json::to_vec(&marker)))
    }

    fn failed(&self, message: String) -> EnvError {
        EnvError::BuildFailed {
            message,
            log: self.journal.text(),
        }
    }
}

/// Whether all there is to lay is what the interpreter carries: that needs no installer, and no package index.
fn is_plain(lock: &Lock) -> bool {
    !lock.has_channel_python()
        && lock
            .packages
            .iter()
            .all(|package| package.source == Source::Bundled)
}

/// The interpreter's own wheels that the lock names, each with its locked digest.
fn wheels_of<'a>(lock: &'a Lock, python: &Interpreter) -> Result<Vec<(&'a Package, PathBuf)>, EnvError> {
    let here = bundled_wheels(python);
    let bundled = lock
        .packages
        .iter()
        .filter(|package| package.source == Source::Bundled);
    bundled
        .map(|package| {
            let is_it = |(name, version, _): &&(String, String, PathBuf)| {
                *name == package.name && *version == package.version
            };
            let (.., path) = here.iter().find(is_it).ok_or_else(|| EnvError::PythonMissing {
                wanted: format!(
                    "{} with {} {}",
                    lock.python.version, package.name, package.version
                ),
                present: here
                    .iter()
                    .map(|(name, version, _)| format!("{name} {version}"))
                    .collect(),
            })?;
            Ok((package, path.clone()))
        })
        .collect()
}

/// The same as requirements, by file and digest.
fn bundled(lock: &Lock, python: &Interpreter) -> Result<String, EnvError> {
    let mut text = String::new();
    for (package, path) in wheels_of(lock, python)? {
        text.push_str(&format!("{} @ file://{}", package.name, path.display()));
        for hash in &package.hashes {
            text.push_str(&format!(" \\\n    --hash={hash}"));
        }
        text.push('\n');
    }
    Ok(text)
}

fn laid(site_packages: &Path) -> usize {
    let entries = fs::read_dir(site_packages).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_name().to_string_lossy().ends_with(".dist-info"))
        .count()
}
