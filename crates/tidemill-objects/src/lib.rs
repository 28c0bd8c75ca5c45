//! Bytes: datastores, manifests, snapshots and artifacts, over object_store.

mod datastore;
mod error;
mod hash;
mod http_file;
mod manifest;
mod progress;
mod safe_path;
mod scan;
mod secret;
mod stream;
mod walk;

pub use datastore::{
    AzureCredentials, ByteStream, Datastore, DatastoreConfig, DirListing, FileMeta, sweep_partials,
};
pub use error::{ErrorKind, ObjectsError, Result};
pub use hash::Hash;
pub use http_file::{Downloaded, HttpFile};
pub use manifest::{Change, Entry, FileChange, Hint, MAX_ENCODED_BYTES, MAX_ENTRIES, Manifest};
pub use progress::{Progress, Silent};
pub use safe_path::{MAX_PATH_BYTES, SafePath};
pub use scan::{Scan, ScanTarget, scan, verify};
pub use secret::{HiddenUrl, Secret};
pub use stream::{collect, once};
