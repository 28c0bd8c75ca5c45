//! Bringing a folder to a sink as a tree: only what is missing there is sent.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use tokio::sync::mpsc;

use super::{BlobPlan, PackId, Tree, TreeBuilder, TreeSink};
use crate::datastore::{blocking, open_file};
use crate::error::{ObjectsError, Result};
use crate::hash::Hash;
use crate::manifest::Manifest;
use crate::progress::{Progress, Tally};

/// So many packs are held back until the digest is known: a small folder that is there already costs no upload.
const HELD_PACKS: usize = 2;
const BLOBS_AT_ONCE: usize = 4;

/// What makes an upload quicker.
pub struct UploadOptions {
    /// A tree that the sink has and that shares files with this one.
    pub base: Option<Tree>,
    /// The manifest of the last upload from this machine, with its marks.
    pub known: Option<Manifest>,
    /// The time at the start.
    pub now: SystemTime,
}

/// What an upload did.
#[derive(Debug, Clone)]
pub struct Uploaded {
    /// The name of the tree.
    pub digest: Hash,
    /// Its manifest with this machine's marks; keep it as `known` for the next time.
    pub manifest: Manifest,
    /// Whether the sink had it already.
    pub was_there: bool,
    /// How many bytes were sent.
    pub sent_bytes: u64,
}

/// Builds the tree and sends what the sink lacks. `progress` counts files and bytes as they are hashed, and nothing twice.
pub async fn upload_tree(
    builder: TreeBuilder,
    sink: &dyn TreeSink,
    options: UploadOptions,
    progress: &dyn Progress,
) -> Result<Uploaded> {
    let (packs, mut finished) = mpsc::channel::<(PackId, Bytes)>(1);
    let tally = Arc::new(Tally::default());
    let told = tally.clone();
    let work = blocking("build a tree", move || {
        let UploadOptions { base, known, now } = options;
        builder.build(base.as_ref(), known.as_ref(), now, &*told, &mut |id, bytes| {
            packs
                .blocking_send((id, bytes))
                .map_err(|_| ObjectsError::Stopped { action: "upload" })
        })
    });
    tokio::pin!(work);
    let mut sender = PackSender {
        sink,
        held: Vec::new(),
        sent_any: false,
        sent_bytes: 0,
    };
    let (mut plan, mut open) = (None, true);
    let mut ticks = tokio::time::interval(Tally::PERIOD);
    while plan.is_none() || open {
        tokio::select! {
            _ = ticks.tick() => tally.pass_on(progress),
            pack = finished.recv(), if open => match pack {
                Some(pack) => sender.take(pack).await?,
                None => open = false,
            },
            done = &mut work, if plan.is_none() => plan = Some(done?),
        }
    }
    tally.pass_on(progress);
    let plan = plan.ok_or(ObjectsError::Stopped { action: "upload" })?;
    let digest = plan.manifest.digest();
    if !sender.sent_any && sink.has_tree(&digest).await? {
        return Ok(Uploaded {
            digest,
            manifest: plan.manifest,
            was_there: true,
            sent_bytes: 0,
        });
    }
    sender.flush().await?;
    let mut sent_bytes = sender.sent_bytes;
    sent_bytes += send_blobs(sink, &plan.blobs).await?;
    let tree = Tree::new(plan.manifest.clone(), plan.layout)?;
    sink.put_tree(&tree).await?;
    Ok(Uploaded {
        digest,
        manifest: plan.manifest,
        was_there: false,
        sent_bytes,
    })
}

struct PackSender<'a> {
    sink: &'a dyn TreeSink,
    held: Vec<(PackId, Bytes)>,
    sent_any: bool,
    sent_bytes: u64,
}

impl PackSender<'_> {
    async fn take(&mut self, pack: (PackId, Bytes)) -> Result<()> {
        self.held.push(pack);
        if self.held.len() > HELD_PACKS || self.sent_any {
            self.flush().await
        } else {
            Ok(())
        }
    }

    async fn flush(&mut self) -> Result<()> {
        if self.held.is_empty() {
            return Ok(());
        }
        self.sent_any = true;
        let ids: Vec<PackId> = self.held.iter().map(|(id, _)| *id).collect();
        let missing = self.sink.missing_packs(&ids).await?;
        for (id, bytes) in std::mem::take(&mut self.held) {
            if !missing.contains(&id) {
                continue;
            }
            self.sent_bytes += bytes.len() as u64;
            let stored = self.sink.put_pack(bytes).await?;
            if stored != id {
                let (expected, actual) = (id.to_string(), stored.to_string());
                return Err(ObjectsError::HashMismatch {
                    what: "a pack".into(),
                    expected,
                    actual,
                });
            }
        }
        Ok(())
    }
}

async fn send_blobs(sink: &dyn TreeSink, blobs: &[BlobPlan]) -> Result<u64> {
    let hashes: Vec<Hash> = blobs.iter().map(|blob| blob.hash).collect();
    if hashes.is_empty() {
        return Ok(0);
    }
    let missing: std::collections::HashSet<Hash> = sink.missing_blobs(&hashes).await?.into_iter().collect();
    let to_send: Vec<BlobPlan> = blobs
        .iter()
        .filter(|blob| missing.contains(&blob.hash))
        .cloned()
        .collect();
    stream::iter(to_send)
        .map(|blob| async move {
            let bytes = open_file(&blob.file).await?;
            match sink.put_blob(&blob.hash, blob.size_bytes, bytes).await {
                Ok(()) => Ok(blob.size_bytes),
                Err(ObjectsError::HashMismatch { .. } | ObjectsError::Corrupt { .. }) => {
                    Err(ObjectsError::ChangedWhileRead {
                        path: blob.file.display().to_string(),
                    })
                }
                Err(error) => Err(error),
            }
        })
        .buffer_unordered(BLOBS_AT_ONCE)
        .try_fold(0, |sum, bytes| async move { Ok(sum + bytes) })
        .await
}
