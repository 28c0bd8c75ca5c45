//! Removing trees, and of their packs and blobs those that no other tree names.

use std::collections::{HashMap, HashSet};

use tokio::sync::OwnedRwLockWriteGuard;

use super::store::{blob_path, pack_path, path};
use super::{Location, PackId, Tree, TreeStore};
use crate::datastore::blocking;
use crate::error::{ObjectsError, Result};
use crate::hash::Hash;
use crate::safe_path::SafePath;

/// What goes, or would go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Freed {
    /// Trees.
    pub trees: u64,
    /// Packs and blobs that no other tree names.
    pub objects: u64,
    /// Their bytes, with those of the trees.
    pub bytes: u64,
}

/// Leave to remove trees; see [`TreeStore::alone`].
#[derive(Debug)]
pub struct Alone {
    _held: OwnedRwLockWriteGuard<()>,
}

/// Packs and blobs.
#[derive(Default)]
struct Objects {
    packs: HashSet<PackId>,
    blobs: HashSet<Hash>,
}

impl Objects {
    fn add(&mut self, tree: &Tree) {
        let used = tree.layout().locations.iter().zip(tree.manifest().entries());
        for (location, entry) in used {
            match location {
                Location::Blob => _ = self.blobs.insert(entry.hash),
                Location::Pack { pack, .. } => _ = self.packs.insert(tree.layout().packs[*pack as usize]),
            }
        }
    }
}

impl TreeStore {
    /// What removing these trees would free. A tree that is not there frees nothing.
    pub async fn would_free(&self, trees: &[Hash]) -> Result<Freed> {
        Ok(self.only_of(trees).await?.freed)
    }

    /// While this is held, no tree is put.
    pub async fn alone(&self) -> Alone {
        Alone {
            _held: self.removing.clone().write_owned().await,
        }
    }

    /// Removes these trees, and the packs and blobs that no other tree names. A tree goes before what it names: one that is there is
    /// whole, even when this breaks off.
    pub async fn remove_trees(&self, trees: &[Hash], _alone: &Alone) -> Result<Freed> {
        let found = self.only_of(trees).await?;
        for digest in &found.trees {
            self.trees.remove(digest);
            self.gone(&path("trees", &digest.to_hex())?).await?;
        }
        for pack in &found.only.packs {
            self.indexes.remove(pack);
            self.gone(&pack_path(pack)?).await?;
        }
        for blob in &found.only.blobs {
            self.gone(&blob_path(blob)?).await?;
        }
        Ok(found.freed)
    }

    async fn gone(&self, path: &SafePath) -> Result<()> {
        match self.datastore.delete(path).await {
            Ok(()) | Err(ObjectsError::NotFound { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// What these trees name and no other does.
    async fn only_of(&self, trees: &[Hash]) -> Result<Only> {
        let wanted: HashSet<Hash> = trees.iter().copied().collect();
        let (mut own, mut others) = (Objects::default(), Objects::default());
        let mut found = Only::default();
        for file in self.datastore.list(&SafePath::parse("trees")?).await? {
            // What is no tree names nothing.
            let Ok(digest) = file.path.name().parse::<Hash>() else {
                continue;
            };
            let encoded = self.encoded_tree(&digest).await?;
            let tree = blocking("decode", move || Tree::decode(&encoded)).await?;
            if wanted.contains(&digest) {
                own.add(&tree);
                found.trees.push(digest);
                found.freed.trees += 1;
                found.freed.bytes += file.size_bytes;
            } else {
                others.add(&tree);
            }
        }
        let mut sizes: HashMap<SafePath, u64> = HashMap::new();
        for pack in own.packs.difference(&others.packs) {
            sizes.insert(pack_path(pack)?, 0);
            found.only.packs.insert(*pack);
        }
        for blob in own.blobs.difference(&others.blobs) {
            sizes.insert(blob_path(blob)?, 0);
            found.only.blobs.insert(*blob);
        }
        for path in sizes.keys() {
            match self.datastore.head(path).await {
                Ok(meta) => {
                    found.freed.objects += 1;
                    found.freed.bytes += meta.size_bytes;
                }
                Err(ObjectsError::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }
}

/// Trees that are there, and what only they name.
#[derive(Default)]
struct Only {
    trees: Vec<Hash>,
    only: Objects,
    freed: Freed,
}
