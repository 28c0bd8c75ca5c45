//! What an environment tells while it is being prepared.

use serde::{Deserialize, Serialize};

/// One step forward, for a progress bar or a log line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum EnvEvent {
    /// The solver works on this many requirements.
    Resolving {
        /// Requirements asked for, not those that follow from them.
        requirements: usize,
    },
    /// Another process builds the same environment; this one waits for it.
    Waiting {
        /// Seconds waited so far.
        waited_s: u64,
    },
    /// A package is being downloaded.
    Downloading {
        /// Its name.
        name: String,
        /// Its size as the installer writes it (`16.0MiB`).
        size: Option<String>,
    },
    /// Packages laid into the prefix.
    Installing {
        /// Packages in place.
        done: usize,
        /// Packages of the lock.
        total: usize,
    },
    /// A line of the build log.
    Line {
        /// Without the newline.
        text: String,
    },
}

/// Where events go. Called from the thread that called `prepare`.
pub type Progress<'a> = &'a dyn Fn(EnvEvent);

/// A line of the build log as an event.
pub(crate) fn line(text: impl Into<String>) -> EnvEvent {
    EnvEvent::Line { text: text.into() }
}
