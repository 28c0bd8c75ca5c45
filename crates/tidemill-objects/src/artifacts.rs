//! Artifacts of runs and models: named files in a folder of a datastore, written whole or in parts.

use std::ops::Range;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};

use crate::datastore::{ByteStream, Datastore, DirListing, FileMeta};
use crate::error::{ObjectsError, Result};
use crate::safe_path::SafePath;

/// Where parts wait for the end of their upload, out of sight of every list.
const PARTS_FOLDER: &str = ".tidemill-partial-uploads";
/// The most parts of one upload.
pub const MAX_PARTS: u32 = 10_000;

/// A folder of a datastore as a place for artifacts. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Artifacts {
    datastore: Datastore,
    folder: SafePath,
}

impl Artifacts {
    /// The artifacts under `folder`.
    pub fn new(datastore: Datastore, folder: SafePath) -> Self {
        Self { datastore, folder }
    }

    /// The artifacts of a folder inside.
    pub fn inside(&self, folder: &SafePath) -> Self {
        Self {
            datastore: self.datastore.clone(),
            folder: self.folder.join(folder),
        }
    }

    /// The datastore that holds them.
    pub fn datastore(&self) -> &Datastore {
        &self.datastore
    }

    /// Where they lie in the datastore.
    pub fn folder(&self) -> &SafePath {
        &self.folder
    }

    fn at(&self, path: &SafePath) -> Result<SafePath> {
        if path.is_root() {
            return Err(ObjectsError::bad_path("", "an artifact needs a name"));
        }
        if path.names().any(|name| name == PARTS_FOLDER) {
            return Err(ObjectsError::bad_path(
                path.as_str(),
                "this name is kept for uploads",
            ));
        }
        Ok(self.folder.join(path))
    }

    fn inner(&self, meta: FileMeta) -> FileMeta {
        let path = meta.path.strip_prefix(&self.folder).unwrap_or_default();
        FileMeta { path, ..meta }
    }

    /// Writes an artifact, whole or not at all.
    pub async fn put(&self, path: &SafePath, bytes: ByteStream) -> Result<FileMeta> {
        Ok(self.inner(self.datastore.put_stream(&self.at(path)?, bytes).await?))
    }

    /// Writes a small artifact from memory.
    pub async fn put_bytes(&self, path: &SafePath, bytes: Bytes) -> Result<FileMeta> {
        self.put(path, crate::stream::once(bytes)).await
    }

    /// The bytes of an artifact, or a range of them.
    pub async fn get(&self, path: &SafePath, range: Option<Range<u64>>) -> Result<(FileMeta, ByteStream)> {
        let (meta, bytes) = self.datastore.get(&self.at(path)?, range).await?;
        Ok((self.inner(meta), bytes))
    }

    /// Its size and change mark.
    pub async fn head(&self, path: &SafePath) -> Result<FileMeta> {
        Ok(self.inner(self.datastore.head(&self.at(path)?).await?))
    }

    /// What one folder holds; nothing there is an empty list.
    pub async fn list(&self, folder: &SafePath) -> Result<DirListing> {
        let listing = self.datastore.list_dir(&self.folder.join(folder)).await?;
        let folders = listing.folders.iter().filter(|path| path.name() != PARTS_FOLDER);
        Ok(DirListing {
            folders: folders
                .filter_map(|path| path.strip_prefix(&self.folder))
                .collect(),
            files: listing.files.into_iter().map(|meta| self.inner(meta)).collect(),
        })
    }

    /// All artifacts under a folder, sorted.
    pub async fn list_all(&self, folder: &SafePath) -> Result<Vec<FileMeta>> {
        let files = self.datastore.list(&self.folder.join(folder)).await?;
        let files = files
            .into_iter()
            .filter(|meta| !meta.path.names().any(|name| name == PARTS_FOLDER));
        Ok(files.map(|meta| self.inner(meta)).collect())
    }

    /// Removes an artifact, or a folder of them; gives how many files are gone.
    pub async fn delete(&self, path: &SafePath) -> Result<u64> {
        let path = if path.is_root() {
            self.folder.clone()
        } else {
            self.at(path)?
        };
        self.datastore.delete_all(&path).await
    }

    /// Takes one part of a large upload; parts may come in any order, again, and at once. `upload` is a name that the
    /// caller made up (letters, digits, `-` and `_`) and that belongs to one upload; parts count from 1.
    pub async fn put_part(&self, upload: &str, part: u32, bytes: ByteStream) -> Result<FileMeta> {
        if !(1..=MAX_PARTS).contains(&part) {
            return Err(ObjectsError::TooLarge {
                what: "the number of a part".into(),
                actual: part.into(),
                limit: MAX_PARTS.into(),
                unit: "parts",
                hint: "count from 1, and send larger parts",
            });
        }
        let path = self.parts(upload)?.child(&format!("{part:05}"))?;
        self.datastore.put_stream(&path, bytes).await
    }

    /// Puts the parts together in the order of their numbers as one artifact, which appears whole; the parts are
    /// removed. Parts `1..=count` must all be there.
    pub async fn complete(&self, upload: &str, path: &SafePath, count: u32) -> Result<FileMeta> {
        let folder = self.parts(upload)?;
        let mut parts = Vec::new();
        for part in 1..=count.min(MAX_PARTS) {
            let path = folder.child(&format!("{part:05}"))?;
            match self.datastore.head(&path).await {
                Ok(_) => parts.push(path),
                Err(ObjectsError::NotFound { .. }) => {
                    return Err(ObjectsError::NotFound {
                        what: format!("part {part} of the upload {upload}"),
                    });
                }
                Err(error) => return Err(error),
            }
        }
        let datastore = self.datastore.clone();
        let bytes = stream::iter(parts)
            .then(move |path| {
                let datastore = datastore.clone();
                async move { Ok::<_, ObjectsError>(datastore.get(&path, None).await?.1) }
            })
            .try_flatten();
        let meta = self.put(path, bytes.boxed()).await?;
        self.abort(upload).await?;
        Ok(meta)
    }

    /// Forgets an upload and its parts.
    pub async fn abort(&self, upload: &str) -> Result<()> {
        self.datastore.delete_all(&self.parts(upload)?).await?;
        Ok(())
    }

    fn parts(&self, upload: &str) -> Result<SafePath> {
        let fine = !upload.is_empty()
            && upload.len() <= 128
            && upload
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        if !fine {
            return Err(ObjectsError::bad_path(upload, "it is not the name of an upload"));
        }
        self.folder.child(PARTS_FOLDER)?.child(upload)
    }
}
