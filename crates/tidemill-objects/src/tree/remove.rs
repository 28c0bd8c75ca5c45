//! Removing trees, and of their packs and blobs those that no other tree names.

use std::collections::HashSet;

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

/// A pack or a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Object {
    /// A pack of small files.
    Pack(PackId),
    /// A file of its own.
    Blob(Hash),
}

impl Object {
    /// The object of a kind and a name, as [`Object::kind`] and [`Object::digest`] give them.
    pub fn named(kind: &str, digest: &str) -> Option<Self> {
        match kind {
            "pack" => digest.parse().ok().map(Self::Pack),
            "blob" => digest.parse().ok().map(Self::Blob),
            _ => None,
        }
    }

    /// `pack` or `blob`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Pack(_) => "pack",
            Self::Blob(_) => "blob",
        }
    }

    /// Its name: 64 hex digits.
    pub fn digest(&self) -> String {
        match self {
            Self::Pack(pack) => pack.to_string(),
            Self::Blob(blob) => blob.to_hex(),
        }
    }

    fn path(&self) -> Result<SafePath> {
        match self {
            Self::Pack(pack) => pack_path(pack),
            Self::Blob(blob) => blob_path(blob),
        }
    }
}

/// What is to be removed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Removal {
    /// Trees that are there.
    pub trees: Vec<Hash>,
    /// Packs and blobs that no tree names but these.
    pub objects: Vec<Object>,
    /// What removing them frees.
    pub freed: Freed,
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
        Ok(self.removal(trees, &[]).await?.freed)
    }

    /// While this is held, no tree is put.
    pub async fn alone(&self) -> Alone {
        Alone {
            _held: self.removing.clone().write_owned().await,
        }
    }

    /// Removes what [`TreeStore::removal`] found. A tree goes before what it names: one that is there is whole, even when this breaks
    /// off. Whoever wants the rest to go then as well remembers [`Removal::objects`] before, and gives them to the next removal.
    pub async fn remove(&self, removal: &Removal, _alone: &Alone) -> Result<()> {
        for digest in &removal.trees {
            self.trees.remove(digest);
            self.gone(&path("trees", &digest.to_hex())?).await?;
        }
        for object in &removal.objects {
            if let Object::Pack(pack) = object {
                self.indexes.remove(pack);
            }
            self.gone(&object.path()?).await?;
        }
        Ok(())
    }

    async fn gone(&self, path: &SafePath) -> Result<()> {
        match self.datastore.delete(path).await {
            Ok(()) | Err(ObjectsError::NotFound { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// What these trees name and no other does; and of the objects `left` by a removal that broke off, those that no other tree names.
    pub async fn removal(&self, trees: &[Hash], left: &[Object]) -> Result<Removal> {
        let wanted: HashSet<Hash> = trees.iter().copied().collect();
        let (mut own, mut others) = (Objects::default(), Objects::default());
        let mut found = Removal::default();
        for object in left {
            match object {
                Object::Pack(pack) => _ = own.packs.insert(*pack),
                Object::Blob(blob) => _ = own.blobs.insert(*blob),
            }
        }
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
        let packs = own.packs.difference(&others.packs).copied().map(Object::Pack);
        let blobs = own.blobs.difference(&others.blobs).copied().map(Object::Blob);
        for object in packs.chain(blobs) {
            match self.datastore.head(&object.path()?).await {
                Ok(meta) => {
                    found.objects.push(object);
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
