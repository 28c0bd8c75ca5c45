//! `server.json`: where the server of a data folder listens, for clients on the same machine.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// What is known of a running server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its process.
    pub pid: u32,
    /// Its version.
    pub version: String,
}

/// The written file; it goes with this value.
#[derive(Debug)]
pub struct Written(PathBuf);

/// Writes it, whole or not at all.
///
/// # Errors
/// When the data folder cannot be written.
pub fn write(data_dir: &Path, address: SocketAddr) -> Result<Written> {
    let pid = std::process::id();
    let state = State {
        address,
        pid,
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let text = serde_json::to_string_pretty(&state).expect("texts and numbers always become JSON");
    let path = path(data_dir);
    let fresh = path.with_extension("json.new");
    std::fs::write(&fresh, text + "\n")
        .and_then(|()| std::fs::rename(&fresh, &path))
        .map_err(|error| Error::file("write", &path, error))?;
    Ok(Written(path))
}

/// Reads it; `None` where there is none, or none that can be read.
pub fn read(data_dir: &Path) -> Option<State> {
    let text = std::fs::read_to_string(path(data_dir)).ok()?;
    serde_json::from_str(&text).ok()
}

fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("server.json")
}

impl Drop for Written {
    fn drop(&mut self) {
        // Left behind, it only names a server that does not answer.
        let _ = std::fs::remove_file(&self.0);
    }
}
