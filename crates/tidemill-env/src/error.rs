//! What can go wrong between a specification and a prefix, each with a hint of what to do next.

use std::path::{Path, PathBuf};

/// An environment that could not be read, resolved or built.
#[derive(Debug, thiserror::Error)]
pub enum EnvError {
    /// The specification itself is wrong (YAML, a requirement, a version, a Dockerfile).
    #[error("failed to read {what}: {message}")]
    Invalid {
        /// What was read: `the conda file`, `requirements line 3`, …
        what: String,
        /// What is wrong with it.
        message: String,
    },
    /// A file of the specification is larger than any real one.
    #[error("failed to read {what}: {size_bytes} bytes are more than the {limit_bytes} allowed")]
    TooLarge {
        /// What was read.
        what: String,
        /// Its size.
        size_bytes: u64,
        /// The most that is read.
        limit_bytes: u64,
    },
    /// No Python on this machine fits, and the policy does not let another one be taken.
    #[error("failed to find Python {wanted}: this machine has {}", list_or_none(.present))]
    PythonMissing {
        /// The Python asked for, such as `=3.10`.
        wanted: String,
        /// Versions found here.
        present: Vec<String>,
    },
    /// Something asks for a container engine and jobs here run without one.
    #[error("failed to use {what}: no container engine runs jobs here")]
    EngineMissing {
        /// `image python:3.11`, `the Dockerfile in docker-context`.
        what: String,
    },
    /// Conda packages are asked for and no channel answers.
    #[error("failed to reach a conda channel ({}) for {}", .channels.join(", "), .packages.join(", "))]
    ChannelsUnreachable {
        /// Channels that were tried.
        channels: Vec<String>,
        /// Packages that would come from them.
        packages: Vec<String>,
    },
    /// A conda package has no counterpart that `pip` could install.
    #[error("failed to replace conda package {package}: {reason}")]
    NoEquivalent {
        /// The conda package.
        package: String,
        /// Why there is none.
        reason: String,
    },
    /// The requirements contradict each other, or ask for what does not exist.
    #[error("failed to solve the environment: {conflict}")]
    Unsatisfiable {
        /// The solver's own explanation, cleaned.
        conflict: String,
        /// The build log so far.
        log: String,
    },
    /// A package's bytes are not those that were locked.
    #[error(
        "failed to install {package}: its bytes are not those of the lock (expected {expected}, found {found})"
    )]
    HashMismatch {
        /// The wheel or archive.
        package: String,
        /// Digest in the lock.
        expected: String,
        /// Digest of what was found.
        found: String,
    },
    /// The package index does not answer.
    #[error("failed to reach the package index: {message}")]
    IndexUnreachable {
        /// What the installer said.
        message: String,
    },
    /// Installing failed for another reason.
    #[error("failed to build the environment: {message}")]
    BuildFailed {
        /// The last lines that tell why.
        message: String,
        /// The whole build log.
        log: String,
    },
    /// `uv` is neither here nor could be fetched.
    #[error("failed to get uv: {message}")]
    UvMissing {
        /// What was tried.
        message: String,
    },
    /// The lock is for another kind of machine.
    #[error("failed to use this environment: it is for {wanted}, this machine is {here}")]
    OtherPlatform {
        /// Platform asked for.
        wanted: String,
        /// Platform of this machine.
        here: String,
    },
    /// Reading or writing the data folder failed.
    #[error("failed to {action} {}: {source}", .path.display())]
    Io {
        /// A verb: `read`, `write`, `rename`.
        action: &'static str,
        /// The path.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The caller no longer wants it.
    #[error("failed to prepare the environment: it was cancelled")]
    Cancelled,
}

fn list_or_none(items: &[String]) -> String {
    if items.is_empty() {
        "none".into()
    } else {
        items.join(", ")
    }
}

impl EnvError {
    /// What to do next, in one sentence.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Invalid { .. } => "correct it and submit again".into(),
            Self::TooLarge { .. } => "list the packages alone; data belongs in a data asset".into(),
            Self::PythonMissing { .. } => {
                "install that Python (apt, pyenv or `uv python install`), ask for one that is there, or use \
                 the environment policy `relaxed` (`--environment-policy relaxed`)"
                    .into()
            }
            Self::EngineMissing { .. } => {
                "use the environment policy `relaxed` (`--environment-policy relaxed`), or give `conda_file` with the packages".into()
            }
            Self::ChannelsUnreachable { .. } => {
                "check the network or name a channel that can be reached, or use the environment policy \
                 `relaxed` to take the packages from the package index"
                    .into()
            }
            Self::NoEquivalent { .. } => "remove it from `dependencies`, or name a channel that can be reached".into(),
            Self::Unsatisfiable { .. } => {
                "loosen one of the named requirements, or ask for a Python that they all support".into()
            }
            Self::HashMismatch { .. } => {
                "find out who changed the file; if the change is right, resolve the environment again".into()
            }
            Self::IndexUnreachable { .. } => {
                "check the network, `index-url` in pip's configuration, or give `--find-links` with the wheels".into()
            }
            Self::BuildFailed { .. } => "read the build log; the package's own message is in it".into(),
            Self::UvMissing { .. } => "install uv (`python3 -m pip install uv`) so that it is on PATH".into(),
            Self::OtherPlatform { .. } => "run it on a compute of that platform, or resolve it again here".into(),
            Self::Io { .. } => "check that the data folder exists, is writable and has room".into(),
            Self::Cancelled => "submit again when it is wanted".into(),
        }
    }

    /// The build log, where the failure has one.
    #[must_use]
    pub fn log(&self) -> Option<&str> {
        match self {
            Self::Unsatisfiable { log, .. } | Self::BuildFailed { log, .. } => Some(log),
            _ => None,
        }
    }

    pub(crate) fn invalid(what: impl Into<String>, message: impl std::fmt::Display) -> Self {
        Self::Invalid {
            what: what.into(),
            message: message.to_string(),
        }
    }

    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { action, path, source }
    }
}
