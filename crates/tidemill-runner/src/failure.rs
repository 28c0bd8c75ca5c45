//! Why a job cannot go on, as the sentence that people will read on it.

use std::fmt;

/// A reason, ready to be shown: it names the thing and the next step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    reason: String,
}

impl Failure {
    pub(crate) fn new(reason: String) -> Self {
        Self { reason }
    }

    /// A failure of the machine below; a full disk is said in so many words.
    pub(crate) fn io(action: &str, error: impl Into<std::io::Error>) -> Self {
        let error = error.into();
        Self::new(match is_full(&error) {
            true => {
                format!("no space left on the device: failed to {action}; free space there and try again")
            }
            false => format!("failed to {action}: {error}"),
        })
    }
}

/// True when the disk or a quota is full.
pub(crate) fn is_full(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded
    )
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Failure {}
