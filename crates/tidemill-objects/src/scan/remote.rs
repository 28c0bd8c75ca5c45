//! Scanning a remote store: list, then read what may have changed, several files at a time.

use futures::{StreamExt, TryStreamExt, stream};

use super::{Known, Scan, ScanTarget};
use crate::datastore::{Datastore, FileMeta};
use crate::error::{ObjectsError, Result};
use crate::manifest::{Entry, Manifest};
use crate::progress::Progress;
use crate::safe_path::SafePath;

const FILES_AT_ONCE: usize = 16;

pub(super) async fn scan(
    datastore: &Datastore,
    target: &ScanTarget,
    previous: Option<&Manifest>,
    progress: &dyn Progress,
) -> Result<Scan> {
    let files = target.files(datastore).await?;
    let mut known = Known::new(previous);
    let (mut entries, mut unknown) = (Vec::with_capacity(files.len()), Vec::new());
    for (path, file) in files {
        match known.unchanged(&path, file.size_bytes, &file.hint) {
            Some(entry) => {
                progress.advance(1, entry.size_bytes);
                entries.push(entry.clone());
            }
            None => unknown.push((path, file)),
        }
    }
    let files_read = unknown.len() as u64;
    let bytes_read = unknown.iter().map(|(_, file)| file.size_bytes).sum();
    let read: Vec<Entry> = stream::iter(unknown)
        .map(|(path, file)| hash(datastore, path, file, progress))
        .buffer_unordered(FILES_AT_ONCE)
        .try_collect()
        .await?;
    entries.extend(read);
    Ok(Scan {
        manifest: Manifest::new(entries)?,
        files_read,
        bytes_read,
    })
}

async fn hash(
    datastore: &Datastore,
    path: SafePath,
    listed: FileMeta,
    progress: &dyn Progress,
) -> Result<Entry> {
    let (meta, mut bytes) = datastore.get(&listed.path, None).await?;
    let (mut hasher, mut size_bytes) = (blake3::Hasher::new(), 0);
    while let Some(piece) = bytes.try_next().await? {
        hasher.update(&piece);
        size_bytes += piece.len() as u64;
        progress.advance(0, piece.len() as u64);
    }
    if size_bytes != listed.size_bytes || meta.hint != listed.hint {
        return Err(ObjectsError::ChangedWhileRead {
            path: listed.path.to_string(),
        });
    }
    progress.advance(1, 0);
    Ok(Entry {
        path,
        size_bytes,
        hash: hasher.finalize().into(),
        executable: false,
        hint: listed.hint,
    })
}
