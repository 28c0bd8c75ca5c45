//! A place for bytes with names: a local folder, a container or bucket of a cloud, or a web server.

mod config;
mod connect;
mod http;
mod local;
mod remote;
mod transfer;

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt, stream};
use object_store::ObjectStore;

use crate::error::{ObjectsError, Result};
use crate::manifest::Hint;
use crate::safe_path::SafePath;

pub use config::{AzureCredentials, DatastoreConfig};
pub(crate) use local::LocalFolder;
pub use local::sweep_partials;
pub(crate) use local::{is_partial, new_partial, new_partial_folder, settle};
pub(crate) use remote::RemoteStore;
pub(crate) use transfer::open_file;

/// A stream of bytes in pieces of any size.
pub type ByteStream = BoxStream<'static, Result<Bytes>>;

/// What is known of a stored file without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileMeta {
    /// Relative to the datastore's root.
    pub path: SafePath,
    /// Its size.
    pub size_bytes: u64,
    /// How to tell that it changed.
    pub hint: Hint,
    /// The last change, in milliseconds since 1970, where the store tells it.
    pub modified_ms: Option<i64>,
}

/// What one folder holds, each part sorted by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DirListing {
    /// The folders in it.
    pub folders: Vec<SafePath>,
    /// The files in it.
    pub files: Vec<FileMeta>,
}

/// A datastore that is open. Cheap to clone.
#[derive(Clone)]
pub struct Datastore {
    backend: Backend,
    read_only: bool,
}

#[derive(Clone)]
enum Backend {
    Local(Arc<LocalFolder>),
    Remote(Arc<RemoteStore>),
    Http(Arc<http::HttpFolder>),
}

impl Datastore {
    /// Opens a datastore. A missing local folder is created unless it is read-only; of a remote one only the
    /// configuration is checked: its first use tells whether it answers.
    pub fn open(config: &DatastoreConfig) -> Result<Self> {
        Ok(match config {
            DatastoreConfig::LocalFolder {
                path,
                read_only,
                no_links,
            } => {
                let folder = LocalFolder::open(path, !read_only, !no_links)?;
                Self {
                    backend: Backend::Local(Arc::new(folder)),
                    read_only: *read_only,
                }
            }
            DatastoreConfig::Http { url } => Self {
                backend: Backend::Http(Arc::new(http::HttpFolder::open(url)?)),
                read_only: true,
            },
            _ => Self {
                backend: Backend::Remote(Arc::new(connect::connect(config)?)),
                read_only: false,
            },
        })
    }

    /// Whether links in a folder of this machine are followed, as long as they stay inside.
    pub fn follows_links(&self) -> bool {
        match &self.backend {
            Backend::Local(folder) => folder.follows_links(),
            Backend::Remote(_) | Backend::Http(_) => false,
        }
    }

    /// Opens a folder of this machine, which is created if it isn't there.
    pub fn open_folder(path: impl Into<PathBuf>) -> Result<Self> {
        Self::open(&DatastoreConfig::local_folder(path))
    }

    /// Uses an object store that is open already, under `prefix`.
    pub fn over(store: Arc<dyn ObjectStore>, prefix: &SafePath) -> Self {
        let remote = RemoteStore::new(store, prefix.clone(), crate::secret::Scrubber::default());
        Self {
            backend: Backend::Remote(Arc::new(remote)),
            read_only: false,
        }
    }

    /// The store below, for libraries that read it on their own; its paths start at [`Datastore::prefix`].
    pub fn object_store(&self) -> Result<Arc<dyn ObjectStore>> {
        match &self.backend {
            Backend::Local(folder) => folder.object_store(),
            Backend::Remote(remote) => Ok(remote.store.clone()),
            Backend::Http(folder) => folder.object_store(),
        }
    }

    /// The path of the datastore's root in [`Datastore::object_store`].
    pub fn prefix(&self) -> SafePath {
        match &self.backend {
            Backend::Remote(remote) => remote.prefix.clone(),
            Backend::Local(_) | Backend::Http(_) => SafePath::root(),
        }
    }

    /// The folder on this machine, if it is one.
    pub fn local_root(&self) -> Option<&Path> {
        match &self.backend {
            Backend::Local(folder) => Some(folder.root()),
            Backend::Remote(_) | Backend::Http(_) => None,
        }
    }

    /// A text for the place of a file: the same for the same place, whatever datastore leads there.
    pub fn place(&self, path: &SafePath) -> String {
        match &self.backend {
            Backend::Local(folder) => path.under(folder.root()).display().to_string(),
            Backend::Remote(remote) => format!("{}/{path}", remote.label()),
            Backend::Http(_) => path.to_string(),
        }
    }

    /// Whether it can't be written.
    pub fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// Whether its folders can be listed: not those of a plain web server.
    pub fn can_list(&self) -> bool {
        !matches!(self.backend, Backend::Http(_))
    }

    pub(crate) fn as_local(&self) -> Option<&Arc<LocalFolder>> {
        match &self.backend {
            Backend::Local(folder) => Some(folder),
            Backend::Remote(_) | Backend::Http(_) => None,
        }
    }

    /// Size and change mark of one file; a folder or nothing is `NotFound`.
    pub async fn head(&self, path: &SafePath) -> Result<FileMeta> {
        match &self.backend {
            Backend::Local(folder) => {
                let (folder, path) = (folder.clone(), path.clone());
                blocking("read", move || folder.head(&path)).await
            }
            Backend::Remote(remote) => remote.head(path).await,
            Backend::Http(folder) => folder.head(path).await,
        }
    }

    /// Whether there is a file of this name.
    pub async fn exists(&self, path: &SafePath) -> Result<bool> {
        match self.head(path).await {
            Ok(_) => Ok(true),
            Err(ObjectsError::NotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The bytes of a file, or of a range of it, as a stream.
    pub async fn get(&self, path: &SafePath, range: Option<Range<u64>>) -> Result<(FileMeta, ByteStream)> {
        match &self.backend {
            Backend::Local(folder) => {
                let (folder, path) = (folder.clone(), path.clone());
                blocking("read", move || folder.get(&path, range)).await
            }
            Backend::Remote(remote) => remote.get(path, range).await,
            Backend::Http(folder) => folder.get(path, range).await,
        }
    }

    /// The bytes of a file that fits in memory; over `limit_bytes` it is an error.
    pub async fn get_all(&self, path: &SafePath, limit_bytes: u64) -> Result<Bytes> {
        let (meta, bytes) = self.get(path, None).await?;
        crate::stream::collect(path.as_str(), bytes, meta.size_bytes, limit_bytes).await
    }

    /// The bytes `range` of a file.
    pub async fn get_range(&self, path: &SafePath, range: Range<u64>) -> Result<Bytes> {
        let expected = range.end.saturating_sub(range.start);
        let (_, bytes) = self.get(path, Some(range)).await?;
        let bytes = crate::stream::collect(path.as_str(), bytes, expected, expected).await?;
        if bytes.len() as u64 != expected {
            return Err(ObjectsError::corrupt(
                path.as_str(),
                "it is shorter than expected",
            ));
        }
        Ok(bytes)
    }

    /// Writes a file whole, or not at all; what was there is replaced.
    pub async fn put(&self, path: &SafePath, bytes: Bytes) -> Result<FileMeta> {
        self.put_stream(path, stream::once(async { Ok(bytes) }).boxed())
            .await
    }

    /// Writes a file from a stream, whole or not at all; what was there is replaced. An error of the stream, or
    /// dropping the future, leaves what was there.
    pub async fn put_stream(&self, path: &SafePath, bytes: ByteStream) -> Result<FileMeta> {
        self.check_writable(path)?;
        match &self.backend {
            Backend::Local(folder) => folder.clone().put_stream(path, bytes, true).await,
            Backend::Remote(remote) => remote.put_stream(path, bytes).await,
            Backend::Http(_) => Err(self.refuse_write(path)),
        }
    }

    /// Like [`Datastore::put_stream`], but a power cut may undo it until [`Datastore::sync`]; for many files at once.
    pub(crate) async fn put_unsynced(&self, path: &SafePath, bytes: ByteStream) -> Result<FileMeta> {
        match &self.backend {
            Backend::Local(folder) if !self.read_only => folder.clone().put_stream(path, bytes, false).await,
            _ => self.put_stream(path, bytes).await,
        }
    }

    /// Makes all that was written survive a power cut.
    pub(crate) async fn sync(&self) -> Result<()> {
        match &self.backend {
            Backend::Local(folder) => {
                let folder = folder.clone();
                blocking("sync", move || folder.sync()).await
            }
            Backend::Remote(_) | Backend::Http(_) => Ok(()),
        }
    }

    /// All files under a folder, sorted by path; nothing there is an empty list. Symbolic links that leave a local
    /// folder, and names that are not UTF-8, are errors that name them.
    pub async fn list(&self, folder: &SafePath) -> Result<Vec<FileMeta>> {
        match &self.backend {
            Backend::Local(local) => {
                let (local, folder) = (local.clone(), folder.clone());
                blocking("list", move || local.list(&folder)).await
            }
            Backend::Remote(remote) => remote.list(folder).await,
            Backend::Http(http) => Err(http.refuse_list()),
        }
    }

    /// What one folder holds, without what is deeper.
    pub async fn list_dir(&self, folder: &SafePath) -> Result<DirListing> {
        match &self.backend {
            Backend::Local(local) => {
                let (local, folder) = (local.clone(), folder.clone());
                blocking("list", move || local.list_dir(&folder)).await
            }
            Backend::Remote(remote) => remote.list_dir(folder).await,
            Backend::Http(http) => Err(http.refuse_list()),
        }
    }

    /// Removes one file; that it isn't there is `NotFound`.
    pub async fn delete(&self, path: &SafePath) -> Result<()> {
        self.check_writable(path)?;
        match &self.backend {
            Backend::Local(folder) => {
                let (folder, path) = (folder.clone(), path.clone());
                blocking("delete", move || folder.delete(&path)).await
            }
            Backend::Remote(remote) => remote.delete(path).await,
            Backend::Http(_) => Err(self.refuse_write(path)),
        }
    }

    /// Removes a file, or a folder with all in it; gives how many files are gone.
    pub async fn delete_all(&self, path: &SafePath) -> Result<u64> {
        self.check_writable(path)?;
        if let Backend::Local(folder) = &self.backend {
            let (folder, path) = (folder.clone(), path.clone());
            return blocking("delete", move || folder.delete_all(&path)).await;
        }
        let mut gone = 0;
        match self.delete_known(path).await {
            Ok(found) => gone += u64::from(found),
            Err(error) => return Err(error),
        }
        let files = self.list(path).await?;
        let deleted = stream::iter(files)
            .map(|file| async move { self.delete(&file.path).await })
            .buffer_unordered(16)
            .try_fold(0u64, |count, ()| async move { Ok(count + 1) })
            .await?;
        gone += deleted;
        Ok(gone)
    }

    async fn delete_known(&self, path: &SafePath) -> Result<bool> {
        if path.is_root() || !self.exists(path).await? {
            return Ok(false);
        }
        self.delete(path).await?;
        Ok(true)
    }

    fn check_writable(&self, path: &SafePath) -> Result<()> {
        if self.read_only {
            Err(self.refuse_write(path))
        } else {
            Ok(())
        }
    }

    fn refuse_write(&self, path: &SafePath) -> ObjectsError {
        ObjectsError::ReadOnly {
            what: path.to_string(),
            place: self.to_string(),
        }
    }
}

impl fmt::Display for Datastore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.backend {
            Backend::Local(folder) => write!(f, "{}", folder.root().display()),
            Backend::Remote(remote) => write!(f, "{}", remote.label()),
            Backend::Http(folder) => write!(f, "{}", folder.label()),
        }
    }
}

impl fmt::Debug for Datastore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Datastore({self})")
    }
}

/// Runs work that blocks on a thread that may block.
pub(crate) async fn blocking<T: Send + 'static>(
    action: &'static str,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(ObjectsError::Stopped { action }),
        },
    }
}
