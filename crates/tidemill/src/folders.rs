//! Where things lie on this machine: the data folder of a server, the folder of contexts.

use std::path::PathBuf;

use crate::error::{Error, Result};

/// The data folder that is used when none is given: `TIDEMILL_DATA_DIR`, else `tidemill` in the XDG data home.
///
/// # Errors
/// When there is no home folder.
pub fn data_dir() -> Result<PathBuf> {
    match std::env::var_os("TIDEMILL_DATA_DIR").filter(|value| !value.is_empty()) {
        Some(folder) => Ok(folder.into()),
        None => Ok(xdg("XDG_DATA_HOME", ".local/share")?.join("tidemill")),
    }
}

/// The folder of contexts: `tidemill` in the XDG config home.
///
/// # Errors
/// When there is no home folder.
pub fn config_dir() -> Result<PathBuf> {
    Ok(xdg("XDG_CONFIG_HOME", ".config")?.join("tidemill"))
}

/// The folder of what can be found out again: `TIDEMILL_CACHE_DIR`, else `tidemill` in the XDG cache home.
///
/// # Errors
/// When there is no home folder.
pub fn cache_dir() -> Result<PathBuf> {
    match std::env::var_os("TIDEMILL_CACHE_DIR").filter(|value| !value.is_empty()) {
        Some(folder) => Ok(folder.into()),
        None => Ok(xdg("XDG_CACHE_HOME", ".cache")?.join("tidemill")),
    }
}

/// The folder of what is going on: `tidemill` in the XDG state home.
///
/// # Errors
/// When there is no home folder.
pub fn state_dir() -> Result<PathBuf> {
    Ok(xdg("XDG_STATE_HOME", ".local/state")?.join("tidemill"))
}

/// As the XDG base directory specification has it: a relative value counts as none.
fn xdg(variable: &str, below_home: &str) -> Result<PathBuf> {
    let given = std::env::var_os(variable)
        .map(PathBuf::from)
        .filter(|path| path.is_absolute());
    if let Some(path) = given {
        return Ok(path);
    }
    match std::env::var_os("HOME").filter(|home| !home.is_empty()) {
        Some(home) => Ok(PathBuf::from(home).join(below_home)),
        None => Err(Error::failed(format!(
            "failed to find a home folder: neither HOME nor {variable} is set"
        ))
        .with_hint(format!("set {variable}"))),
    }
}
