//! The data folder: what lies where in it.

use std::io;
use std::path::{Path, PathBuf};

/// The file that lies in a data folder while a backup is restored into it.
pub const RESTORING: &str = "restoring";

/// Everything that a server keeps, under one folder.
#[derive(Debug, Clone)]
pub struct DataDir {
    root: PathBuf,
}

impl DataDir {
    /// Opens the folder, and makes what is missing of it.
    ///
    /// # Errors
    /// When it cannot be made or written.
    pub fn open(root: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(root)?;
        if root.join(RESTORING).exists() {
            return Err(io::Error::other(
                "a restore into it broke off; remove the folder and restore again",
            ));
        }
        let root = root.canonicalize()?;
        let dir = Self { root };
        for part in [
            dir.trees(),
            dir.workspaces(),
            dir.envs(),
            dir.cache(),
            dir.work(),
            dir.keys(),
        ] {
            std::fs::create_dir_all(part)?;
        }
        rustix::fs::chmod(dir.keys(), rustix::fs::Mode::from_raw_mode(0o700))?;
        Ok(dir)
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }
    /// The SQLite file.
    pub fn database(&self) -> PathBuf {
        self.root.join("tidemill.db")
    }
    /// Content-addressed bytes.
    pub fn trees(&self) -> PathBuf {
        self.root.join("objects/sha")
    }
    /// What has a name: one folder a workspace.
    pub fn workspaces(&self) -> PathBuf {
        self.root.join("objects/workspaces")
    }
    /// The artifacts of a workspace's runs.
    pub fn artifacts(&self, workspace: &str) -> PathBuf {
        self.workspaces().join(workspace).join("artifacts")
    }
    /// The workspace's own blob store.
    pub fn blobstore(&self, workspace: &str) -> PathBuf {
        self.workspaces().join(workspace).join("blobstore")
    }
    /// Built environments.
    pub fn envs(&self) -> PathBuf {
        self.root.join("envs")
    }
    /// What may be deleted.
    pub fn cache(&self) -> PathBuf {
        self.root.join("cache")
    }
    /// Running jobs.
    pub fn work(&self) -> PathBuf {
        self.root.join("work")
    }
    /// Tokens and keys.
    pub fn keys(&self) -> PathBuf {
        self.root.join("keys")
    }
    /// The key that seals secrets and signs links.
    pub fn seal_key(&self) -> PathBuf {
        self.keys().join("seal.key")
    }
    /// The owner's token.
    pub fn owner_token(&self) -> PathBuf {
        self.keys().join("owner.token")
    }
}
