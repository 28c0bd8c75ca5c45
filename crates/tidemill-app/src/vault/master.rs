//! The master key: in a file of the data folder, in a variable, or with a key service that never gives it away.

use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;

use super::Key;
use crate::token::write_private;
use crate::{Clock, Error, Kind, Result};

/// Wraps data keys with a master key. A service of a cloud or a machine of its own is one; so is a key in a file.
#[async_trait]
pub trait KeyService: Debug + Send + Sync {
    /// Which key wraps now; another one after it was rotated.
    fn id(&self) -> String;
    /// Wraps a data key for a group.
    ///
    /// # Errors
    /// Why it could not, without the key.
    async fn wrap(&self, key: &[u8; 32], group: &str) -> Result<String, String>;
    /// Unwraps what it wrapped for a group.
    ///
    /// # Errors
    /// Why it could not, without the key.
    async fn unwrap(&self, wrapped: &str, group: &str) -> Result<[u8; 32], String>;
}

/// Where the master key is.
#[derive(Debug, Clone, Default)]
pub enum MasterKey {
    /// `keys/master.key` of the data folder, made at the first start.
    #[default]
    File,
    /// Given when the server starts. With another one before it, what that one wraps is wrapped anew.
    Given {
        /// The key.
        key: Key,
        /// The key before it.
        before: Option<Key>,
    },
    /// With a service.
    Service(Arc<dyn KeyService>),
}

/// A master key that this process knows.
#[derive(Debug)]
pub(super) struct Known {
    key: Key,
    clock: Arc<dyn Clock>,
}

impl Known {
    pub(super) fn service(key: Key, clock: &Arc<dyn Clock>) -> Arc<dyn KeyService> {
        Arc::new(Self {
            key,
            clock: clock.clone(),
        })
    }
}

#[async_trait]
impl KeyService for Known {
    fn id(&self) -> String {
        self.key.id()
    }

    async fn wrap(&self, key: &[u8; 32], group: &str) -> Result<String, String> {
        Ok(self.key.seal(key, &place(group), self.clock.secret()))
    }

    async fn unwrap(&self, wrapped: &str, group: &str) -> Result<[u8; 32], String> {
        let bytes = self.key.open(wrapped, &place(group));
        bytes
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or_else(|| "it was wrapped with another key, or is damaged".to_owned())
    }
}

fn place(group: &str) -> String {
    format!("data key/{group}")
}

/// The file of the master key, and the one in which its successor waits while data keys are wrapped anew.
#[derive(Debug, Clone)]
pub(super) struct KeyFile {
    path: PathBuf,
    next: PathBuf,
}

impl KeyFile {
    pub(super) fn new(keys: &Path) -> Self {
        Self {
            path: keys.join("master.key"),
            next: keys.join("master.key.next"),
        }
    }

    /// The key with which `wanted` opens; the first start makes one. A rotation that broke off is brought to its end.
    ///
    /// # Errors
    /// When there is none, or only another one; nothing is written then.
    pub(super) fn open(&self, wanted: Option<&str>, fresh: Key) -> Result<Key> {
        let (now, next) = (read(&self.path)?, read(&self.next)?);
        let Some(wanted) = wanted else {
            return match now {
                Some(key) => Ok(key),
                None => self.write(&self.path, fresh),
            };
        };
        match (now, next) {
            (Some(key), _) if key.id() == wanted => {
                if let Err(error) = std::fs::remove_file(&self.next)
                    && error.kind() != std::io::ErrorKind::NotFound
                {
                    tracing::warn!(%error, file = %self.next.display(), "failed to remove a key that never came into use");
                }
                Ok(key)
            }
            (_, Some(key)) if key.id() == wanted => {
                self.take_next()?;
                Ok(key)
            }
            (now, _) => Err(wrong(wanted, now.as_ref(), &self.path.display().to_string())),
        }
    }

    /// Writes the successor beside the key; it is not in use yet.
    pub(super) fn write_next(&self, key: Key) -> Result<Key> {
        if let Err(error) = std::fs::remove_file(&self.next)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            return Err(Error::internal(error));
        }
        self.write(&self.next, key)
    }

    /// Puts the successor in the place of the key.
    pub(super) fn take_next(&self) -> Result<()> {
        std::fs::rename(&self.next, &self.path).map_err(Error::internal)?;
        sync_folder(&self.path).map_err(Error::internal)
    }

    fn write(&self, path: &Path, key: Key) -> Result<Key> {
        write_private(path, &key.hex())
            .and_then(|()| sync_folder(path))
            .map_err(|error| {
                let message = format!("failed to write the master key {}: {error}", path.display());
                Error::new(Kind::Unavailable, message).source(error)
            })?;
        Ok(key)
    }
}

/// A key that was named in the database must not be lost with the name of its file.
fn sync_folder(path: &Path) -> std::io::Result<()> {
    match path.parent() {
        Some(folder) => std::fs::File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

fn read(path: &Path) -> Result<Option<Key>> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            let message = format!("failed to read the master key {}: {error}", path.display());
            return Err(Error::new(Kind::Unavailable, message).source(error));
        }
    };
    Key::parse(&text).map(Some).ok_or_else(|| {
        let message = format!(
            "failed to open the vault: {} holds no key of 32 bytes",
            path.display()
        );
        Error::new(Kind::Unavailable, message).hint(HINT)
    })
}

const HINT: &str =
    "put the right key back, for example from a backup that was made with --with-keys; nothing was changed";

/// The master key is not the one that is needed.
pub(super) fn wrong(wanted: &str, found: Option<&Key>, place: &str) -> Error {
    let found = match found {
        Some(key) => format!("{place} holds key {}", key.id()),
        None => format!("{place} is missing"),
    };
    let message =
        format!("failed to open the vault: its secrets are sealed with master key {wanted}, and {found}");
    Error::new(Kind::Unavailable, message).hint(HINT)
}
