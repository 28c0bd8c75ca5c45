//! Bytes: datastores, manifests, snapshots and artifacts, over object_store.

mod artifacts;
mod buffers;
mod datastore;
mod error;
mod hash;
mod http_file;
mod kept;
mod manifest;
mod mirrors;
mod progress;
mod publish;
mod safe_path;
mod scan;
mod secret;
mod stream;
mod tree;
mod walk;

pub use artifacts::{Artifacts, MAX_PARTS};
pub use datastore::{
    AzureCredentials, ByteStream, Datastore, DatastoreConfig, DirListing, FileMeta, sweep_partials,
};
pub use error::{ErrorKind, ObjectsError, Result};
pub use hash::Hash;
pub use http_file::{Downloaded, GoesOn, HttpFile};
pub use kept::Kept;
pub use manifest::{Change, Entry, FileChange, Hint, MAX_ENCODED_BYTES, MAX_ENTRIES, Manifest};
pub use mirrors::Mirrors;
pub use progress::{Progress, Silent};
pub use publish::{PublishMode, publish};
pub use safe_path::{MAX_PATH_BYTES, SafePath};
pub use scan::{Scan, ScanTarget, scan, verify};
pub use secret::{HiddenUrl, Secret};
pub use stream::{collect, once};
pub use tree::{
    Alone, BLOB_BYTES, BlobPlan, CODE_WARN_BYTES, Freed, Hold, Laid, Layout, Location, MAX_PACK_BYTES,
    MAX_PACK_SLICES, MAX_TREE_BYTES, Object, PACK_DATA_BYTES, PackId, PackIndex, Remembered, Removal, Slice,
    Tree, TreeBuilder, TreeCache, TreePlan, TreeSink, TreeSource, TreeStore, UploadOptions, Uploaded,
    lay_copy, open_entry, upload_tree,
};
