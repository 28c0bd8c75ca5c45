//! The files of a datastore: folders, bytes, and uploads that go on where they broke.
//!
//! What arrives is kept in the cache until all of it is there and has the hash that was announced; then it is written into the
//! datastore, whole or not at all. So an upload goes on behind what was received, whatever kind of datastore it is for.

use std::collections::HashMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use futures::{StreamExt, TryStreamExt};
use serde_json::json;
use tidemill_api::datastore::{UploadQuery, UploadState};
pub use tidemill_objects::FileMeta;
use tidemill_objects::{ByteStream, Datastore, DirListing, Hash, ObjectsError, SafePath};
use tokio::io::AsyncWriteExt;
use tokio_util::sync::CancellationToken;

use crate::artifact::Download;
use crate::context::Change;
use crate::datastore_access::keep_history;
use crate::{Error, Kind, OpContext, Result, Scope, action, bytes, datastore};

/// How long an upload that broke is kept.
const KEPT: Duration = Duration::from_secs(7 * 24 * 3600);
/// Uploads that bytes arrive for.
static ARRIVING: Mutex<Option<HashMap<String, Slot>>> = Mutex::new(None);

/// Held while a file is put in its place, so that of two uploads to one place the second sees the first. A place has one of them by its
/// hash; two places that share one wait for each other, and that is all.
static PUTTING: [tokio::sync::Mutex<()>; 64] = [const { tokio::sync::Mutex::const_new(()) }; 64];

/// What one folder holds, and whether nobody writes there.
///
/// # Errors
/// NotFound for the datastore; Invalid for a path that leaves it, or a store that cannot list.
pub async fn list(ctx: &OpContext, workspace: &str, name: &str, folder: &str) -> Result<(DirListing, bool)> {
    ctx.authorize(action::DATASTORE_FILE_READ, &scope(workspace, name, folder))
        .await?;
    keep_history(ctx, workspace, name, folder, action::DATASTORE_FILE_READ).await?;
    let store = bytes::open(ctx, workspace, name).await?;
    let found = store.list_dir(&SafePath::normalise(folder)?).await?;
    Ok((found, store.is_read_only() || name == datastore::ARTIFACTS))
}

/// Size and last change of a file.
///
/// # Errors
/// NotFound; Invalid for a path that leaves the datastore.
pub async fn head(ctx: &OpContext, workspace: &str, name: &str, path: &str) -> Result<FileMeta> {
    ctx.authorize(action::DATASTORE_FILE_READ, &scope(workspace, name, path))
        .await?;
    keep_history(ctx, workspace, name, path, action::DATASTORE_FILE_READ).await?;
    let store = bytes::open(ctx, workspace, name).await?;
    Ok(store.head(&SafePath::normalise(path)?).await?)
}

/// The bytes of a file, or of a range of it.
///
/// # Errors
/// NotFound; Invalid for a path that leaves the datastore.
pub async fn get(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    path: &str,
    range: Option<Range<u64>>,
) -> Result<Download> {
    ctx.authorize(action::DATASTORE_FILE_READ, &scope(workspace, name, path))
        .await?;
    keep_history(ctx, workspace, name, path, action::DATASTORE_FILE_READ).await?;
    let store = bytes::open(ctx, workspace, name).await?;
    let (meta, bytes) = store.get(&SafePath::normalise(path)?, range).await?;
    Ok(Download {
        size_bytes: meta.size_bytes,
        bytes,
    })
}

/// How far an upload has come. A file of these bytes that lies there already is done.
///
/// # Errors
/// Conflict where another file lies there, unless it may be replaced; Invalid for a path that leaves the datastore; Forbidden for
/// the datastore of artifacts, which runs write.
pub async fn upload_state(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    query: &UploadQuery,
) -> Result<UploadState> {
    let upload = Upload::begin(ctx, workspace, name, query).await?;
    if upload.is_there().await? {
        return Ok(UploadState {
            received_bytes: query.size_bytes,
            done: true,
        });
    }
    Ok(UploadState {
        received_bytes: upload.received().await,
        done: false,
    })
}

/// Takes bytes of an upload from `offset` on; with the last of them the file is in its place.
///
/// # Errors
/// As [`upload_state`]; Precondition where the offset is not the end of what was received, or where not all came; Unavailable where
/// another connection takes over; Invalid
/// where the whole has another hash than was announced: then nothing of it is kept.
pub async fn upload(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    query: &UploadQuery,
    body: ByteStream,
) -> Result<UploadState> {
    let upload = Upload::begin(ctx, workspace, name, query).await?;
    let arriving = Arriving::begin(&upload.id).await?;
    let received = upload.received().await;
    if received != query.offset {
        let apart = format!(
            "failed to upload {}: {received} bytes of it are here, and those that came begin at {}",
            query.path, query.offset
        );
        return Err(
            Error::new(Kind::Precondition, apart).hint("ask how far it has come, and send what is behind")
        );
    }
    if let Err(error) = upload.take(query, received, body, &arriving.stop).await {
        if upload.hash.is_none() {
            upload.forget().await;
        }
        return Err(error);
    }
    upload.finish(ctx, query).await?;
    Ok(UploadState {
        received_bytes: query.size_bytes,
        done: true,
    })
}

/// The place of a file or folder of a datastore, for who may reach it: `datastores/lake/silver/a.csv`.
fn scope(workspace: &str, name: &str, path: &str) -> Scope {
    // What is asked is what is opened: `silver/../gold` lies in gold, and what leaves the datastore is told where it is opened.
    let path = SafePath::normalise(path.trim_matches('/')).unwrap_or_default();
    let inside = if path.is_root() {
        name.to_owned()
    } else {
        format!("{name}/{path}")
    };
    Scope::resource(workspace, "datastores", &inside)
}

/// An upload that was announced.
struct Upload {
    id: String,
    part: PathBuf,
    store: Datastore,
    path: SafePath,
    hash: Option<Hash>,
    size_bytes: u64,
    overwrite: bool,
    scope: Scope,
}

impl Upload {
    async fn begin(ctx: &OpContext, workspace: &str, name: &str, query: &UploadQuery) -> Result<Self> {
        let scope = scope(workspace, name, &query.path);
        ctx.authorize(action::DATASTORE_FILE_WRITE, &scope).await?;
        keep_history(ctx, workspace, name, &query.path, action::DATASTORE_FILE_WRITE).await?;
        let failed = |why: &str| format!("failed to upload {}: {why}", query.path);
        if name == datastore::ARTIFACTS {
            return Err(
                Error::forbidden(failed("the artifacts of runs are written by runs alone"))
                    .hint("upload to workspaceblobstore or to a datastore of your own"),
            );
        }
        let path = SafePath::normalise(&query.path)?;
        if path.is_root() {
            return Err(Error::invalid(failed("its path names no file")));
        }
        let hash: Option<Hash> = query
            .hash
            .as_deref()
            .map(str::parse)
            .transpose()
            .map_err(|_| Error::invalid(failed("its hash is not 64 hex digits")))?;
        let store = bytes::open(ctx, workspace, name).await?;
        if store.is_read_only() {
            return Err(Error::invalid(failed("its datastore is only read")));
        }
        // Without a hash nobody knows whether it is the same file as before.
        let what = hash.map_or_else(|| ctx.app().clock.ulid(), |hash| hash.to_hex());
        let id =
            blake3::hash(format!("{workspace}\n{name}\n{path}\n{what}\n{}", query.size_bytes).as_bytes());
        let folder = ctx.app().dir.cache().join("uploads");
        tokio::fs::create_dir_all(&folder)
            .await
            .map_err(Error::internal)?;
        sweep(&folder).await;
        Ok(Self {
            part: folder.join(id.to_hex().as_str()),
            id: id.to_hex().to_string(),
            store,
            path,
            hash,
            size_bytes: query.size_bytes,
            overwrite: query.overwrite,
            scope,
        })
    }

    /// Whether a file of these bytes lies there already.
    async fn is_there(&self) -> Result<bool> {
        let there = match self.store.head(&self.path).await {
            Ok(there) => there,
            Err(ObjectsError::NotFound { .. } | ObjectsError::NotAFile { .. }) => return Ok(false),
            Err(error) => return Err(error.into()),
        };
        if let Some(hash) = self.hash.filter(|_| there.size_bytes == self.size_bytes)
            && self.stored_hash().await? == hash
        {
            return Ok(true);
        }
        match self.overwrite {
            true => Ok(false),
            false => Err(Error::conflict(format!(
                "failed to upload {}: another file lies there, of {} bytes",
                self.path, there.size_bytes
            ))
            .hint("versions of data may name it: choose another path, or say that it shall be replaced (--overwrite)")),
        }
    }

    async fn stored_hash(&self) -> Result<Hash> {
        let (_, mut pieces) = self.store.get(&self.path, None).await?;
        let mut hasher = blake3::Hasher::new();
        while let Some(piece) = pieces.try_next().await? {
            hasher.update(&piece);
        }
        Ok(hasher.finalize().into())
    }

    /// Bytes that are here.
    async fn received(&self) -> u64 {
        let there = tokio::fs::metadata(&self.part).await;
        there.map_or(0, |there| there.len())
    }

    /// Appends what arrives. Where the connection breaks, what came before is kept.
    async fn take(
        &self,
        query: &UploadQuery,
        received: u64,
        mut body: ByteStream,
        stop: &CancellationToken,
    ) -> Result<()> {
        let mut file = tokio::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.part)
            .await
            .map_err(Error::internal)?;
        let (mut length, mut too_many) = (received, false);
        let broke = loop {
            let next = tokio::select! {
                biased;
                () = stop.cancelled() => break Some(taken_over()),
                next = body.try_next() => next,
            };
            match next {
                Ok(Some(piece)) => {
                    length += piece.len() as u64;
                    if length > self.size_bytes {
                        too_many = true;
                        break Some(Error::invalid(format!(
                            "failed to upload {}: more than the {} bytes came that were announced",
                            query.path, self.size_bytes
                        )));
                    }
                    file.write_all(&piece).await.map_err(Error::internal)?;
                }
                Ok(None) => break None,
                Err(error) => break Some(error.into()),
            }
        };
        file.flush().await.map_err(Error::internal)?;
        file.sync_data().await.map_err(Error::internal)?;
        if let Some(error) = broke {
            if too_many {
                self.forget().await;
            }
            return Err(error);
        }
        if length < self.size_bytes {
            return Err(Error::new(
                Kind::Precondition,
                format!(
                    "failed to upload {}: {length} of {} bytes came",
                    query.path, self.size_bytes
                ),
            )
            .hint("send what is behind them"));
        }
        Ok(())
    }

    /// Puts the file in its place, when it is what was announced.
    async fn finish(&self, ctx: &OpContext, query: &UploadQuery) -> Result<()> {
        let part = self.part.clone();
        let hashed = tokio::task::spawn_blocking(move || {
            let mut hasher = blake3::Hasher::new();
            std::io::copy(&mut std::fs::File::open(part)?, &mut hasher)?;
            Ok::<Hash, std::io::Error>(hasher.finalize().into())
        });
        let found = hashed.await.map_err(Error::internal)?.map_err(Error::internal)?;
        if let Some(hash) = self.hash.filter(|hash| *hash != found) {
            self.forget().await;
            return Err(Error::invalid(format!(
                "failed to upload {}: what arrived hashes to {found}, and {hash} was announced",
                query.path
            ))
            .hint("the file was changed while it was sent, or bytes were damaged: send it again"));
        }
        let place = blake3::hash(self.store.place(&self.path).as_bytes());
        let _alone = PUTTING[usize::from(place.as_bytes()[0]) % PUTTING.len()]
            .lock()
            .await;
        match self.is_there().await {
            Ok(false) => {}
            Ok(true) => {
                self.forget().await;
                return Ok(());
            }
            Err(error) => {
                // What cannot be gone on with is not kept.
                if self.hash.is_none() {
                    self.forget().await;
                }
                return Err(error);
            }
        }
        let file = tokio::fs::File::open(&self.part).await.map_err(Error::internal)?;
        let name = self.path.to_string();
        let unreadable = move |error: std::io::Error| ObjectsError::Remote {
            action: "read",
            path: name.clone(),
            detail: error.to_string(),
            kind: tidemill_objects::ErrorKind::Internal,
        };
        let pieces = tokio_util::io::ReaderStream::with_capacity(file, 1 << 20)
            .map_err(unreadable)
            .boxed();
        self.store.put_stream(&self.path, pieces).await?;
        let change = Change {
            action: action::DATASTORE_FILE_WRITE,
            scope: self.scope.clone(),
            before: serde_json::Value::Null,
            after: json!({ "hash": found.to_hex(), "size_bytes": self.size_bytes, "overwrite": self.overwrite }),
        };
        ctx.change(change, |_| Box::pin(async { Ok(()) })).await?;
        self.forget().await;
        Ok(())
    }

    async fn forget(&self) {
        if let Err(error) = tokio::fs::remove_file(&self.part).await {
            tracing::warn!(%error, "failed to remove an upload that ended");
        }
    }
}

/// Removes uploads that nobody went on with.
async fn sweep(folder: &std::path::Path) {
    let Ok(mut entries) = tokio::fs::read_dir(folder).await else {
        return;
    };
    while let Ok(Some(entry)) = entries.next_entry().await {
        let modified = entry
            .metadata()
            .await
            .ok()
            .and_then(|there| there.modified().ok());
        let age = modified.and_then(|at| SystemTime::now().duration_since(at).ok());
        if age.is_some_and(|age| age > KEPT) {
            let _ = tokio::fs::remove_file(entry.path()).await;
        }
    }
}

/// Whose turn it is to bring the bytes of an upload.
struct Slot {
    generation: u64,
    stop: CancellationToken,
    alone: Arc<tokio::sync::Mutex<()>>,
}

/// Bytes arrive for an upload, until it is dropped. Whoever comes later takes over: the connection of a client that was killed may
/// stay open for long.
struct Arriving {
    id: String,
    generation: u64,
    stop: CancellationToken,
    _alone: tokio::sync::OwnedMutexGuard<()>,
}

impl Arriving {
    async fn begin(id: &str) -> Result<Self> {
        let (generation, stop, alone) = {
            let mut arriving = ARRIVING.lock().unwrap_or_else(PoisonError::into_inner);
            let slot = arriving
                .get_or_insert_default()
                .entry(id.to_owned())
                .or_insert_with(|| Slot {
                    generation: 0,
                    stop: CancellationToken::new(),
                    alone: Arc::default(),
                });
            slot.stop.cancel();
            slot.stop = CancellationToken::new();
            slot.generation += 1;
            (slot.generation, slot.stop.clone(), Arc::clone(&slot.alone))
        };
        let begun = Self {
            id: id.to_owned(),
            generation,
            stop,
            _alone: alone.lock_owned().await,
        };
        match begun.stop.is_cancelled() {
            true => Err(taken_over()),
            false => Ok(begun),
        }
    }
}

fn taken_over() -> Error {
    Error::new(
        Kind::Unavailable,
        "failed to upload: another connection goes on with it",
    )
    .hint("ask how far it has come, and send what is behind")
}

impl Drop for Arriving {
    fn drop(&mut self) {
        let mut arriving = ARRIVING.lock().unwrap_or_else(PoisonError::into_inner);
        let slots = arriving.get_or_insert_default();
        if slots
            .get(&self.id)
            .is_some_and(|slot| slot.generation == self.generation)
        {
            slots.remove(&self.id);
        }
    }
}
