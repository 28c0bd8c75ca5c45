//! A datastore in a container or bucket, over `object_store`. Errors are scrubbed of secrets here.

use std::ops::Range;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures::stream::FuturesUnordered;
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path as StorePath;
use object_store::{GetOptions, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt, PutPayload};

use super::{ByteStream, DirListing, FileMeta};
use crate::error::{ErrorKind, ObjectsError, Result};
use crate::manifest::Hint;
use crate::safe_path::SafePath;
use crate::secret::Scrubber;

/// Writes up to this size are one request; larger ones go in parts.
const ONE_REQUEST_BYTES: usize = 8 << 20;
const PARTS_AT_ONCE: usize = 4;

pub(crate) struct RemoteStore {
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) prefix: SafePath,
    scrubber: Scrubber,
}

impl RemoteStore {
    pub(crate) fn new(store: Arc<dyn ObjectStore>, prefix: SafePath, scrubber: Scrubber) -> Self {
        Self {
            store,
            prefix,
            scrubber,
        }
    }

    /// What it is, for texts.
    pub(crate) fn label(&self) -> String {
        let store = self.scrubber.scrub(&self.store.to_string());
        if self.prefix.is_root() {
            store
        } else {
            format!("{store}/{}", self.prefix)
        }
    }

    /// The key of a path. What can't be a key (control characters) is an error that names it.
    pub(crate) fn key(&self, path: &SafePath) -> Result<StorePath> {
        let whole = self.prefix.join(path);
        StorePath::parse(whole.as_str())
            .map_err(|_| ObjectsError::bad_path(path.as_str(), "it holds a control character"))
    }

    fn path_of(&self, key: &StorePath) -> Result<SafePath> {
        let whole = SafePath::parse(key.as_ref())?;
        whole.strip_prefix(&self.prefix).ok_or_else(|| {
            ObjectsError::bad_path(
                key.as_ref(),
                format!("it is not under the prefix {:?}", self.prefix.as_str()),
            )
        })
    }

    fn describe(&self, meta: &ObjectMeta) -> Result<FileMeta> {
        let modified_ms = meta.last_modified.timestamp_millis();
        Ok(FileMeta {
            path: self.path_of(&meta.location)?,
            size_bytes: meta.size,
            hint: hint_of(meta.e_tag.clone(), Some(modified_ms)),
            modified_ms: Some(modified_ms),
        })
    }

    pub(crate) fn fail(
        &self,
        action: &'static str,
        path: &SafePath,
        error: object_store::Error,
    ) -> ObjectsError {
        let place = if path.is_root() {
            self.label()
        } else {
            format!("{path} in {}", self.label())
        };
        fail(&self.scrubber, action, place, error)
    }

    pub(crate) async fn head(&self, path: &SafePath) -> Result<FileMeta> {
        if path.is_root() {
            return Err(ObjectsError::NotFound {
                what: "a file without a name".into(),
            });
        }
        let meta = self
            .store
            .head(&self.key(path)?)
            .await
            .map_err(|error| self.fail("read", path, error))?;
        self.describe(&meta)
    }

    pub(crate) async fn get(
        &self,
        path: &SafePath,
        range: Option<Range<u64>>,
    ) -> Result<(FileMeta, ByteStream)> {
        let key = self.key(path)?;
        let options = match range {
            // Stores refuse empty ranges.
            Some(range) if range.is_empty() => {
                let meta = self.head(path).await?;
                return Ok((meta, futures::stream::empty().boxed()));
            }
            Some(range) => GetOptions {
                range: Some(range.into()),
                ..Default::default()
            },
            None => GetOptions::default(),
        };
        let result = self
            .store
            .get_opts(&key, options)
            .await
            .map_err(|error| self.fail("read", path, error))?;
        let meta = self.describe(&result.meta)?;
        let (scrubber, place) = (self.scrubber.clone(), format!("{path} in {}", self.label()));
        let bytes = result
            .into_stream()
            .map_err(move |error| fail(&scrubber, "read", place.clone(), error));
        Ok((meta, bytes.boxed()))
    }

    pub(crate) async fn put_stream(&self, path: &SafePath, mut bytes: ByteStream) -> Result<FileMeta> {
        if path.is_root() {
            return Err(ObjectsError::bad_path("", "a file needs a name"));
        }
        let key = self.key(path)?;
        let mut pending = BytesMut::new();
        let mut whole: Option<Bytes> = None;
        while pending.len() <= ONE_REQUEST_BYTES {
            match bytes.try_next().await? {
                // One piece that is all needn't be copied.
                Some(piece) if pending.is_empty() && whole.is_none() => whole = Some(piece),
                Some(piece) => {
                    if let Some(first) = whole.take() {
                        pending.extend_from_slice(&first);
                    }
                    pending.extend_from_slice(&piece);
                }
                None => {
                    let all = whole.unwrap_or_else(|| pending.freeze());
                    let size_bytes = all.len() as u64;
                    let put = self.store.put(&key, PutPayload::from_bytes(all)).await;
                    let put = put.map_err(|error| self.fail("write", path, error))?;
                    return Ok(written(path, size_bytes, put.e_tag));
                }
            }
        }
        let upload = self
            .store
            .put_multipart(&key)
            .await
            .map_err(|error| self.fail("write", path, error))?;
        self.put_parts(path, upload, pending, bytes).await
    }

    async fn put_parts(
        &self,
        path: &SafePath,
        mut upload: Box<dyn MultipartUpload>,
        pending: BytesMut,
        bytes: ByteStream,
    ) -> Result<FileMeta> {
        let sent = self.send_parts(path, &mut upload, pending, bytes).await;
        let outcome = match sent {
            Ok(size) => upload
                .complete()
                .await
                .map(|put| (size, put))
                .map_err(|error| self.fail("write", path, error)),
            Err(error) => Err(error),
        };
        match outcome {
            Ok((size, put)) => Ok(written(path, size, put.e_tag)),
            Err(error) => {
                if let Err(abort) = upload.abort().await {
                    tracing::warn!(path = %path, error = %self.fail("abort the upload of", path, abort), "parts may be left");
                }
                Err(error)
            }
        }
    }

    async fn send_parts(
        &self,
        path: &SafePath,
        upload: &mut Box<dyn MultipartUpload>,
        mut pending: BytesMut,
        mut bytes: ByteStream,
    ) -> Result<u64> {
        let mut running = FuturesUnordered::new();
        let (mut size, mut parts, mut ended) = (0u64, 0usize, false);
        loop {
            while !ended && pending.len() < part_bytes(parts) {
                match bytes.try_next().await? {
                    Some(piece) => pending.extend_from_slice(&piece),
                    None => ended = true,
                }
            }
            if pending.is_empty() {
                break;
            }
            let part = pending.split_to(pending.len().min(part_bytes(parts))).freeze();
            size += part.len() as u64;
            parts += 1;
            running.push(upload.put_part(PutPayload::from_bytes(part)));
            if running.len() >= PARTS_AT_ONCE
                && let Some(done) = running.next().await
            {
                done.map_err(|error| self.fail("write", path, error))?;
            }
        }
        while let Some(done) = running.next().await {
            done.map_err(|error| self.fail("write", path, error))?;
        }
        Ok(size)
    }

    pub(crate) async fn list(&self, folder: &SafePath) -> Result<Vec<FileMeta>> {
        let key = self.key(folder)?;
        let under = (!folder.is_root() || !self.prefix.is_root()).then_some(&key);
        let mut files = Vec::new();
        let mut found = self.store.list(under);
        while let Some(meta) = found
            .try_next()
            .await
            .map_err(|error| self.fail("list", folder, error))?
        {
            // A key that ends in `/` is a folder's marker, which some tools write.
            if meta.location.as_ref() != key.as_ref() && !is_folder_marker(&meta) {
                files.push(self.describe(&meta)?);
            }
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(without_folders(files))
    }

    pub(crate) async fn list_dir(&self, folder: &SafePath) -> Result<DirListing> {
        let key = self.key(folder)?;
        let under = (!folder.is_root() || !self.prefix.is_root()).then_some(&key);
        let found = self
            .store
            .list_with_delimiter(under)
            .await
            .map_err(|error| self.fail("list", folder, error))?;
        let mut listing = DirListing::default();
        for key in &found.common_prefixes {
            listing.folders.push(self.path_of(key)?);
        }
        for meta in found
            .objects
            .iter()
            .filter(|meta| meta.location != key && !is_folder_marker(meta))
        {
            listing.files.push(self.describe(meta)?);
        }
        // Directories of Data Lake Gen2 are listed as empty objects beside what is in them.
        listing
            .files
            .retain(|file| file.size_bytes > 0 || listing.folders.binary_search(&file.path).is_err());
        listing.folders.sort();
        listing.folders.sort();
        // Directories of Data Lake Gen2 are listed as empty objects beside what is in them.
        let folders = &listing.folders;
        listing
            .files
            .retain(|file| file.size_bytes > 0 || folders.binary_search(&file.path).is_err());
        listing.files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(listing)
    }

    pub(crate) async fn delete(&self, path: &SafePath) -> Result<()> {
        self.head(path).await?;
        self.store
            .delete(&self.key(path)?)
            .await
            .map_err(|error| self.fail("delete", path, error))
    }
}

/// Leaves out the empty objects that stand for directories (Data Lake Gen2, some S3 tools), as what lies in them shows.
fn without_folders(files: Vec<FileMeta>) -> Vec<FileMeta> {
    let is_folder = |file: &FileMeta| {
        let inside = format!("{}/", file.path);
        let next = files.partition_point(|other| other.path.as_str() < inside.as_str());
        files
            .get(next)
            .is_some_and(|other| other.path.as_str().starts_with(&inside))
    };
    let keep: Vec<bool> = files
        .iter()
        .map(|file| file.size_bytes > 0 || !is_folder(file))
        .collect();
    files
        .into_iter()
        .zip(keep)
        .filter_map(|(file, keep)| keep.then_some(file))
        .collect()
}

fn is_folder_marker(meta: &ObjectMeta) -> bool {
    meta.size == 0 && meta.location.as_ref().ends_with('/')
}

/// Without an etag the time of the last change is the mark. Azure quotes an etag in a head and not in a list.
pub(crate) fn hint_of(etag: Option<String>, modified_ms: Option<i64>) -> Hint {
    match (etag, modified_ms) {
        (Some(etag), _) => Hint::Etag(etag.trim_matches('"').to_owned()),
        (None, Some(modified_ms)) => Hint::Etag(format!("modified {modified_ms}")),
        (None, None) => Hint::None,
    }
}

fn written(path: &SafePath, size_bytes: u64, etag: Option<String>) -> FileMeta {
    FileMeta {
        path: path.clone(),
        size_bytes,
        hint: hint_of(etag, None),
        modified_ms: None,
    }
}

/// Parts grow, so that the 10,000 parts a store allows reach about a terabyte.
fn part_bytes(part: usize) -> usize {
    match part {
        0..1000 => 8 << 20,
        1000..3000 => 32 << 20,
        _ => 128 << 20,
    }
}

fn fail(
    scrubber: &Scrubber,
    action: &'static str,
    place: String,
    error: object_store::Error,
) -> ObjectsError {
    use object_store::Error as E;
    let kind = match &error {
        E::NotFound { .. } => return ObjectsError::NotFound { what: place },
        E::PermissionDenied { .. } | E::Unauthenticated { .. } => ErrorKind::Forbidden,
        E::AlreadyExists { .. } | E::Precondition { .. } | E::NotModified { .. } => ErrorKind::Conflict,
        E::InvalidPath { .. } | E::NotSupported { .. } | E::NotImplemented { .. } => ErrorKind::Invalid,
        _ => ErrorKind::Unavailable,
    };
    let hint = match kind {
        ErrorKind::Forbidden => "check the datastore's credentials and what they may do",
        ErrorKind::Unavailable => "check the datastore's endpoint and the network, then try again",
        _ => "check the path",
    };
    let detail = format!("{}; {hint}", scrubber.scrub(&error.to_string()));
    ObjectsError::Remote {
        action,
        path: place,
        detail,
        kind,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_objects_that_stand_for_folders_are_not_files() {
        let file = |path: &str, size_bytes| FileMeta {
            path: SafePath::parse(path).unwrap(),
            size_bytes,
            hint: Hint::None,
            modified_ms: None,
        };
        let listed = vec![
            file("a", 0),
            file("a-b", 0),
            file("a/x", 0),
            file("c", 1),
            file("c/x", 1),
        ];
        let left: Vec<String> = without_folders(listed)
            .iter()
            .map(|file| file.path.to_string())
            .collect();
        assert_eq!(left, ["a-b", "a/x", "c", "c/x"]);
    }
}
