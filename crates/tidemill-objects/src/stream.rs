//! Streams of bytes: collected, read from files, and hashed as they pass.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use bytes::{Bytes, BytesMut};
use futures::{StreamExt, TryStreamExt, stream};

use crate::buffers::Lent;
use crate::datastore::{ByteStream, blocking};
use crate::error::{ObjectsError, Result};
use crate::hash::Hash;

/// How much is read from a file at once.
pub(crate) const CHUNK_BYTES: usize = 1 << 20;

/// Collects a stream; over `limit_bytes` it is an error that names `what`.
pub async fn collect(what: &str, mut bytes: ByteStream, expected: u64, limit_bytes: u64) -> Result<Bytes> {
    let too_large = |actual| too_large(what, actual, limit_bytes, "read it as a stream, or in ranges");
    if expected > limit_bytes {
        return Err(too_large(expected));
    }
    let Some(first) = bytes.try_next().await? else {
        return Ok(Bytes::new());
    };
    if first.len() as u64 == expected && expected > 0 {
        // Most often all comes in one piece: no copy then. What follows is still counted.
        return match bytes.try_next().await? {
            None => Ok(first),
            Some(more) => Err(too_large(expected + more.len() as u64)),
        };
    }
    let mut all = BytesMut::with_capacity(expected as usize);
    all.extend_from_slice(&first);
    while let Some(piece) = bytes.try_next().await? {
        if (all.len() + piece.len()) as u64 > limit_bytes {
            return Err(too_large((all.len() + piece.len()) as u64));
        }
        all.extend_from_slice(&piece);
    }
    Ok(all.freeze())
}

/// Collects a stream into a buffer that is used again; over `limit_bytes` it is an error that names `what`.
pub(crate) async fn collect_into(
    mut buffer: Lent,
    what: &str,
    mut bytes: ByteStream,
    limit_bytes: u64,
) -> Result<Bytes> {
    while let Some(piece) = bytes.try_next().await? {
        let actual = (buffer.bytes.len() + piece.len()) as u64;
        if actual > limit_bytes {
            return Err(too_large(what, actual, limit_bytes, "send it in smaller pieces"));
        }
        buffer.bytes.extend_from_slice(&piece);
    }
    Ok(buffer.freeze())
}

fn too_large(what: &str, actual: u64, limit: u64, hint: &'static str) -> ObjectsError {
    ObjectsError::TooLarge {
        what: what.to_owned(),
        actual,
        limit,
        unit: "bytes",
        hint,
    }
}

/// A stream of one piece.
pub fn once(bytes: Bytes) -> ByteStream {
    stream::once(async { Ok(bytes) }).boxed()
}

/// Streams `length` bytes of an open file from where it stands. A file that ends earlier is an error that names it.
pub(crate) fn from_file(file: File, path: PathBuf, length: u64) -> ByteStream {
    stream::try_unfold((file, path, length), |(mut file, path, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        blocking("read", move || {
            let want = left.min(CHUNK_BYTES as u64);
            let mut buffer = Vec::with_capacity(want as usize);
            Read::by_ref(&mut file)
                .take(want)
                .read_to_end(&mut buffer)
                .map_err(|error| ObjectsError::io("read", &path, error))?;
            if buffer.is_empty() {
                return Err(ObjectsError::ChangedWhileRead {
                    path: path.display().to_string(),
                });
            }
            let left = left - buffer.len() as u64;
            Ok(Some((Bytes::from(buffer), (file, path, left))))
        })
        .await
    })
    .boxed()
}

/// The part `range` of a stream that starts at 0.
pub(crate) fn cut(bytes: ByteStream, range: std::ops::Range<u64>) -> ByteStream {
    stream::try_unfold((bytes, 0u64), move |(mut bytes, mut at)| {
        let range = range.clone();
        async move {
            while at < range.end {
                let Some(piece) = bytes.try_next().await? else {
                    break;
                };
                let start = range.start.saturating_sub(at).min(piece.len() as u64) as usize;
                let end = (range.end - at).min(piece.len() as u64) as usize;
                at += piece.len() as u64;
                if start < end {
                    return Ok(Some((piece.slice(start..end), (bytes, at))));
                }
            }
            Ok(None)
        }
    })
    .boxed()
}

/// The same stream, ending in an error that names `what` unless its bytes were the announced ones.
pub(crate) fn verified(bytes: ByteStream, what: String, hash: Hash, size_bytes: u64) -> ByteStream {
    let state = (bytes, blake3::Hasher::new(), 0u64, what);
    stream::try_unfold(state, move |(mut bytes, mut hasher, mut seen, what)| async move {
        let piece = bytes.try_next().await?;
        if let Some(piece) = &piece {
            hasher.update(piece);
            seen += piece.len() as u64;
        }
        if seen > size_bytes || (piece.is_none() && seen < size_bytes) {
            let reason = format!(
                "it has {}{seen} bytes instead of {size_bytes}",
                if piece.is_some() { "at least " } else { "" }
            );
            return Err(ObjectsError::Corrupt { what, reason });
        }
        match piece {
            Some(piece) => Ok(Some((piece, (bytes, hasher, seen, what)))),
            None => {
                let actual = Hash::from(hasher.finalize());
                if actual == hash {
                    return Ok(None);
                }
                Err(ObjectsError::HashMismatch {
                    what,
                    expected: hash.to_string(),
                    actual: actual.to_string(),
                })
            }
        }
    })
    .boxed()
}

/// The same stream, and a place where the hash and the size of its bytes are when it has ended.
pub(crate) fn hashed(bytes: ByteStream) -> (ByteStream, Arc<OnceLock<(Hash, u64)>>) {
    let sum = Arc::new(OnceLock::new());
    let state = (bytes, blake3::Hasher::new(), 0u64, sum.clone());
    let bytes = stream::try_unfold(state, |(mut bytes, mut hasher, mut size, sum)| async move {
        match bytes.try_next().await? {
            Some(piece) => {
                hasher.update(&piece);
                size += piece.len() as u64;
                Ok(Some((piece, (bytes, hasher, size, sum))))
            }
            None => {
                // A stream ends once, so the place is still empty.
                let _ = sum.set((hasher.finalize().into(), size));
                Ok(None)
            }
        }
    });
    (bytes.boxed(), sum)
}
