//! Reading one file of a tree without laying it out.

use std::ops::Range;

use futures::{StreamExt, stream};

use super::{Location, Tree, TreeSource};
use crate::datastore::ByteStream;
use crate::error::{ObjectsError, Result};
use crate::hash::Hash;
use crate::safe_path::SafePath;

/// The bytes of one file of a tree, or a range of them; with its whole size. Whole small files are checked by hash.
pub async fn open_entry(
    source: &dyn TreeSource,
    tree: &Tree,
    path: &SafePath,
    range: Option<Range<u64>>,
) -> Result<(u64, ByteStream)> {
    let at = tree
        .manifest()
        .entries()
        .binary_search_by(|entry| entry.path.cmp(path));
    let Ok(at) = at else {
        return Err(ObjectsError::NotFound {
            what: format!("{path} in the tree"),
        });
    };
    let (entry, location) = (&tree.manifest().entries()[at], tree.layout().locations[at]);
    let size = entry.size_bytes;
    let part = range.clone().unwrap_or(0..size);
    let part = part.start.min(size)..part.end.min(size);
    if part.is_empty() {
        return Ok((size, stream::empty().boxed()));
    }
    match location {
        Location::Blob => Ok((size, source.blob(&entry.hash, range.map(|_| part)).await?)),
        Location::Pack { pack, offset } => {
            let pack = &tree.layout().packs[pack as usize];
            let bytes = source
                .pack_range(pack, offset + part.start..offset + part.end)
                .await?;
            if part == (0..size) && Hash::of(&bytes) != entry.hash {
                return Err(ObjectsError::corrupt(
                    format!("{path} in its pack"),
                    "its bytes have another hash",
                ));
            }
            Ok((size, crate::stream::once(bytes)))
        }
    }
}
