//! The two ends of a tree's way: what receives it, and what gives it back. A store is both; so is a client of a server.

use std::ops::Range;
use std::path::PathBuf;

use async_trait::async_trait;
use bytes::Bytes;

use super::{PackId, Tree};
use crate::datastore::{ByteStream, blocking};
use crate::error::Result;
use crate::hash::Hash;

/// Receives trees. Each call may be repeated; what is there already is accepted again.
#[async_trait]
pub trait TreeSink: Send + Sync {
    /// Whether the tree is there, whole.
    async fn has_tree(&self, digest: &Hash) -> Result<bool>;

    /// Those of the packs that are not there.
    async fn missing_packs(&self, packs: &[PackId]) -> Result<Vec<PackId>>;

    /// Those of the blobs that are not there.
    async fn missing_blobs(&self, blobs: &[Hash]) -> Result<Vec<Hash>>;

    /// Takes a pack of this name; other bytes, or a slice that is not what its hash says, are an error.
    async fn put_pack(&self, id: PackId, pack: Bytes) -> Result<()>;

    /// Takes a blob; other bytes than announced are an error, and nothing stays.
    async fn put_blob(&self, hash: &Hash, size_bytes: u64, bytes: ByteStream) -> Result<()>;

    /// Takes a tree whose packs and blobs are all there, and what [`Tree::encode`] gives of it.
    async fn put_encoded(&self, tree: &Tree, encoded: Bytes) -> Result<()>;

    /// Takes a tree whose packs and blobs are all there; gives its name.
    async fn put_tree(&self, tree: &Tree) -> Result<Hash> {
        let tree = tree.clone();
        let (tree, encoded) = blocking("encode", move || {
            let encoded = tree.encode()?;
            Ok((tree, encoded))
        })
        .await?;
        self.put_encoded(&tree, encoded.into()).await?;
        Ok(tree.digest())
    }
}

/// Gives trees back.
#[async_trait]
pub trait TreeSource: Send + Sync {
    /// The tree of this name.
    async fn tree(&self, digest: &Hash) -> Result<Tree>;

    /// Some bytes of a pack.
    async fn pack_range(&self, pack: &PackId, range: Range<u64>) -> Result<Bytes>;

    /// The bytes of a blob, or a range of them.
    async fn blob(&self, hash: &Hash, range: Option<Range<u64>>) -> Result<ByteStream>;

    /// The blob as a file of this machine, to copy from, where it is one. It must never be written to.
    fn local_blob(&self, _hash: &Hash) -> Option<PathBuf> {
        None
    }
}
