//! Why a server cannot start.

use std::net::SocketAddr;

/// Why a server cannot start. The program ends with code 3.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is taken, or not of this machine.
    #[error("failed to listen at {address}: {source}; choose another address with {option}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The option that sets it.
        option: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// A worker process could not be started at all.
    #[error("failed to start {program}: {source}; name a Python with --python")]
    Spawn {
        /// The interpreter.
        program: String,
        /// Why.
        source: std::io::Error,
    },
    /// The model said why.
    #[error("failed to make the model ready: {reason}")]
    Model {
        /// Why.
        reason: String,
    },
    /// A worker ended before it was ready.
    #[error("failed to make the model ready: its worker ended with {status} before init() was done")]
    Died {
        /// How it ended.
        status: String,
    },
    /// It takes too long.
    #[error(
        "failed to make the model ready: init() was not done after {seconds} s; allow more with --start-timeout-s"
    )]
    Slow {
        /// How long was waited.
        seconds: u64,
    },
    /// The server was told to stop meanwhile.
    #[error("stopped before the model was ready")]
    Stopped,
    /// The machine refuses something.
    #[error("failed to {action}: {source}")]
    Machine {
        /// As in `make a socket`.
        action: &'static str,
        /// Why.
        source: std::io::Error,
    },
}
