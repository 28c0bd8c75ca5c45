//! What these tests share: folders with files, and servers that are started and stopped.

mod azurite;
mod moto;
mod process;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use bytes::Bytes;
use futures::{StreamExt, stream};
use tidemill_objects::{ByteStream, ObjectsError, Progress, SafePath};

pub use azurite::Azurite;
pub use moto::Moto;

pub fn path(text: &str) -> SafePath {
    SafePath::parse(text).unwrap()
}

/// Writes files under a folder.
pub fn write_files(root: &Path, files: &[(&str, &[u8])]) {
    for (name, content) in files {
        let file = root.join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, content).unwrap();
    }
}

/// Bytes that don't compress and differ by seed.
pub fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    blake3::Hasher::new()
        .update(&seed.to_le_bytes())
        .finalize_xof()
        .fill(&mut bytes);
    bytes
}

/// A stream of the bytes in pieces.
pub fn pieces(bytes: &[u8], piece: usize) -> ByteStream {
    let pieces: Vec<_> = bytes
        .chunks(piece)
        .map(|piece| Ok(Bytes::copy_from_slice(piece)))
        .collect();
    stream::iter(pieces).boxed()
}

/// A stream that ends in an error.
pub fn breaking(bytes: &[u8]) -> ByteStream {
    let error = ObjectsError::NotFound {
        what: "the rest".into(),
    };
    stream::iter([Ok(Bytes::copy_from_slice(bytes)), Err(error)]).boxed()
}

/// A moment so late that nothing counts as just changed.
pub fn later() -> SystemTime {
    SystemTime::now() + std::time::Duration::from_secs(3600)
}

/// Adds up progress.
#[derive(Clone, Default)]
pub struct Sum {
    pub files: Arc<AtomicU64>,
    pub bytes: Arc<AtomicU64>,
}

impl Progress for Sum {
    fn advance(&self, files: u64, bytes: u64) {
        self.files.fetch_add(files, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }
}

impl Sum {
    pub fn get(&self) -> (u64, u64) {
        (
            self.files.load(Ordering::Relaxed),
            self.bytes.load(Ordering::Relaxed),
        )
    }
}
