//! Which bytes, exactly: a sorted list of files with size and hash, whose digest names a data version or a tree.

mod codec;
mod diff;
mod varint;

use std::sync::{Arc, OnceLock};

use serde::{Serialize, Serializer};

use crate::error::{ObjectsError, Result};
use crate::hash::Hash;
use crate::safe_path::SafePath;

pub use codec::{MAX_ENCODED_BYTES, MAX_ENTRIES};
pub use diff::{Change, FileChange};
pub(crate) use varint::{Reader, write_varint, zstd_pack, zstd_unpack};

/// How a file looked when it was hashed, so that it needn't be read again. Never part of the digest.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub enum Hint {
    /// Nothing to go by: read it.
    #[default]
    None,
    /// A remote store's entity tag.
    Etag(String),
    /// A local file's times (nanoseconds since 1970) and inode.
    Local {
        /// Last change of the content.
        mtime_ns: i64,
        /// Last change of content, name, owner or mode.
        ctime_ns: i64,
        /// The inode number.
        inode: u64,
    },
}

/// One file of a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Where, relative to the folder; the file's name when the source is one file.
    pub path: SafePath,
    /// Its size.
    pub size_bytes: u64,
    /// BLAKE3 of its bytes.
    pub hash: Hash,
    /// Whether it can be executed; only ever set in trees.
    pub executable: bool,
    /// How it looked.
    #[serde(skip)]
    pub hint: Hint,
}

/// Sorted entries, each path once. Cheap to clone; serde writes a list of the entries.
#[derive(Debug, Clone, Default)]
pub struct Manifest {
    entries: Arc<Vec<Entry>>,
    /// Worked out when it is first asked for; clones share it.
    digest: Arc<OnceLock<Hash>>,
}

impl PartialEq for Manifest {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.entries, &other.entries) || self.entries == other.entries
    }
}

impl Eq for Manifest {}

impl Serialize for Manifest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.entries.as_slice().serialize(serializer)
    }
}

impl Manifest {
    /// Sorts the entries; the same path twice is an error that names it.
    pub fn new(mut entries: Vec<Entry>) -> Result<Self> {
        if !entries.is_sorted_by(|a, b| a.path < b.path) {
            entries.sort_by(|a, b| a.path.cmp(&b.path));
        }
        if let Some(pair) = entries.windows(2).find(|pair| pair[0].path == pair[1].path) {
            return Err(ObjectsError::bad_path(pair[0].path.as_str(), "it is there twice"));
        }
        Ok(Self::of_sorted(entries))
    }

    /// Entries that are in order, each path once.
    fn of_sorted(entries: Vec<Entry>) -> Self {
        Self {
            entries: Arc::new(entries),
            digest: Arc::default(),
        }
    }

    /// The entries in order of path (bytewise).
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Takes the entries out.
    pub fn into_entries(self) -> Vec<Entry> {
        Arc::unwrap_or_clone(self.entries)
    }

    /// The number of files.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no file.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The sum of all sizes.
    pub fn total_bytes(&self) -> u64 {
        self.entries.iter().map(|entry| entry.size_bytes).sum()
    }

    /// The entry of one file.
    pub fn get(&self, path: &SafePath) -> Option<&Entry> {
        let at = self.entries.binary_search_by(|entry| entry.path.cmp(path)).ok()?;
        self.entries.get(at)
    }

    /// The range of indexes of what lies under `folder`, or of the one file of that name.
    pub fn range_of(&self, folder: &SafePath) -> Vec<usize> {
        if folder.is_root() {
            return (0..self.entries.len()).collect();
        }
        if let Ok(at) = self.entries.binary_search_by(|entry| entry.path.cmp(folder)) {
            return vec![at];
        }
        let inside = format!("{folder}/");
        let first = self
            .entries
            .partition_point(|entry| entry.path.as_str() < inside.as_str());
        (first..self.entries.len())
            .take_while(|at| self.entries[*at].path.as_str().starts_with(&inside))
            .collect()
    }

    /// The name of exactly these bytes: BLAKE3 over path, size and hash of each entry, and over the executable bits
    /// that are set. Hints have no part in it.
    pub fn digest(&self) -> Hash {
        *self.digest.get_or_init(|| self.hash_entries())
    }

    fn hash_entries(&self) -> Hash {
        let mut hasher = blake3::Hasher::new();
        let mut buffer = Vec::with_capacity(1 << 16);
        buffer.extend_from_slice(b"tidemill manifest 1\n");
        for entry in self.entries() {
            buffer.extend_from_slice(&(entry.path.as_str().len() as u64).to_le_bytes());
            buffer.extend_from_slice(entry.path.as_str().as_bytes());
            buffer.extend_from_slice(&entry.size_bytes.to_le_bytes());
            buffer.push(u8::from(entry.executable));
            buffer.extend_from_slice(entry.hash.as_bytes());
            if buffer.len() > (1 << 16) - 8192 {
                hasher.update(&buffer);
                buffer.clear();
            }
        }
        hasher.update(&buffer);
        hasher.finalize().into()
    }

    /// The same manifest without what only this machine knows.
    pub fn without_hints(mut self) -> Self {
        if self.entries().iter().any(|entry| entry.hint != Hint::None) {
            for entry in Arc::make_mut(&mut self.entries) {
                entry.hint = Hint::None;
            }
        }
        self
    }

    /// Refuses what can't be laid out as files: the root as a file, or a file that another entry uses as its folder.
    pub fn check_layable(&self) -> Result<()> {
        let mut last_folder: Option<SafePath> = None;
        for entry in self.entries() {
            if entry.path.is_root() {
                return Err(ObjectsError::bad_path("", "a file needs a name"));
            }
            let folder = entry.path.parent();
            if folder == last_folder {
                continue;
            }
            last_folder.clone_from(&folder);
            let mut above = folder;
            while let Some(folder) = above.filter(|folder| !folder.is_root()) {
                if self.get(&folder).is_some() {
                    return Err(ObjectsError::bad_path(
                        folder.as_str(),
                        "it is both a file and a folder",
                    ));
                }
                above = folder.parent();
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
