//! A version of data as a table on this machine: exactly its bytes, checked against its manifest, or an error that says so.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tidemill_api::runner::Source;
use tidemill_objects::{Hash, SafePath, Silent, lay_copy};

use crate::asset::Row;
use crate::content::{self, OnDisk};
use crate::{Error, OpContext, Result, bytes, resolve};

/// Bytes of laid trees that are kept for the next one who asks.
const KEPT_BYTES: u64 = 20 << 30;

/// Laid trees that somebody reads, and how many do.
static IN_USE: Mutex<Option<HashMap<String, usize>>> = Mutex::new(None);

/// Where a version lies on this machine, for as long as this lives.
pub(crate) struct Laid {
    /// The file or the folder.
    pub(crate) root: PathBuf,
    _held: Held,
}

enum Held {
    Tree { _tree: InUse },
    Elsewhere { _there: OnDisk },
}

impl Laid {
    /// What is there already.
    pub(crate) fn of(there: OnDisk) -> Self {
        Self {
            root: there.root.clone(),
            _held: Held::Elsewhere { _there: there },
        }
    }
}

/// Brings a version onto this machine. Uploaded data is laid once, and kept in the cache.
///
/// # Errors
/// NotFound; Conflict where its files have changed since it was made.
pub(crate) async fn of_version(ctx: &OpContext, workspace: &str, row: &Row) -> Result<Laid> {
    let shown = format!("{}:{}", row.name, row.version);
    let uri = row
        .uri
        .as_deref()
        .ok_or_else(|| Error::invalid(format!("failed to read {shown}: it has no bytes")))?;
    let place = resolve::stored_place(ctx, workspace, uri).await?;
    if let Source::Tree { tree, path } = &place.source {
        return laid(ctx, tree, path).await;
    }
    let manifest = content::read_manifest(ctx.app(), &row.digest).await?;
    let now = content::survey(ctx, workspace, &place.source, manifest.as_ref(), &Silent).await?;
    if now.manifest.digest().to_hex() != row.digest {
        return Err(Error::conflict(format!(
            "failed to read {shown}: its files have changed since it was made"
        ))
        .hint("make a new version of it: `tidemill data create`"));
    }
    let there = content::on_disk(ctx, workspace, &place.source).await?;
    Ok(Laid::of(there))
}

/// Brings what lies at a place onto this machine, before it is a version.
///
/// # Errors
/// NotFound.
pub(crate) async fn of_place(ctx: &OpContext, workspace: &str, source: &Source) -> Result<Laid> {
    match source {
        Source::Tree { tree, path } => laid(ctx, tree, path).await,
        source => Ok(Laid::of(content::on_disk(ctx, workspace, source).await?)),
    }
}

/// A tree, laid out in the cache. A folder stands under its name only when it is whole.
async fn laid(ctx: &OpContext, tree: &str, path: &str) -> Result<Laid> {
    let (digest, path): (Hash, _) = (tree.parse()?, SafePath::normalise(path)?);
    let folder = ctx.app().dir.cache().join("tables");
    let held = InUse::of(tree);
    let whole = folder.join(tree);
    if !whole.is_dir() {
        let part = folder.join(format!("{tree}.{}", ctx.app().clock.ulid()));
        std::fs::create_dir_all(&folder).map_err(Error::internal)?;
        let store = bytes::tree_store(ctx.app())?;
        let laid = lay_copy(&store, &digest, &SafePath::default(), &part, &Silent).await;
        if let Err(error) = laid {
            let _ = std::fs::remove_dir_all(&part);
            return Err(error.into());
        }
        // Another one may have been quicker; both are alike.
        if std::fs::rename(&part, &whole).is_err() {
            let _ = std::fs::remove_dir_all(&part);
        }
        let pruned = folder.clone();
        tokio::task::spawn_blocking(move || prune(&pruned));
    }
    Ok(Laid {
        root: path.under(&whole),
        _held: Held::Tree { _tree: held },
    })
}

/// Says that a tree is read, until it is dropped.
struct InUse(String);

impl InUse {
    fn of(tree: &str) -> Self {
        let mut trees = IN_USE.lock().unwrap_or_else(PoisonError::into_inner);
        *trees.get_or_insert_default().entry(tree.to_owned()).or_default() += 1;
        Self(tree.to_owned())
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        let mut trees = IN_USE.lock().unwrap_or_else(PoisonError::into_inner);
        let trees = trees.get_or_insert_default();
        if let Some(readers) = trees.get_mut(&self.0) {
            *readers -= 1;
            if *readers == 0 {
                trees.remove(&self.0);
            }
        }
    }
}

/// Removes the oldest laid trees that nobody reads, until the rest is small enough.
fn prune(folder: &Path) {
    let mut found: Vec<(std::time::SystemTime, u64, PathBuf)> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let made = entry.metadata().ok()?.modified().ok()?;
            Some((made, size_bytes(&entry.path()), entry.path()))
        })
        .collect();
    found.sort();
    let mut all: u64 = found.iter().map(|(_, size, _)| size).sum();
    for (_, size, path) in found {
        if all <= KEPT_BYTES {
            return;
        }
        let mut trees = IN_USE.lock().unwrap_or_else(PoisonError::into_inner);
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        // One that is being laid has a name with a dot, and nobody has said yet that they read it.
        if name.contains('.') || trees.get_or_insert_default().contains_key(&name) {
            continue;
        }
        // Renamed while the lock is held, so that nobody finds half of it.
        let gone = path.with_extension("gone");
        if std::fs::rename(&path, &gone).is_ok() {
            drop(trees);
            all -= size;
            let _ = std::fs::remove_dir_all(&gone);
        }
    }
}

fn size_bytes(path: &Path) -> u64 {
    match std::fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => std::fs::read_dir(path)
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(size_bytes(&entry.ok()?.path())))
            .sum(),
        Ok(found) => found.len(),
        Err(_) => 0,
    }
}
