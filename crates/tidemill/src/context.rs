//! Contexts: which server, workspace and group are meant when a command does not say.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::folders;

/// What a context says; what it leaves out is as without a context.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Context {
    /// Address of the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// Workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    /// Group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// File that holds a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_file: Option<PathBuf>,
}

/// All contexts of a user.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contexts {
    /// The one in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<String>,
    /// By name.
    #[serde(default)]
    pub contexts: BTreeMap<String, Context>,
}

impl Contexts {
    /// The file that holds them.
    ///
    /// # Errors
    /// When there is no home folder.
    pub fn path() -> Result<PathBuf> {
        Ok(folders::config_dir()?.join("contexts.yml"))
    }

    /// Reads them; none when there is no file yet.
    ///
    /// # Errors
    /// When the file is there and cannot be read.
    pub fn read(path: &Path) -> Result<Self> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(Error::file("read", path, error)),
        };
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        serde_yaml_ng::from_str(&text).map_err(|error| {
            Error::usage(format!(
                "failed to read the contexts in {}: {error}",
                path.display()
            ))
            .with_hint("correct the file, or delete it and use `tidemill context set`")
        })
    }

    /// Writes them, whole or not at all.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let text = serde_yaml_ng::to_string(self)
            .map_err(|error| Error::failed(format!("failed to write the contexts: {error}")))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(|error| Error::file("make the folder", folder, error))?;
        let fresh = path.with_extension(format!("yml.{}", std::process::id()));
        let written = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&fresh)
            .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
            .and_then(|()| fs::rename(&fresh, path));
        written.map_err(|error| Error::file("write", path, error))
    }

    /// The context in use; `name` is one that was asked for by name.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn chosen(&self, name: Option<&str>) -> Result<Context> {
        let Some(name) = name.or(self.current.as_deref()) else {
            return Ok(Context::default());
        };
        self.contexts.get(name).cloned().ok_or_else(|| self.unknown(name))
    }

    /// There is no context of this name.
    pub fn unknown(&self, name: &str) -> Error {
        let names: Vec<&str> = self.contexts.keys().map(String::as_str).collect();
        let hint = match names.as_slice() {
            [] => format!("make it with `tidemill context set {name} --server http://127.0.0.1:5757`"),
            names => format!("there are: {}", names.join(", ")),
        };
        Error::usage(format!("failed to find the context `{name}`")).with_hint(hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a/contexts.yml");
        assert_eq!(Contexts::read(&path).expect("none yet"), Contexts::default());
        let context = Context {
            workspace: Some("team".into()),
            ..Context::default()
        };
        let all = Contexts {
            current: Some("x".into()),
            contexts: [("x".to_owned(), context.clone())].into(),
        };
        all.write(&path).expect("writes");
        let read = Contexts::read(&path).expect("reads");
        assert_eq!(read, all);
        assert_eq!(read.chosen(None).expect("the current one"), context);
        assert!(read.chosen(Some("y")).is_err());
    }

    #[test]
    fn an_unknown_field_is_an_error() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("contexts.yml");
        fs::write(&path, "contexts: {a: {sever: x}}").expect("writes");
        let error = Contexts::read(&path).expect_err("refused").to_string();
        assert!(error.contains("sever"), "{error}");
    }
}
