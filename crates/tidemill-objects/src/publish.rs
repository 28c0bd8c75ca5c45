//! Giving the files of a folder (a job's output) to a datastore, and saying exactly what was given.

use std::collections::HashSet;
use std::path::Path;

use futures::{StreamExt, TryStreamExt, stream};

use crate::datastore::{Datastore, blocking, open_file};
use crate::error::{ObjectsError, Result};
use crate::manifest::{Entry, Manifest};
use crate::progress::Progress;
use crate::safe_path::SafePath;
use crate::stream::hashed;
use crate::walk::Walk;

const FILES_AT_ONCE: usize = 8;

/// What happens to files that are at the target already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublishMode {
    /// There must be none.
    Fresh,
    /// They stay, except those of the same path.
    Merge,
    /// They are removed when all new ones are there.
    Replace,
}

/// Writes the file, or all files of the folder, `source` to `path` of the datastore, hashing them on their way.
/// The manifest's paths are relative to `path` (one file: its own name). Each file appears whole.
pub async fn publish(
    source: &Path,
    datastore: &Datastore,
    path: &SafePath,
    mode: PublishMode,
    progress: &dyn Progress,
) -> Result<Manifest> {
    let old = if mode == PublishMode::Merge {
        Vec::new()
    } else {
        datastore.list(path).await?
    };
    if mode == PublishMode::Fresh && !old.is_empty() {
        return Err(ObjectsError::Exists {
            what: format!("{path} in {datastore}"),
        });
    }
    let from = source.to_owned();
    let files: Vec<(SafePath, std::path::PathBuf)> = blocking("list", move || {
        if from.is_file() {
            let name = crate::walk::utf8_name(&SafePath::root(), from.file_name().unwrap_or_default())?;
            return Ok(vec![(SafePath::parse(name)?, from)]);
        }
        Ok(Walk::new(&from)
            .run()?
            .into_iter()
            .map(|file| (file.path.clone(), file.path.under(&from)))
            .collect())
    })
    .await?;
    let entries: Vec<Entry> = stream::iter(files)
        .map(|(inside, full)| async move {
            let (bytes, sum) = hashed(open_file(&full).await?);
            let written = datastore.put_unsynced(&path.join(&inside), bytes).await?;
            let (hash, size_bytes) = sum.get().ok_or(ObjectsError::Stopped { action: "publish" })?;
            progress.advance(1, *size_bytes);
            let hint = written.hint;
            Ok::<_, ObjectsError>(Entry {
                path: inside,
                size_bytes: *size_bytes,
                hash: *hash,
                executable: false,
                hint,
            })
        })
        .buffer_unordered(FILES_AT_ONCE)
        .try_collect()
        .await?;
    let manifest = Manifest::new(entries)?;
    if mode == PublishMode::Replace {
        let new: HashSet<&SafePath> = manifest.entries().iter().map(|entry| &entry.path).collect();
        for file in &old {
            if file
                .path
                .strip_prefix(path)
                .is_some_and(|inside| !new.contains(&inside))
            {
                datastore.delete(&file.path).await?;
            }
        }
    }
    datastore.sync().await?;
    Ok(manifest)
}
