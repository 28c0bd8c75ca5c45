//! Copying between folders of this machine and a datastore, with progress.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use futures::{StreamExt, TryStreamExt, stream};

use super::{ByteStream, Datastore, FileMeta, blocking, new_partial, settle};
use crate::error::{ObjectsError, Result};
use crate::progress::{Progress, Tally};
use crate::safe_path::SafePath;
use crate::walk::Walk;

const FILES_AT_ONCE: usize = 8;

impl Datastore {
    /// Copies a file, or a folder with all in it, of this machine to `target`. Gives what was written.
    pub async fn copy_in(
        &self,
        source: &Path,
        target: &SafePath,
        progress: &dyn Progress,
    ) -> Result<Vec<FileMeta>> {
        let from = source.to_owned();
        let files = blocking("list", move || {
            let meta = fs::metadata(&from).map_err(|error| ObjectsError::io("open", &from, error))?;
            if meta.is_dir() {
                return Ok(Walk::new(&from)
                    .run()?
                    .into_iter()
                    .map(|file| file.path)
                    .collect());
            }
            Ok(vec![SafePath::root()])
        })
        .await?;
        let written = stream::iter(files)
            .map(|path| async move {
                let full = path.under(source);
                let bytes = counted(open_file(&full).await?, progress);
                let meta = self.put_counted(&target.join(&path), bytes).await?;
                progress.advance(1, 0);
                Ok(meta)
            })
            .buffered(FILES_AT_ONCE)
            .try_collect()
            .await?;
        self.sync().await?;
        Ok(written)
    }

    async fn put_counted(&self, path: &SafePath, bytes: Counted<'_>) -> Result<FileMeta> {
        let Counted { bytes, progress } = bytes;
        let tally = Arc::new(Tally::default());
        let told = tally.clone();
        let bytes = bytes.inspect_ok(move |piece| told.advance(0, piece.len() as u64));
        tally
            .follow(self.put_unsynced(path, bytes.boxed()), progress)
            .await
    }

    /// Copies a file, or a folder with all in it, to `target` on this machine: a file to exactly this path, a folder's
    /// files under it. Each file appears only when it is whole. Gives the number of files.
    pub async fn copy_out(&self, source: &SafePath, target: &Path, progress: &dyn Progress) -> Result<u64> {
        let single = !source.is_root() && self.exists(source).await?;
        if single {
            self.copy_file_out(source, target, progress).await?;
            return Ok(1);
        }
        let files = self.list(source).await?;
        if files.is_empty() {
            return Err(ObjectsError::NotFound {
                what: format!("{source} in {self}"),
            });
        }
        stream::iter(files)
            .map(|file| async move {
                let inside = file.path.strip_prefix(source).unwrap_or_default();
                self.copy_file_out(&file.path, &inside.under(target), progress)
                    .await
            })
            .buffer_unordered(FILES_AT_ONCE)
            .try_fold(0, |count, ()| async move { Ok(count + 1) })
            .await
    }

    async fn copy_file_out(&self, source: &SafePath, target: &Path, progress: &dyn Progress) -> Result<()> {
        let (_, bytes) = self.get(source, None).await?;
        write_file(target, bytes, progress).await?;
        progress.advance(1, 0);
        Ok(())
    }
}

struct Counted<'a> {
    bytes: ByteStream,
    progress: &'a dyn Progress,
}

fn counted(bytes: ByteStream, progress: &dyn Progress) -> Counted<'_> {
    Counted { bytes, progress }
}

pub(crate) async fn open_file(path: &Path) -> Result<ByteStream> {
    let path = path.to_owned();
    blocking("read", move || {
        let file = File::open(&path).map_err(|error| ObjectsError::io("open", &path, error))?;
        let length = file
            .metadata()
            .map_err(|error| ObjectsError::io("read", &path, error))?
            .len();
        Ok(crate::stream::from_file(file, path, length))
    })
    .await
}

/// Writes a stream to a file of this machine, which appears only when it is whole; folders above it are created.
pub(crate) async fn write_file(target: &Path, mut bytes: ByteStream, progress: &dyn Progress) -> Result<()> {
    let place = target.to_owned();
    let (mut file, partial) = blocking("write", move || {
        if let Some(folder) = place.parent() {
            fs::create_dir_all(folder).map_err(|error| ObjectsError::io("create", folder, error))?;
        }
        new_partial(&place)
    })
    .await?;
    while let Some(piece) = bytes.try_next().await? {
        progress.advance(0, piece.len() as u64);
        let place = target.to_owned();
        file = blocking("write", move || {
            file.write_all(&piece)
                .map_err(|error| ObjectsError::io("write", &place, error))?;
            Ok(file)
        })
        .await?;
    }
    let place = target.to_owned();
    blocking("write", move || settle(partial, &place)).await
}
