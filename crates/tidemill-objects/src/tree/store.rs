//! The content-addressed store: `blobs/{aa}/{hash}`, `packs/{id}`, `trees/{digest}`. It takes nothing it hasn't checked.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};

use super::held::Held;
use super::{Location, MAX_PACK_BYTES, MAX_TREE_BYTES, PackId, PackIndex, Tree, TreeSink, TreeSource};
use crate::buffers::Buffers;
use crate::datastore::{ByteStream, Datastore, blocking};
use crate::error::{ObjectsError, Result};
use crate::hash::Hash;
use crate::kept::Kept;
use crate::safe_path::SafePath;

const CHECKS_AT_ONCE: usize = 16;
/// The most slices of packs, and files of trees, whose places are held in memory: about 20 MB each.
const KEPT_SLICES: usize = 1 << 18;
const KEPT_FILES: usize = 150_000;

/// The room for a pack whose size nobody said.
const PACK_ROOM: u64 = 1 << 20;
/// How long the memory of packs waits for the next one.
const BUFFERS_IDLE: Duration = Duration::from_secs(3);

/// Trees, packs and blobs in a datastore. Cheap to clone.
#[derive(Clone, Debug)]
pub struct TreeStore {
    pub(super) datastore: Datastore,
    pub(super) indexes: Kept<PackId, Arc<PackIndex>>,
    pub(super) trees: Kept<Hash, Tree>,
    buffers: Buffers,
    /// Held shared while a tree is put, and alone while trees are removed with what only they name.
    pub(super) removing: Arc<tokio::sync::RwLock<()>>,
    pub(super) held: Arc<Mutex<Held>>,
}

impl TreeStore {
    /// A store at the root of `datastore`, which nothing else should write to.
    pub fn new(datastore: Datastore) -> Self {
        Self {
            datastore,
            indexes: Kept::new(KEPT_SLICES),
            trees: Kept::new(KEPT_FILES),
            buffers: Buffers::default(),
            removing: Arc::default(),
            held: Arc::default(),
        }
    }

    /// Takes a pack from a stream of so many bytes (0: not known); see [`TreeSink::put_pack`].
    pub async fn put_pack_stream(&self, id: PackId, bytes: ByteStream, size_bytes: u64) -> Result<()> {
        let expected = if size_bytes == 0 {
            PACK_ROOM
        } else {
            size_bytes.min(MAX_PACK_BYTES)
        };
        let buffer = self.buffers.lend(expected as usize);
        let pack = crate::stream::collect_into(buffer, "a pack", bytes, MAX_PACK_BYTES).await?;
        let put = self.put_pack(id, pack).await;
        let buffers = self.buffers.clone();
        tokio::spawn(async move {
            tokio::time::sleep(BUFFERS_IDLE).await;
            buffers.drop_idle(BUFFERS_IDLE);
        });
        put
    }

    /// Takes a tree as it was encoded, under the name it should have; see [`TreeSink::put_tree`].
    pub async fn put_encoded_tree(&self, digest: &Hash, bytes: Bytes) -> Result<Hash> {
        let digest = *digest;
        let encoded = bytes.clone();
        let tree = blocking("decode", move || {
            let tree = Tree::decode(&encoded)?;
            let actual = tree.digest();
            if actual == digest {
                return Ok(tree);
            }
            let (expected, actual) = (digest.to_string(), actual.to_string());
            Err(ObjectsError::HashMismatch {
                what: "a tree".into(),
                expected,
                actual,
            })
        })
        .await?;
        let _shared = self.removing.read().await;
        self.check_locations(&tree).await?;
        self.keep_tree(digest, tree, bytes).await
    }

    async fn keep_tree(&self, digest: Hash, tree: Tree, encoded: Bytes) -> Result<Hash> {
        let path = path("trees", &digest.to_hex())?;
        if !self.datastore.exists(&path).await? {
            self.datastore.put(&path, encoded).await?;
        }
        let files = tree.manifest().len();
        self.trees.put(digest, tree, files);
        self.unclaim([&digest]);
        Ok(digest)
    }

    /// The tree as bytes, for sending it on.
    pub async fn encoded_tree(&self, digest: &Hash) -> Result<Bytes> {
        let found = self
            .datastore
            .get_all(&path("trees", &digest.to_hex())?, MAX_TREE_BYTES)
            .await;
        found.map_err(|error| named(error, || format!("the tree {digest}")))
    }

    /// A pack as a stream with its size, for sending it on; `range` for a part of it.
    pub async fn sized_pack(&self, pack: &PackId, range: Option<Range<u64>>) -> Result<(u64, ByteStream)> {
        let found = self.datastore.get(&pack_path(pack)?, range).await;
        let (meta, bytes) = found.map_err(|error| named(error, || format!("the pack {pack}")))?;
        Ok((meta.size_bytes, bytes))
    }

    /// A blob as a stream with its size, for sending it on; `range` for a part of it.
    pub async fn sized_blob(&self, hash: &Hash, range: Option<Range<u64>>) -> Result<(u64, ByteStream)> {
        let found = self.datastore.get(&blob_path(hash)?, range).await;
        let (meta, bytes) = found.map_err(|error| named(error, || format!("the blob {hash}")))?;
        Ok((meta.size_bytes, bytes))
    }

    fn keep_index(&self, pack: PackId, index: Arc<PackIndex>) {
        let slices = index.len();
        self.indexes.put(pack, index, slices);
    }

    async fn index(&self, pack: &PackId) -> Result<Arc<PackIndex>> {
        if let Some(index) = self.indexes.get(pack) {
            return Ok(index);
        }
        let path = pack_path(pack)?;
        let size = self.datastore.head(&path).await?.size_bytes;
        let foot = self
            .datastore
            .get_range(&path, size.saturating_sub(PackIndex::foot_bytes())..size)
            .await?;
        let tail_bytes = PackIndex::tail_bytes(&foot)?;
        let tail = self
            .datastore
            .get_range(&path, size.saturating_sub(tail_bytes)..size)
            .await?;
        let index = Arc::new(PackIndex::decode(&tail, size)?);
        self.keep_index(*pack, index.clone());
        Ok(index)
    }

    /// Every location of the tree must hold what its entry says.
    async fn check_locations(&self, tree: &Tree) -> Result<()> {
        let mut blobs = HashMap::new();
        let mut by_pack: HashMap<u32, Vec<usize>> = HashMap::new();
        for (at, (entry, location)) in tree
            .manifest()
            .entries()
            .iter()
            .zip(&tree.layout().locations)
            .enumerate()
        {
            match location {
                Location::Blob => _ = blobs.insert(entry.hash, at),
                Location::Pack { pack, .. } => by_pack.entry(*pack).or_default().push(at),
            }
        }
        let missing = |at: usize| ObjectsError::NotFound {
            what: format!(
                "the bytes of {} that the tree names",
                tree.manifest().entries()[at].path
            ),
        };
        stream::iter(blobs)
            .map(|(hash, at)| async move {
                let found = self.datastore.head(&blob_path(&hash)?).await;
                match found {
                    Ok(meta) if meta.size_bytes == tree.manifest().entries()[at].size_bytes => Ok(()),
                    Ok(_) | Err(ObjectsError::NotFound { .. }) => Err(missing(at)),
                    Err(error) => Err(error),
                }
            })
            .buffer_unordered(CHECKS_AT_ONCE)
            .try_collect::<()>()
            .await?;
        stream::iter(by_pack)
            .map(|(pack, entries)| async move {
                let first = entries.first().copied().unwrap_or_default();
                let index = match self.index(&tree.layout().packs[pack as usize]).await {
                    Err(ObjectsError::NotFound { .. }) => return Err(missing(first)),
                    index => index?,
                };
                for at in entries {
                    let (entry, location) = (&tree.manifest().entries()[at], tree.layout().locations[at]);
                    let slice = index.get(&entry.hash).ok_or_else(|| missing(at))?;
                    let same = Location::Pack {
                        pack,
                        offset: slice.offset.into(),
                    } == location;
                    if !same || u64::from(slice.length) != entry.size_bytes {
                        return Err(missing(at));
                    }
                }
                Ok(())
            })
            .buffer_unordered(4)
            .try_collect::<()>()
            .await
    }
}

#[async_trait]
impl TreeSink for TreeStore {
    async fn has_tree(&self, digest: &Hash) -> Result<bool> {
        self.datastore.exists(&path("trees", &digest.to_hex())?).await
    }

    async fn missing_packs(&self, packs: &[PackId]) -> Result<Vec<PackId>> {
        missing(packs, |pack| self.stored(pack_path(pack))).await
    }

    async fn missing_blobs(&self, blobs: &[Hash]) -> Result<Vec<Hash>> {
        missing(blobs, |hash| self.stored(blob_path(hash))).await
    }

    async fn put_pack(&self, id: PackId, pack: Bytes) -> Result<()> {
        let bytes = pack.clone();
        let index = blocking("check a pack", move || {
            let (actual, index) = PackIndex::verify(&bytes)?;
            if actual == id {
                return Ok(index);
            }
            let (expected, actual) = (id.to_string(), actual.to_string());
            Err(ObjectsError::HashMismatch {
                what: "a pack".into(),
                expected,
                actual,
            })
        })
        .await?;
        let path = pack_path(&id)?;
        // One that is there must not go before it is remembered that it is.
        let _shared = self.removing.read().await;
        if !self.datastore.exists(&path).await? {
            self.datastore.put(&path, pack).await?;
        }
        self.keep_index(id, Arc::new(index));
        Ok(())
    }

    async fn put_blob(&self, hash: &Hash, size_bytes: u64, bytes: ByteStream) -> Result<()> {
        let path = blob_path(hash)?;
        let what = format!("the blob {hash}");
        let bytes = crate::stream::verified(bytes, what, *hash, size_bytes);
        if self.datastore.exists(&path).await? {
            // Read to its end all the same, so that a wrong announcement is heard of.
            return bytes.try_for_each(|_| async { Ok(()) }).await;
        }
        self.datastore.put_stream(&path, bytes).await?;
        Ok(())
    }

    async fn put_encoded(&self, tree: &Tree, encoded: Bytes) -> Result<()> {
        let _shared = self.removing.read().await;
        self.check_locations(tree).await?;
        self.keep_tree(tree.digest(), tree.clone(), encoded)
            .await
            .map(drop)
    }
}

#[async_trait]
impl TreeSource for TreeStore {
    async fn tree(&self, digest: &Hash) -> Result<Tree> {
        if let Some(tree) = self.trees.get(digest) {
            return Ok(tree);
        }
        let bytes = self.encoded_tree(digest).await?;
        let tree = blocking("decode", move || Tree::decode(&bytes)).await?;
        self.trees.put(*digest, tree.clone(), tree.manifest().len());
        Ok(tree)
    }

    async fn pack_range(&self, pack: &PackId, range: Range<u64>) -> Result<Bytes> {
        self.datastore.get_range(&pack_path(pack)?, range).await
    }

    async fn blob(&self, hash: &Hash, range: Option<Range<u64>>) -> Result<ByteStream> {
        Ok(self.sized_blob(hash, range).await?.1)
    }

    fn local_blob(&self, hash: &Hash) -> Option<PathBuf> {
        let path = blob_path(hash).ok()?.under(self.datastore.local_root()?);
        path.is_file().then_some(path)
    }
}

impl TreeStore {
    async fn stored(&self, path: Result<SafePath>) -> Result<bool> {
        self.datastore.exists(&path?).await
    }
}

async fn missing<T, F>(names: &[T], stored: impl Fn(&T) -> F) -> Result<Vec<T>>
where
    T: Copy + Eq + std::hash::Hash,
    F: Future<Output = Result<bool>>,
{
    let mut seen = HashSet::new();
    let unique: Vec<T> = names.iter().copied().filter(|name| seen.insert(*name)).collect();
    let found: Vec<Option<T>> = stream::iter(unique)
        .map(|name| {
            let stored = stored(&name);
            async move { Ok::<_, ObjectsError>((!stored.await?).then_some(name)) }
        })
        .buffered(CHECKS_AT_ONCE)
        .try_collect()
        .await?;
    Ok(found.into_iter().flatten().collect())
}

pub(super) fn path(folder: &str, name: &str) -> Result<SafePath> {
    SafePath::parse(format!("{folder}/{name}"))
}

pub(super) fn pack_path(pack: &PackId) -> Result<SafePath> {
    path("packs", &pack.0.to_hex())
}

pub(super) fn blob_path(hash: &Hash) -> Result<SafePath> {
    let hex = hash.to_hex();
    path("blobs", &format!("{}/{hex}", &hex[..2]))
}

fn named(error: ObjectsError, what: impl Fn() -> String) -> ObjectsError {
    match error {
        ObjectsError::NotFound { .. } => ObjectsError::NotFound { what: what() },
        other => other,
    }
}
