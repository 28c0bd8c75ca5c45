//! What can go wrong on the command line, and the exit code that says so.

use std::path::{Path, PathBuf};

use tidemill_api::problem::Problem;
use tidemill_objects::ObjectsError;
use tidemill_spec::error::SpecErrors;

/// The exit code of everything that worked, and of a streamed job that completed.
pub const OK: u8 = 0;
/// The exit code of what failed, and of a streamed job that failed.
pub const FAILED: u8 = 1;
/// The exit code of a command line, or a file that it names, that cannot be understood: nothing was sent.
pub const USAGE: u8 = 2;
/// The exit code of a streamed job that was cancelled.
pub const CANCELLED: u8 = 3;
/// The exit code after Ctrl-C.
pub const INTERRUPTED: u8 = 130;

/// An error of a command.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command line asks for something that makes no sense.
    #[error("{message}")]
    Usage {
        /// What is wrong.
        message: String,
        /// What to do next.
        hint: Option<String>,
    },
    /// Something outside of the command line failed.
    #[error("{message}")]
    Failed {
        /// What is wrong.
        message: String,
        /// What to do next.
        hint: Option<String>,
    },
    /// A file says something that cannot be read as a specification.
    #[error("{0}")]
    Spec(SpecErrors),
    /// The server refused.
    #[error("{}", .0.detail)]
    Problem(Box<Problem>),
    /// A file of this machine.
    #[error("failed to {action} {}: {source}", .path.display())]
    File {
        /// As in `read`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Bytes that were to be sent or fetched.
    #[error("{0}")]
    Objects(#[from] ObjectsError),
    /// A table that cannot be read.
    #[error("{0}")]
    Table(#[from] tidemill_table::Error),
    /// A query without an answer.
    #[error("{0}")]
    Query(#[from] tidemill_table::sql::Failure),
    /// A profile that cannot be made.
    #[error("{0}")]
    Profile(#[from] tidemill_profile::Error),
    /// A streamed job that did not complete; what there was to say has been said.
    #[error("the job did not complete")]
    Ended(u8),
}

/// A result of a command.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// The command line is wrong.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::Usage {
            message: message.into(),
            hint: None,
        }
    }

    /// Something failed.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::Failed {
            message: message.into(),
            hint: None,
        }
    }

    /// A file could not be used.
    pub fn file(action: &'static str, path: &Path, source: std::io::Error) -> Self {
        Self::File {
            action,
            path: path.to_path_buf(),
            source,
        }
    }

    /// Says what to do next.
    #[must_use]
    pub fn with_hint(mut self, text: impl Into<String>) -> Self {
        if let Self::Usage { hint, .. } | Self::Failed { hint, .. } = &mut self {
            *hint = Some(text.into());
        }
        self
    }

    /// What to do next, where it is known.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Usage { hint, .. } | Self::Failed { hint, .. } => hint.as_deref(),
            Self::Problem(problem) => problem.hint.as_deref(),
            Self::Table(error) => error.hint.as_deref(),
            Self::Query(failure) => failure.hint.as_deref(),
            _ => None,
        }
    }

    /// True where the server says that there is no such thing.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Problem(problem) if problem.status == 404)
    }

    /// The exit code.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage { .. } | Self::Spec(_) => USAGE,
            Self::Ended(code) => *code,
            _ => FAILED,
        }
    }
}

impl From<SpecErrors> for Error {
    fn from(mut errors: SpecErrors) -> Self {
        // As it was typed: what lies below the working directory is told from there.
        if let Ok(here) = std::env::current_dir() {
            for error in &mut errors.0 {
                if let Ok(near) = error.file.strip_prefix(&here) {
                    error.file = near.to_path_buf();
                }
            }
        }
        Self::Spec(errors)
    }
}
