//! Trees laid out once for all who only read them, checked each time they are given out.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::lay::{Chosen, Laying, Modes, choose, close_folders, open_folders};
use super::{Laid, TreeSource};
use crate::datastore::{blocking, is_partial, new_partial_folder};
use crate::error::{ObjectsError, Result};
use crate::hash::Hash;
use crate::manifest::{Entry, Manifest};
use crate::progress::{Progress, Silent};
use crate::safe_path::SafePath;
use crate::scan::{Reading, hash_file};
use crate::walk::Walk;

/// A folder with one read-only folder for each tree: `{digest}/files`, beside a record of how its files looked.
#[derive(Debug, Clone)]
pub struct TreeCache {
    root: PathBuf,
}

impl TreeCache {
    /// The cache in this folder, which is created when it is needed.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The tree's files, read-only and shared; laid out first if they aren't there or were tampered with. Several
    /// processes may ask at once: one lays, the others wait.
    pub async fn lay(
        &self,
        source: &dyn TreeSource,
        digest: &Hash,
        sub_path: &SafePath,
        progress: &dyn Progress,
    ) -> Result<Laid> {
        let place = Place::new(&self.root, digest);
        let opened = place.clone();
        let _lock = blocking("lock", move || opened.lock()).await?;
        let checked = place.clone();
        if let Some(manifest) = blocking("check", move || checked.check()).await? {
            progress.advance(manifest.len() as u64, manifest.total_bytes());
            return Ok(place.laid(&choose(&manifest, digest, sub_path)?, sub_path));
        }
        let stale = place.clone();
        blocking("remove", move || stale.remove()).await?;
        let tree = Arc::new(source.tree(digest).await?);
        let chosen = choose(tree.manifest(), digest, sub_path)?;
        let partial = new_partial_folder(&self.root)?;
        let files = partial.path().join("files");
        fs::create_dir(&files).map_err(|error| ObjectsError::io("create", &files, error))?;
        let all: Vec<usize> = (0..tree.manifest().len()).collect();
        let laying = Laying {
            source,
            tree: tree.clone(),
            below: SafePath::root(),
            root: files,
            modes: Modes::READ_ONLY,
        };
        laying.run(&all, progress).await?;
        let done = place.clone();
        blocking("record", move || {
            record(partial.path(), tree.manifest())?;
            let made = partial.keep();
            fs::rename(&made, &done.folder).map_err(|error| ObjectsError::io("create", &done.folder, error))
        })
        .await?;
        Ok(place.laid(&chosen, sub_path))
    }

    /// Forgets a tree. Nobody may be using it.
    pub async fn remove(&self, digest: &Hash) -> Result<()> {
        let place = Place::new(&self.root, digest);
        blocking("remove", move || {
            let _lock = place.lock()?;
            place.remove()
        })
        .await
    }

    /// The trees that are laid out, by name, each with the time it was last asked for.
    pub fn list(&self) -> Result<Vec<(Hash, SystemTime)>> {
        let mut found = Vec::new();
        let entries = match fs::read_dir(&self.root) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
            Err(error) => return Err(ObjectsError::io("list", &self.root, error)),
        };
        for entry in entries {
            let entry = entry.map_err(|error| ObjectsError::io("list", &self.root, error))?;
            let name = entry.file_name();
            let Some(name) = name.to_str().filter(|name| !is_partial(name)) else {
                continue;
            };
            if let Ok(digest) = name.parse::<Hash>() {
                let lock = Place::new(&self.root, &digest).lock_file;
                let used = fs::metadata(&lock).and_then(|meta| meta.modified());
                found.push((
                    digest,
                    used.map_err(|error| ObjectsError::io("read", &lock, error))?,
                ));
            }
        }
        found.sort_by_key(|(digest, _)| *digest);
        Ok(found)
    }
}

/// One tree's place in the cache.
#[derive(Clone)]
struct Place {
    folder: PathBuf,
    lock_file: PathBuf,
}

impl Place {
    fn new(root: &Path, digest: &Hash) -> Self {
        Self {
            folder: root.join(digest.to_hex()),
            lock_file: root.join(format!("{digest}.lock")),
        }
    }

    fn files(&self) -> PathBuf {
        self.folder.join("files")
    }

    /// Waits until nobody else lays or removes this tree. The lock goes with the file, also when the process is killed.
    fn lock(&self) -> Result<File> {
        let failed = |error| ObjectsError::io("lock", &self.lock_file, error);
        if let Some(root) = self.lock_file.parent() {
            fs::create_dir_all(root).map_err(|error| ObjectsError::io("create", root, error))?;
        }
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&self.lock_file)
            .map_err(failed)?;
        file.lock().map_err(failed)?;
        // The time of the last use, for whoever makes room.
        file.set_modified(SystemTime::now()).map_err(failed)?;
        Ok(file)
    }

    fn laid(&self, chosen: &Chosen, sub_path: &SafePath) -> Laid {
        let is_file = chosen.laid(Path::new("")).is_file;
        Laid {
            path: sub_path.under(&self.files()),
            is_file,
        }
    }

    /// The recorded manifest if all files look as they did when they were laid. After a restart of the machine, when
    /// writes may have been lost, all is read once.
    fn check(&self) -> Result<Option<Manifest>> {
        let Ok(recorded) = fs::read(self.folder.join("laid")) else {
            return Ok(None);
        };
        let Ok(recorded) = Manifest::decode(&recorded) else {
            return Ok(None);
        };
        let boot = boot_id();
        let same_boot = boot.is_some() && fs::read_to_string(self.folder.join("boot")).ok() == boot;
        let Ok(walked) = Walk::new(&self.files()).run() else {
            return Ok(None);
        };
        let same = walked.len() == recorded.len()
            && walked.iter().zip(recorded.entries()).all(|(file, entry)| {
                file.path == entry.path
                    && file.look.size_bytes == entry.size_bytes
                    && file.look.hint() == entry.hint
            });
        if !same {
            return Ok(None);
        }
        if !same_boot {
            let mut fresh = recorded.entries().iter().map(|entry| {
                let reading = Reading {
                    full: &entry.path.under(&self.files()),
                    shown: &entry.path,
                    now: SystemTime::UNIX_EPOCH,
                };
                hash_file(&reading, &Silent).is_ok_and(|found| found.hash == entry.hash)
            });
            if !fresh.all(|same| same) {
                return Ok(None);
            }
            write_boot_id(&self.folder)?;
        }
        Ok(Some(recorded))
    }

    fn remove(&self) -> Result<()> {
        if !self.folder.exists() {
            return Ok(());
        }
        open_folders(&self.folder)?;
        fs::remove_dir_all(&self.folder).map_err(|error| ObjectsError::io("delete", &self.folder, error))
    }
}

/// Writes down how the files look, and takes the right to write from their folders.
fn record(folder: &Path, manifest: &Manifest) -> Result<()> {
    let files = folder.join("files");
    let walked = Walk::new(&files).run()?;
    let entries = walked
        .into_iter()
        .zip(manifest.entries())
        .map(|(file, entry)| Entry {
            hint: file.look.hint(),
            ..entry.clone()
        });
    let laid = Manifest::new(entries.collect())?;
    let path = folder.join("laid");
    fs::write(&path, laid.encode()?).map_err(|error| ObjectsError::io("write", &path, error))?;
    write_boot_id(folder)?;
    close_folders(&files)
}

/// What changes when the machine starts anew; `None` where the kernel doesn't tell.
fn boot_id() -> Option<String> {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()
}

fn write_boot_id(folder: &Path) -> Result<()> {
    let path = folder.join("boot");
    fs::write(&path, boot_id().unwrap_or_default()).map_err(|error| ObjectsError::io("write", &path, error))
}
