//! Copies of folders, named by the digest of their manifest: large files as blobs, small ones packed, each content once.

mod build;
mod cache;
mod held;
mod lay;
mod layout;
mod pack;
mod read;
mod remove;
mod sink;
mod store;
mod upload;

pub use build::{BlobPlan, CODE_WARN_BYTES, TreeBuilder, TreePlan};
pub use cache::TreeCache;
pub use held::Hold;
pub use lay::{Laid, lay_copy};
pub use layout::{Layout, Location, MAX_TREE_BYTES, Remembered, Tree};
pub use pack::{BLOB_BYTES, MAX_PACK_BYTES, MAX_PACK_SLICES, PACK_DATA_BYTES, PackId, PackIndex, Slice};
pub use read::open_entry;
pub use remove::{Alone, Freed, Object, Removal};
pub use sink::{TreeSink, TreeSource};
pub use store::TreeStore;
pub use upload::{UploadOptions, Uploaded, upload_tree};
