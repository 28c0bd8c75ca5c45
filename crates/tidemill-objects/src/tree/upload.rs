//! Bringing a folder to a sink as a tree: only what is missing there is sent.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use futures::stream::FuturesUnordered;
use futures::{StreamExt, TryStreamExt, stream};
use tokio::sync::mpsc;

use super::{BlobPlan, PackId, Remembered, Tree, TreeBuilder, TreePlan, TreeSink};
use crate::datastore::{blocking, open_file};
use crate::error::{ObjectsError, Result};
use crate::hash::Hash;
use crate::manifest::Manifest;
use crate::progress::{Progress, Tally};

/// So many packs are held back until the digest is known: a small folder that is there already costs no upload.
const HELD_PACKS: usize = 2;
const BLOBS_AT_ONCE: usize = 4;
/// While one is written and synced over there, the next one is on its way.
const PACKS_AT_ONCE: usize = 3;

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
    /// What makes the next upload of this folder quick. `None` where it is not known how the sink keeps these files.
    pub remembered: Option<Remembered>,
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
        let mut count = 0;
        let plan = builder.build(base.as_ref(), known.as_ref(), now, &*told, &mut |id, bytes| {
            count += 1;
            packs
                .blocking_send((id, bytes))
                .map_err(|_| ObjectsError::Stopped { action: "upload" })
        })?;
        // Packs that are not held back are on their way still: what follows them is made meanwhile.
        match count > HELD_PACKS {
            true => Ok(Built::Ready(Ready::of(plan)?)),
            false => Ok(Built::Plan(plan)),
        }
    });
    tokio::pin!(work);
    let mut sender = PackSender {
        sink,
        held: Vec::new(),
        sent_any: false,
        sent_bytes: 0,
    };
    let mut sending = FuturesUnordered::new();
    let (mut built, mut open) = (None, true);
    let mut ticks = tokio::time::interval(Tally::PERIOD);
    while built.is_none() || open || !sending.is_empty() {
        tokio::select! {
            _ = ticks.tick() => tally.pass_on(progress),
            pack = finished.recv(), if open && sending.len() < PACKS_AT_ONCE => match pack {
                Some(pack) => sending.extend(sender.take(pack)),
                None => open = false,
            },
            Some(sent) = sending.next(), if !sending.is_empty() => sender.sent_bytes += sent?,
            done = &mut work, if built.is_none() => built = Some(done?),
        }
    }
    tally.pass_on(progress);
    let ready = match built.ok_or(ObjectsError::Stopped { action: "upload" })? {
        Built::Ready(ready) => ready,
        Built::Plan(plan) => {
            let digest = plan.manifest.digest();
            if sink.has_tree(&digest).await? {
                // Somebody else may have packed these files otherwise; what was packed here and not sent is not there.
                let known = sender.held.is_empty();
                return Ok(Uploaded {
                    digest,
                    remembered: known.then(|| Remembered::new(&plan.manifest, plan.layout)),
                    manifest: plan.manifest,
                    was_there: true,
                    sent_bytes: 0,
                });
            }
            blocking("encode a tree", move || Ready::of(plan)).await?
        }
    };
    let mut sent_bytes = sender.sent_bytes;
    for pack in std::mem::take(&mut sender.held) {
        sent_bytes += send_pack(sink, pack).await?;
    }
    sent_bytes += send_blobs(sink, &ready.blobs).await?;
    sink.put_encoded(&ready.tree, ready.encoded).await?;
    Ok(Uploaded {
        digest: ready.tree.digest(),
        remembered: Some(Remembered::new(&ready.manifest, ready.tree.into_layout())),
        manifest: ready.manifest,
        was_there: false,
        sent_bytes,
    })
}

/// What building a tree gave.
enum Built {
    /// Of a small folder: the sink may have it.
    Plan(TreePlan),
    Ready(Ready),
}

/// A tree that can be sent.
struct Ready {
    /// With this machine's marks.
    manifest: Manifest,
    blobs: Vec<BlobPlan>,
    tree: Tree,
    encoded: Bytes,
}

impl Ready {
    fn of(plan: TreePlan) -> Result<Self> {
        let tree = Tree::new(plan.manifest.clone(), plan.layout)?;
        // It is remembered with the tree: worked out here, nobody waits for it later.
        tree.digest();
        Ok(Self {
            encoded: tree.encode()?.into(),
            manifest: plan.manifest,
            blobs: plan.blobs,
            tree,
        })
    }
}

struct PackSender<'a> {
    sink: &'a dyn TreeSink,
    held: Vec<(PackId, Bytes)>,
    sent_any: bool,
    sent_bytes: u64,
}

impl<'a> PackSender<'a> {
    /// The packs that are to be sent now, each as the work of sending it.
    fn take(&mut self, pack: (PackId, Bytes)) -> Vec<impl Future<Output = Result<u64>> + 'a> {
        self.held.push(pack);
        let held = if self.held.len() > HELD_PACKS || self.sent_any {
            self.sent_any = true;
            std::mem::take(&mut self.held)
        } else {
            Vec::new()
        };
        let sink = self.sink;
        held.into_iter().map(|pack| send_pack(sink, pack)).collect()
    }
}

/// Sends a pack if it is not there; gives how many bytes that took.
async fn send_pack(sink: &dyn TreeSink, (id, bytes): (PackId, Bytes)) -> Result<u64> {
    if sink.missing_packs(&[id]).await?.is_empty() {
        return Ok(0);
    }
    let size_bytes = bytes.len() as u64;
    sink.put_pack(id, bytes).await?;
    Ok(size_bytes)
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
