//! A datastore in a folder of this machine. It never follows a link out of its folder, and never shows half a file.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use futures::TryStreamExt;
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use tempfile::TempPath;

use super::{ByteStream, DirListing, FileMeta, blocking};
use crate::error::{ObjectsError, Result};
use crate::safe_path::SafePath;
use crate::walk::{Look, Walk, utf8_name};

/// How the names of files that are being written start; they are never listed.
const PARTIAL_PREFIX: &str = ".tidemill-partial-";

pub(crate) struct LocalFolder {
    root: PathBuf,
    links: bool,
}

impl LocalFolder {
    pub(crate) fn open(path: &Path, create: bool, links: bool) -> Result<Self> {
        if !path.is_absolute() {
            let reason = format!(
                "{} is not absolute; give the whole path of the folder",
                path.display()
            );
            return Err(ObjectsError::Config {
                field: "path",
                reason,
            });
        }
        if create {
            fs::create_dir_all(path).map_err(|error| ObjectsError::io("create", path, error))?;
        }
        let root = fs::canonicalize(path).map_err(|error| ObjectsError::io("open", path, error))?;
        if !root.is_dir() {
            let reason = format!("{} is not a folder", path.display());
            return Err(ObjectsError::Config {
                field: "path",
                reason,
            });
        }
        Ok(Self { root, links })
    }

    /// Whether links are followed that stay inside.
    pub(crate) fn follows_links(&self) -> bool {
        self.links
    }

    /// The folder, with all links resolved.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn object_store(&self) -> Result<Arc<dyn ObjectStore>> {
        match LocalFileSystem::new_with_prefix(&self.root) {
            Ok(store) => Ok(Arc::new(store)),
            Err(error) => Err(ObjectsError::Config {
                field: "path",
                reason: error.to_string(),
            }),
        }
    }

    /// The file or folder on this machine; links are followed as long as they stay inside.
    pub(crate) fn existing(&self, path: &SafePath) -> Result<PathBuf> {
        let full = path.under(&self.root);
        match fs::canonicalize(&full) {
            Ok(real) if !self.links && real != full => Err(ObjectsError::bad_path(
                path.as_str(),
                "a link stands on its way, and links are not followed where access is given by folder",
            )),
            Ok(real) if real.starts_with(&self.root) => Ok(full),
            Ok(real) => Err(ObjectsError::LinkLeaves {
                path: path.to_string(),
                target: real.display().to_string(),
            }),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                Err(self.not_found(path))
            }
            Err(error) => Err(ObjectsError::io("open", &full, error)),
        }
    }

    fn not_found(&self, path: &SafePath) -> ObjectsError {
        ObjectsError::NotFound {
            what: format!("{path} in {}", self.root.display()),
        }
    }

    fn file(&self, path: &SafePath) -> Result<(PathBuf, Metadata)> {
        let full = self.existing(path)?;
        let meta = fs::metadata(&full).map_err(|error| ObjectsError::io("read", &full, error))?;
        if meta.is_dir() {
            return Err(self.not_found(path));
        }
        if !meta.is_file() {
            return Err(ObjectsError::NotAFile {
                path: path.to_string(),
            });
        }
        Ok((full, meta))
    }

    pub(crate) fn head(&self, path: &SafePath) -> Result<FileMeta> {
        let (_, meta) = self.file(path)?;
        Ok(describe(path.clone(), &meta))
    }

    pub(crate) fn get(&self, path: &SafePath, range: Option<Range<u64>>) -> Result<(FileMeta, ByteStream)> {
        let (full, _) = self.file(path)?;
        let mut file = File::open(&full).map_err(|error| ObjectsError::io("open", &full, error))?;
        let meta = file
            .metadata()
            .map_err(|error| ObjectsError::io("read", &full, error))?;
        let range = range.unwrap_or(0..meta.len());
        let end = range.end.min(meta.len());
        let start = range.start.min(end);
        if start > 0 {
            file.seek(SeekFrom::Start(start))
                .map_err(|error| ObjectsError::io("read", &full, error))?;
        }
        // A file of one piece is read here and now: small files are many.
        let length = end - start;
        let bytes = if length <= crate::stream::CHUNK_BYTES as u64 {
            let mut buffer = Vec::with_capacity(length as usize);
            file.take(length)
                .read_to_end(&mut buffer)
                .map_err(|error| ObjectsError::io("read", &full, error))?;
            if (buffer.len() as u64) < length {
                return Err(ObjectsError::ChangedWhileRead {
                    path: path.to_string(),
                });
            }
            crate::stream::once(buffer.into())
        } else {
            crate::stream::from_file(file, full, length)
        };
        Ok((describe(path.clone(), &meta), bytes))
    }

    /// Creates the folders above `path`, without ever walking through a link that leaves.
    pub(crate) fn prepare(&self, path: &SafePath) -> Result<PathBuf> {
        if path.is_root() {
            return Err(ObjectsError::bad_path("", "a file needs a name"));
        }
        let full = path.under(&self.root);
        if full.is_dir() && !full.is_symlink() {
            return Err(ObjectsError::Exists {
                what: format!("{path} (a folder)"),
            });
        }
        let folder = path.parent().unwrap_or_default();
        let mut existing = folder.clone();
        while let Err(error) = self.existing(&existing) {
            match (existing.parent(), error) {
                (Some(parent), ObjectsError::NotFound { .. }) => existing = parent,
                (_, error) => return Err(error),
            }
        }
        let folder = folder.under(&self.root);
        fs::create_dir_all(&folder).map_err(|error| ObjectsError::io("create", &folder, error))?;
        Ok(full)
    }

    pub(crate) async fn put_stream(
        self: Arc<Self>,
        path: &SafePath,
        mut bytes: ByteStream,
        sync: bool,
    ) -> Result<FileMeta> {
        let this = self.clone();
        let target = path.clone();
        let (full, mut file, partial) = blocking("write", move || {
            let full = this.prepare(&target)?;
            let (file, partial) = new_partial(&full)?;
            Ok((full, file, partial))
        })
        .await?;
        while let Some(piece) = bytes.try_next().await? {
            let place = full.clone();
            file = blocking("write", move || {
                file.write_all(&piece)
                    .map_err(|error| ObjectsError::io("write", &place, error))?;
                Ok(file)
            })
            .await?;
        }
        let path = path.clone();
        blocking("write", move || {
            if sync {
                file.sync_all()
                    .map_err(|error| ObjectsError::io("write", &full, error))?;
            }
            settle(partial, &full)?;
            if sync {
                sync_folder(&full);
            }
            let meta = file
                .metadata()
                .map_err(|error| ObjectsError::io("read", &full, error))?;
            Ok(describe(path, &meta))
        })
        .await
    }

    /// One sync for all files is quicker than one for each.
    pub(crate) fn sync(&self) -> Result<()> {
        let folder = File::open(&self.root).map_err(|error| ObjectsError::io("open", &self.root, error))?;
        rustix::fs::syncfs(&folder).map_err(|error| ObjectsError::io("sync", &self.root, error.into()))
    }

    pub(crate) fn list(&self, folder: &SafePath) -> Result<Vec<FileMeta>> {
        match self.existing(folder) {
            Ok(full) if full.is_dir() => {}
            Ok(_) | Err(ObjectsError::NotFound { .. }) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        }
        let files = Walk::new(&self.root)
            .from(folder.clone())
            .links(self.links)
            .run()?;
        Ok(files
            .into_iter()
            .map(|file| describe_look(file.path, &file.look))
            .collect())
    }

    pub(crate) fn list_dir(&self, folder: &SafePath) -> Result<DirListing> {
        let full = match self.existing(folder) {
            Ok(full) if full.is_dir() => full,
            Ok(_) | Err(ObjectsError::NotFound { .. }) => return Ok(DirListing::default()),
            Err(error) => return Err(error),
        };
        let mut listing = DirListing::default();
        for entry in fs::read_dir(&full).map_err(|error| ObjectsError::io("list", &full, error))? {
            let entry = entry.map_err(|error| ObjectsError::io("list", &full, error))?;
            let name = entry.file_name();
            let name = utf8_name(folder, &name)?;
            if is_partial(name) {
                continue;
            }
            if !self.links && entry.file_type().is_ok_and(|kind| kind.is_symlink()) {
                continue;
            }
            let path = folder.child(name)?;
            let full = self.existing(&path)?;
            let meta = fs::metadata(&full).map_err(|error| ObjectsError::io("read", &full, error))?;
            if meta.is_dir() {
                listing.folders.push(path);
            } else if meta.is_file() {
                listing.files.push(describe(path, &meta));
            } else {
                return Err(ObjectsError::NotAFile {
                    path: path.to_string(),
                });
            }
        }
        listing.folders.sort();
        listing.files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(listing)
    }

    pub(crate) fn delete(&self, path: &SafePath) -> Result<()> {
        let full = self.parent_checked(path)?;
        match fs::symlink_metadata(&full) {
            Ok(meta) if !meta.is_dir() => {
                fs::remove_file(&full).map_err(|error| ObjectsError::io("delete", &full, error))
            }
            _ => Err(self.not_found(path)),
        }
    }

    pub(crate) fn delete_all(&self, path: &SafePath) -> Result<u64> {
        let full = if path.is_root() {
            self.root.clone()
        } else {
            match self.parent_checked(path) {
                Ok(full) => full,
                // What is not there because nothing above it is, is gone as well.
                Err(ObjectsError::NotFound { .. }) => return Ok(0),
                Err(error) => return Err(error),
            }
        };
        let Ok(meta) = fs::symlink_metadata(&full) else {
            return Ok(0);
        };
        if !meta.is_dir() {
            fs::remove_file(&full).map_err(|error| ObjectsError::io("delete", &full, error))?;
            return Ok(1);
        }
        // The links themselves are removed, never what they lead to.
        let count = walkdir::WalkDir::new(&full)
            .into_iter()
            .filter(|entry| entry.as_ref().is_ok_and(|entry| !entry.file_type().is_dir()))
            .count();
        fs::remove_dir_all(&full).map_err(|error| ObjectsError::io("delete", &full, error))?;
        if path.is_root() {
            fs::create_dir_all(&full).map_err(|error| ObjectsError::io("create", &full, error))?;
        }
        Ok(count as u64)
    }

    fn parent_checked(&self, path: &SafePath) -> Result<PathBuf> {
        let parent = path
            .parent()
            .ok_or_else(|| ObjectsError::bad_path("", "a file needs a name"))?;
        match self.existing(&parent) {
            Ok(_) => Ok(path.under(&self.root)),
            Err(ObjectsError::NotFound { .. }) => Err(self.not_found(path)),
            Err(error) => Err(error),
        }
    }
}

fn describe(path: SafePath, meta: &Metadata) -> FileMeta {
    describe_look(path, &Look::of(meta))
}

fn describe_look(path: SafePath, look: &Look) -> FileMeta {
    FileMeta {
        path,
        size_bytes: look.size_bytes,
        hint: look.hint(),
        modified_ms: Some(look.mtime_ns / 1_000_000),
    }
}

/// Whether the name is that of a file that is being written, or was when a process was killed.
pub(crate) fn is_partial(name: &str) -> bool {
    name.starts_with(PARTIAL_PREFIX)
}

/// A file beside `target` that vanishes unless it is settled.
pub(crate) fn new_partial(target: &Path) -> Result<(File, TempPath)> {
    let folder = target.parent().unwrap_or(Path::new("/"));
    let partial = tempfile::Builder::new()
        .prefix(PARTIAL_PREFIX)
        .permissions(fs::Permissions::from_mode(0o666))
        .tempfile_in(folder)
        .map_err(|error| ObjectsError::io("write", target, error))?;
    Ok(partial.into_parts())
}

/// Gives the finished file its name.
pub(crate) fn settle(partial: TempPath, target: &Path) -> Result<()> {
    partial
        .persist(target)
        .map_err(|error| ObjectsError::io("write", target, error.error))
}

/// Makes the name of a new file survive a power cut, where the file system lets folders be synced.
pub(crate) fn sync_folder(target: &Path) {
    if let Some(folder) = target.parent().and_then(|folder| File::open(folder).ok()) {
        // A file system that refuses this has no stronger promise to give.
        let _ = folder.sync_all();
    }
}

/// Removes files of writes that a kill interrupted, if nobody touched them since `before`. Gives how many.
pub fn sweep_partials(root: &Path, before: SystemTime) -> Result<u64> {
    let mut gone = 0;
    for entry in walkdir::WalkDir::new(root) {
        let Ok(entry) = entry else { continue };
        let stale = || {
            entry
                .metadata()
                .ok()
                .and_then(|meta| meta.modified().ok())
                .is_some_and(|time| time < before)
        };
        if entry.file_type().is_file() && entry.file_name().to_str().is_some_and(is_partial) && stale() {
            fs::remove_file(entry.path()).map_err(|error| ObjectsError::io("delete", entry.path(), error))?;
            gone += 1;
        }
    }
    Ok(gone)
}

/// A folder in `parent` that vanishes unless it is kept.
pub(crate) fn new_partial_folder(parent: &Path) -> Result<tempfile::TempDir> {
    fs::create_dir_all(parent).map_err(|error| ObjectsError::io("create", parent, error))?;
    tempfile::Builder::new()
        .prefix(PARTIAL_PREFIX)
        .permissions(fs::Permissions::from_mode(0o755))
        .tempdir_in(parent)
        .map_err(|error| ObjectsError::io("create", parent, error))
}
