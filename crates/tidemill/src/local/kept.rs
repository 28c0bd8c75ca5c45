//! What is kept of an endpoint of this machine: a file, written whole or not at all.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tidemill_process::Identity;

use crate::error::{Error, Result};

/// An endpoint of this machine.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Endpoint {
    pub(super) name: String,
    pub(super) spec: Value,
    pub(super) deployments: BTreeMap<String, Deployment>,
}

/// A deployment of this machine.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Deployment {
    pub(super) spec: Value,
    pub(super) port: u16,
    pub(super) process: Identity,
    pub(super) log: PathBuf,
}

impl Endpoint {
    fn file(name: &str) -> Result<PathBuf> {
        Ok(super::folder()?.join(format!("{name}.json")))
    }

    /// The endpoint of this name, if there is one.
    pub(super) fn find(name: &str) -> Result<Option<Self>> {
        let file = Self::file(name)?;
        match std::fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|error| Error::failed(format!("failed to read {}: {error}", file.display()))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::file("read", &file, error)),
        }
    }

    /// The endpoint of this name.
    pub(super) fn get(name: &str) -> Result<Self> {
        Self::find(name)?.ok_or_else(|| {
            Error::failed(format!("failed to find endpoint `{name}` on this machine")).with_hint(format!(
                "make it with `tidemill online-endpoint create --local --name {name}`"
            ))
        })
    }

    /// All of them, by name.
    pub(super) fn all() -> Result<Vec<Self>> {
        let folder = super::folder()?;
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(Error::file("read", &folder, error)),
        };
        let mut names: Vec<String> = entries
            .flatten()
            .filter_map(|entry| {
                entry
                    .file_name()
                    .to_str()?
                    .strip_suffix(".json")
                    .map(str::to_owned)
            })
            .collect();
        names.sort();
        names.iter().map(|name| Self::get(name)).collect()
    }

    pub(super) fn keep(&self) -> Result<()> {
        let file = Self::file(&self.name)?;
        let fresh = file.with_extension("new");
        let text = serde_json::to_vec_pretty(self).unwrap_or_default();
        let folder = super::folder()?;
        std::fs::create_dir_all(&folder).map_err(|error| Error::file("make", &folder, error))?;
        std::fs::write(&fresh, text)
            .and_then(|()| std::fs::rename(&fresh, &file))
            .map_err(|error| Error::file("write", &file, error))
    }

    pub(super) fn forget(name: &str) -> Result<()> {
        let file = Self::file(name)?;
        std::fs::remove_file(&file).map_err(|error| Error::file("remove", &file, error))
    }
}

/// The last lines of a text.
pub(super) fn last_lines(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().collect();
    let mut kept = all[all.len().saturating_sub(lines)..].join("\n");
    if !kept.is_empty() {
        kept.push('\n');
    }
    kept
}
