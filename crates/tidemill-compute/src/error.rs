//! What can go wrong between the server and a compute.

use std::path::PathBuf;

/// A driver failed.
#[derive(Debug, thiserror::Error)]
pub enum ComputeError {
    /// The program could not be started.
    #[error("failed to start {program}: {source}; check that the file exists and may be executed")]
    Start {
        /// The program.
        program: PathBuf,
        /// What the machine said.
        source: std::io::Error,
    },
    /// The folder of the job could not be made or written.
    #[error("failed to prepare the folder {path}: {source}; check its owner and the free space")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the machine said.
        source: std::io::Error,
    },
    /// A handle that this driver did not write.
    #[error("failed to read the handle of {attempt}: {reason}; it was not written by the {kind} driver")]
    Handle {
        /// The attempt that it is of.
        attempt: String,
        /// Kind of the driver that was asked.
        kind: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The process could not be watched or signalled.
    #[error("failed to reach the runner of {attempt}: {source}")]
    Reach {
        /// The attempt.
        attempt: String,
        /// What the machine said.
        source: std::io::Error,
    },
}
