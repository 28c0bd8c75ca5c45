//! The entry to this crate: a request becomes a prefix, with the least work that will do.

use std::cell::OnceCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde::{Deserialize, Serialize};

use crate::build::{Builder, built, folder};
use crate::channel;
use crate::error::EnvError;
use crate::event::Progress;
use crate::lock::{ChannelPackage, LOCK_FORMAT, Lock, Platform};
use crate::prefix::Prefix;
use crate::process::{Journal, Starter};
use crate::python::{Interpreter, discover};
use crate::request::{EnvironmentRequest, IndexOptions, Policy};
use crate::resolve;
use crate::wanted::Wanted;

/// The environments of one data folder.
#[derive(Clone)]
pub struct Environments {
    data_dir: PathBuf,
    cancel: Arc<AtomicBool>,
    offline: bool,
    starter: Option<Arc<Starter>>,
}

/// A lock, and what had to be changed to get it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolved {
    /// Exactly what the environment is made of.
    pub lock: Lock,
    /// One line for each thing that is not as it was asked for.
    pub changes: Vec<String>,
    /// Hosts of indexes that were asked for and did not answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub silent_hosts: Vec<String>,
}

/// An environment, ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// Where it is. It is shared: jobs run in a [`crate::private_overlay`] of it.
    pub prefix: Prefix,
    /// Exactly what it is made of.
    pub lock: Lock,
    /// [`Lock::digest`]: its identity.
    pub digest: String,
    /// One line for each thing that is not as it was asked for.
    pub changes: Vec<String>,
    /// The log of the build.
    pub log_path: PathBuf,
    /// Whether it was there already.
    pub reused: bool,
}

impl Environments {
    /// The environments below `data_dir`: `envs/` and `cache/` in it.
    #[must_use]
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        let data_dir: PathBuf = data_dir.into();
        let data_dir = std::path::absolute(&data_dir).unwrap_or(data_dir);
        Self {
            data_dir,
            cancel: Arc::default(),
            offline: false,
            starter: None,
        }
    }

    /// Has the programs of builds started by `starter`.
    #[must_use]
    pub fn started_by(mut self, starter: Arc<Starter>) -> Self {
        self.starter = Some(starter);
        self
    }

    /// Whether to ask nobody beyond this machine: what is built, cached or in local folders will do, or fails.
    #[must_use]
    pub fn offline(mut self, offline: bool) -> Self {
        self.offline = offline;
        self
    }

    /// Ends what it does soon after `cancel` becomes true.
    #[must_use]
    pub fn with_cancel(mut self, cancel: Arc<AtomicBool>) -> Self {
        self.cancel = cancel;
        self
    }

    /// Makes the environment of `request` ready: attaches to it, or resolves and builds it.
    ///
    /// # Errors
    /// See [`EnvError`]; the build log is in those that have one.
    pub fn prepare(
        &self,
        request: &EnvironmentRequest,
        progress: Progress<'_>,
    ) -> Result<Prepared, EnvError> {
        let work = Work::new(self, progress);
        let (resolved, index, name) = work.resolve(request)?;
        work.attach(resolved, &index, &name)
    }

    /// Resolves without building. A specification that was resolved before keeps its lock, unless it asks for
    /// a fresh one.
    ///
    /// # Errors
    /// See [`EnvError`].
    pub fn resolve(
        &self,
        request: &EnvironmentRequest,
        progress: Progress<'_>,
    ) -> Result<Resolved, EnvError> {
        Ok(Work::new(self, progress).resolve(request)?.0)
    }

    /// Builds or attaches to the prefix of a lock, which may come from elsewhere.
    ///
    /// # Errors
    /// See [`EnvError`].
    pub fn attach(
        &self,
        lock: &Lock,
        index: &IndexOptions,
        name: &str,
        progress: Progress<'_>,
    ) -> Result<Prepared, EnvError> {
        Work::new(self, progress).attach(
            Resolved {
                lock: lock.clone(),
                changes: Vec::new(),
                silent_hosts: Vec::new(),
            },
            index,
            name,
        )
    }

    /// What a request asks for, in hex: the same for requests that come down to the same, whatever they resolve to.
    ///
    /// # Errors
    /// See [`EnvError`]: the request cannot be read, or its policy forbids it.
    pub fn specification_digest(request: &EnvironmentRequest) -> Result<String, EnvError> {
        let platform = request.platform.clone().unwrap_or_else(Platform::here);
        Ok(Wanted::read(request)?.digest(request.policy, &platform))
    }

    /// The Pythons of this machine, newest first.
    #[must_use]
    pub fn pythons(&self) -> Vec<Interpreter> {
        discover(&self.data_dir.join("cache/pythons.json"))
    }

    /// `envs/`.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        self.data_dir.join("envs")
    }
}

impl std::fmt::Debug for Environments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Environments")
            .field("data_dir", &self.data_dir)
            .field("offline", &self.offline)
            .finish_non_exhaustive()
    }
}

/// One call's work: what it has looked up so far.
struct Work<'a> {
    environments: &'a Environments,
    root: PathBuf,
    journal: Journal<'a>,
    pythons: OnceCell<Vec<Interpreter>>,
}

impl<'a> Work<'a> {
    fn new(environments: &'a Environments, progress: Progress<'a>) -> Self {
        let journal = Journal::new(progress, &environments.cancel)
            .offline(environments.offline)
            .started_by(environments.starter.as_deref());
        Self {
            environments,
            root: environments.root(),
            journal,
            pythons: OnceCell::new(),
        }
    }

    fn data_dir(&self) -> &Path {
        &self.environments.data_dir
    }

    fn pythons(&self) -> &[Interpreter] {
        self.pythons.get_or_init(|| self.environments.pythons())
    }

    fn resolve(&self, request: &EnvironmentRequest) -> Result<(Resolved, IndexOptions, String), EnvError> {
        let here = Platform::here();
        if let Some(platform) = request.platform.as_ref().filter(|platform| **platform != here) {
            return Err(EnvError::OtherPlatform {
                wanted: platform.to_string(),
                here: here.to_string(),
            });
        }
        let wanted = Wanted::read(request)?;
        let mut index = wanted.index.clone();
        let name = wanted.name.clone().unwrap_or_else(|| "python".into());
        let spec = wanted.digest(request.policy, &here);
        let file = self.root.join("specs").join(format!("{spec}.json"));
        let mut with = |resolved: Resolved| {
            resolved
                .silent_hosts
                .iter()
                .for_each(|host| index.leave_out(host));
            (resolved, std::mem::take(&mut index), name.clone())
        };
        if let Some(resolved) = self.remembered(&file, request.refresh) {
            return Ok(with(resolved));
        }
        let lock_file = self.root.join(".locks").join(format!("{spec}.lock"));
        let _held = crate::files::lock(&lock_file, self.journal.progress, self.journal.cancel)?;
        if let Some(resolved) = self.remembered(&file, request.refresh) {
            return Ok(with(resolved));
        }
        let resolved = self.solve(wanted, request.policy).inspect_err(|_| {
            // The log of a failure is for people; that it cannot be written is not what they need to hear.
            let _ = fs::write(file.with_extension("log"), self.journal.text());
        })?;
        let bytes = serde_json::to_vec_pretty(&resolved).expect("a lock is made of strings and lists");
        crate::files::write_atomically(&file, &bytes).map_err(EnvError::io("write", &file))?;
        Ok(with(resolved))
    }

    /// What this specification was resolved to before, if it can still be had on this machine.
    fn remembered(&self, file: &Path, refresh: bool) -> Option<Resolved> {
        if refresh {
            return None;
        }
        let resolved: Resolved = serde_json::from_slice(&fs::read(file).ok()?).ok()?;
        let lock = &resolved.lock;
        let possible = || {
            lock.has_channel_python()
                || self
                    .pythons()
                    .iter()
                    .any(|python| python.version == lock.python.version)
        };
        let usable = lock.format == LOCK_FORMAT
            && (built(&self.root, &lock.digest(), lock, "").is_some() || possible());
        usable.then_some(resolved)
    }

    fn solve(&self, mut wanted: Wanted, policy: Policy) -> Result<Resolved, EnvError> {
        let specs = self.root.join("specs");
        fs::create_dir_all(&specs).map_err(EnvError::io("create", &specs))?;
        let channel_packages = self.channel_packages(&mut wanted, policy)?;
        if channel_packages.is_empty() {
            wanted.replace_conda()?;
        }
        let (pythons, data_dir, journal) = (self.pythons(), self.data_dir(), &self.journal);
        let lock = if channel_packages.is_empty() {
            resolve::resolve(&mut wanted, policy, pythons, data_dir, journal)?
        } else {
            resolve::resolve_over(channel_packages, &mut wanted, policy, pythons, data_dir, journal)?
        };
        for change in &wanted.changes {
            self.journal.keep(&format!("changed: {change}"));
        }
        Ok(Resolved {
            lock,
            changes: wanted.changes,
            silent_hosts: wanted.silent_hosts,
        })
    }

    /// The conda packages of `wanted`, where it needs any and a channel answers; none where the policy lets
    /// the package index stand in for them.
    fn channel_packages(&self, wanted: &mut Wanted, policy: Policy) -> Result<Vec<ChannelPackage>, EnvError> {
        let python_is_here = || {
            self.pythons()
                .iter()
                .any(|python| wanted.python.allows(&python.release()))
        };
        if !wanted.needs_channel() && (wanted.channels.is_empty() || python_is_here()) {
            return Ok(Vec::new());
        }
        let defaults = [String::from("defaults")];
        let channels = if wanted.channels.is_empty() {
            &defaults[..]
        } else {
            &wanted.channels
        };
        let (there, away) = channel::reachable(channels, self.data_dir(), &self.journal)?;
        let specs: Vec<String> = wanted
            .conda
            .iter()
            .chain(&wanted.python_spec)
            .map(|spec| spec.text.clone())
            .collect();
        if !away.is_empty() && policy == Policy::Exact && wanted.needs_channel() {
            return Err(EnvError::ChannelsUnreachable {
                channels: away,
                packages: specs,
            });
        }
        if there.is_empty() {
            return Ok(Vec::new());
        }
        for name in away {
            wanted.changes.push(format!(
                "conda channel `{name}` is left out: it cannot be reached"
            ));
        }
        let solve = |specs: &[String]| channel::solve(&there, specs, self.data_dir(), &self.journal);
        // As conda does it, a Python comes with pip, where the channel has one.
        let has_pip = wanted.conda.iter().any(|spec| spec.name == "pip");
        if wanted.python_spec.is_some() && !has_pip {
            let with_pip: Vec<String> = specs.iter().cloned().chain(["pip".to_owned()]).collect();
            match solve(&with_pip) {
                Err(EnvError::Unsatisfiable { .. }) => {}
                other => return other,
            }
        }
        solve(&specs)
    }

    fn attach(&self, resolved: Resolved, index: &IndexOptions, name: &str) -> Result<Prepared, EnvError> {
        let Resolved {
            lock,
            changes,
            silent_hosts: _,
        } = resolved;
        let digest = lock.digest();
        let log_path = folder(&self.root, &digest).join("build.log");
        if let Some(prefix) = built(&self.root, &digest, &lock, name) {
            return Ok(Prepared {
                prefix,
                lock,
                digest,
                changes,
                log_path,
                reused: true,
            });
        }
        let (data_dir, pythons) = (self.data_dir(), self.pythons());
        let builder = Builder {
            data_dir,
            envs_root: &self.root,
            pythons,
            index,
            journal: &self.journal,
        };
        let (prefix, reused) = builder.attach(&lock, name)?;
        Ok(Prepared {
            prefix,
            lock,
            digest,
            changes,
            log_path,
            reused,
        })
    }
}
