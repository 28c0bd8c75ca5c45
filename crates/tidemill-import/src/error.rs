//! What can go wrong with a source as a whole; what goes wrong with a part of it is left out and named.

use std::path::Path;

/// Why a source cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    message: String,
    hint: Option<String>,
}

/// A result of reading.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
        }
    }

    pub(crate) fn file(action: &str, path: &Path, why: impl std::fmt::Display) -> Self {
        Self::new(format!("failed to {action} {}: {why}", path.display()))
    }

    /// Says what to do next.
    #[must_use]
    pub fn hint(mut self, text: impl Into<String>) -> Self {
        self.hint = Some(text.into());
        self
    }

    /// What to do next, where it is known.
    pub fn what_to_do(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}
