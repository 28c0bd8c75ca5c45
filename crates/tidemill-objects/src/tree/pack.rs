//! A pack: many small files in one object, with an index of which slice holds which hash at its end.
//!
//! Its name is the hash of that index: as the slices lie side by side and each has its hash there, it stands for all bytes, and
//! they are hashed once and not twice.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::buffers::{Buffers, Lent};
use crate::error::{ObjectsError, Result};
use crate::hash::Hash;
use crate::manifest::Reader;

/// Files from this size on are blobs of their own.
pub const BLOB_BYTES: u64 = 1 << 20;
/// The most bytes of files in one pack.
pub const PACK_DATA_BYTES: usize = 16 << 20;
/// A pack is closed when it would grow beyond this. Several are on their way at once, in memory that a process that just started
/// has to be given first: larger ones would cost more than the files in them.
pub const FULL_PACK_BYTES: usize = 4 << 20;
/// The most files in one pack.
pub const MAX_PACK_SLICES: usize = 1 << 16;
/// The most bytes of one pack with its index.
pub const MAX_PACK_BYTES: u64 =
    (HEAD.len() + PACK_DATA_BYTES + MAX_PACK_SLICES * SLICE_BYTES + FOOT_BYTES) as u64;

const HEAD: &[u8; 5] = b"TMPK\x02";
const FOOT: &[u8; 8] = b"TMPKIDX1";
const FOOT_BYTES: usize = 4 + FOOT.len();
const SLICE_BYTES: usize = 32 + 4 + 4;
const WHAT: &str = "a pack";

/// The hash of a pack's index, from its first slice to the end of the pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PackId(pub crate::hash::Hash);

impl fmt::Display for PackId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for PackId {
    type Err = ObjectsError;

    fn from_str(text: &str) -> Result<Self> {
        text.parse().map(Self)
    }
}

/// Where one content lies in a pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    /// The hash of the bytes.
    pub hash: Hash,
    /// The first byte, from the start of the pack.
    pub offset: u32,
    /// The number of bytes.
    pub length: u32,
}

/// What a pack holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackIndex {
    slices: HashMap<Hash, Slice>,
}

impl PackIndex {
    /// Reads the end of a pack: as many of its last bytes as [`PackIndex::tail_bytes`] says, or more.
    /// `pack_bytes` is the size of the whole pack.
    pub fn decode(tail: &[u8], pack_bytes: u64) -> Result<Self> {
        let count = Self::count(tail)?;
        let index_bytes = count * SLICE_BYTES;
        let start = tail.len().checked_sub(FOOT_BYTES + index_bytes);
        let data_end = pack_bytes.checked_sub((FOOT_BYTES + index_bytes) as u64);
        let (Some(start), Some(data_end)) = (start, data_end) else {
            return Err(ObjectsError::corrupt(WHAT, "its index is longer than itself"));
        };
        let mut reader = Reader::new(WHAT, &tail[start..tail.len() - FOOT_BYTES]);
        let mut slices = HashMap::with_capacity(count);
        for _ in 0..count {
            let slice = Slice {
                hash: Hash::from_bytes(reader.array()?),
                offset: u32::from_le_bytes(reader.array()?),
                length: u32::from_le_bytes(reader.array()?),
            };
            let end = u64::from(slice.offset) + u64::from(slice.length);
            if (slice.offset as usize) < HEAD.len() || end > data_end {
                return Err(reader.fault("a slice lies outside"));
            }
            if slices.insert(slice.hash, slice).is_some() {
                return Err(reader.fault("a content is there twice"));
            }
        }
        reader.end()?;
        Ok(Self { slices })
    }

    /// How many of the last bytes hold the index, as the last 12 say.
    pub fn tail_bytes(foot: &[u8]) -> Result<u64> {
        Ok((Self::count(foot)? * SLICE_BYTES + FOOT_BYTES) as u64)
    }

    /// The number of bytes that [`PackIndex::tail_bytes`] needs.
    pub const fn foot_bytes() -> u64 {
        FOOT_BYTES as u64
    }

    fn count(tail: &[u8]) -> Result<usize> {
        let Some(foot) = tail.last_chunk::<FOOT_BYTES>() else {
            return Err(ObjectsError::corrupt(WHAT, "it ends too early"));
        };
        let mut reader = Reader::new(WHAT, foot);
        let count = u32::from_le_bytes(reader.array()?) as usize;
        if reader.take(FOOT.len())? != FOOT {
            return Err(reader.fault("it doesn't end like a pack"));
        }
        if count > MAX_PACK_SLICES {
            return Err(reader.fault(format!("{count} files are over the limit of {MAX_PACK_SLICES}")));
        }
        Ok(count)
    }

    /// Reads a whole pack, checks the hash of each slice and that nothing lies between them; gives its name too.
    pub fn verify(pack: &[u8]) -> Result<(PackId, Self)> {
        if pack.len() as u64 > MAX_PACK_BYTES {
            return Err(ObjectsError::TooLarge {
                what: WHAT.into(),
                actual: pack.len() as u64,
                limit: MAX_PACK_BYTES,
                unit: "bytes",
                hint: "send larger files as blobs",
            });
        }
        if !pack.starts_with(HEAD) {
            return Err(ObjectsError::corrupt(
                WHAT,
                "it doesn't start like a pack of version 2",
            ));
        }
        let index = Self::decode(pack, pack.len() as u64)?;
        let mut slices: Vec<&Slice> = index.slices.values().collect();
        slices.sort_unstable_by_key(|slice| (slice.offset, slice.length));
        let data_end = pack.len() - FOOT_BYTES - slices.len() * SLICE_BYTES;
        let end = slices.iter().try_fold(HEAD.len(), |end, slice| {
            (slice.offset as usize == end).then(|| end + slice.length as usize)
        });
        if end != Some(data_end) {
            return Err(ObjectsError::corrupt(WHAT, "its slices don't lie side by side"));
        }
        slices
            .par_iter()
            .with_min_len(64)
            .try_for_each(|slice| slice.check(pack))?;
        Ok((PackId(Hash::of(&pack[data_end..])), index))
    }

    /// Where a content lies.
    pub fn get(&self, hash: &Hash) -> Option<&Slice> {
        self.slices.get(hash)
    }

    /// The number of contents.
    pub fn len(&self) -> usize {
        self.slices.len()
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.slices.is_empty()
    }
}

impl Slice {
    /// The bytes in a whole pack.
    pub fn of<'a>(&self, pack: &'a [u8]) -> Result<&'a [u8]> {
        let start = self.offset as usize;
        let bytes = start
            .checked_add(self.length as usize)
            .and_then(|end| pack.get(start..end));
        bytes.ok_or_else(|| ObjectsError::corrupt(WHAT, "a slice lies outside"))
    }

    fn check(&self, pack: &[u8]) -> Result<()> {
        let actual = Hash::of(self.of(pack)?);
        if actual == self.hash {
            return Ok(());
        }
        Err(ObjectsError::HashMismatch {
            what: format!("a slice of {WHAT}"),
            expected: self.hash.to_string(),
            actual: actual.to_string(),
        })
    }
}

/// A pack that fills.
pub(crate) struct PackWriter {
    buffers: Buffers,
    open: Lent,
    slices: Vec<Slice>,
    room: usize,
}

impl PackWriter {
    /// Packs for contents of so many files and bytes in all.
    pub(crate) fn expecting(files: usize, bytes: u64) -> Self {
        let data = bytes.min(FULL_PACK_BYTES as u64);
        // As many as go into one pack when all are alike, and some more.
        let alike = (files as u64).saturating_mul(data) / bytes.max(1);
        let slices = ((alike + alike / 4) as usize + 64)
            .min(files)
            .min(MAX_PACK_SLICES);
        let buffers = Buffers::default();
        Self {
            open: buffers.lend(0),
            buffers,
            slices: Vec::new(),
            room: HEAD.len() + data as usize + slices * SLICE_BYTES + FOOT_BYTES,
        }
    }

    /// Whether so many bytes more have no room.
    pub(crate) fn is_full_for(&self, length: usize) -> bool {
        !self.slices.is_empty()
            && (self.open.bytes.len() - HEAD.len() + length > FULL_PACK_BYTES
                || self.slices.len() >= MAX_PACK_SLICES)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.slices.is_empty()
    }

    /// Takes a content that is not in it yet; gives its offset.
    pub(crate) fn add(&mut self, hash: Hash, content: &[u8]) -> u64 {
        if self.slices.is_empty() {
            self.open = self.buffers.lend(self.room);
            self.open.bytes.extend_from_slice(HEAD);
        }
        let offset = self.open.bytes.len();
        self.open.bytes.extend_from_slice(content);
        self.slices.push(Slice {
            hash,
            offset: offset as u32,
            length: content.len() as u32,
        });
        offset as u64
    }

    /// The finished pack; the writer is empty again.
    pub(crate) fn finish(&mut self) -> (PackId, Bytes) {
        let mut pack = std::mem::replace(&mut self.open, self.buffers.lend(0));
        let slices = std::mem::take(&mut self.slices);
        let bytes = &mut pack.bytes;
        let data_end = bytes.len();
        bytes.reserve(slices.len() * SLICE_BYTES + FOOT_BYTES);
        for slice in &slices {
            bytes.extend_from_slice(slice.hash.as_bytes());
            bytes.extend_from_slice(&slice.offset.to_le_bytes());
            bytes.extend_from_slice(&slice.length.to_le_bytes());
        }
        bytes.extend_from_slice(&(slices.len() as u32).to_le_bytes());
        bytes.extend_from_slice(FOOT);
        (PackId(Hash::of(&bytes[data_end..])), pack.freeze())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pack(contents: &[&[u8]]) -> Bytes {
        let mut writer = PackWriter::expecting(3, 30);
        for content in contents {
            writer.add(Hash::of(content), content);
        }
        writer.finish().1
    }

    #[test]
    fn a_pack_gives_back_its_contents() {
        let bytes = pack(&[b"one", b"", b"three"]);
        let (_, index) = PackIndex::verify(&bytes).unwrap();
        assert_eq!(index.len(), 3);
        let slice = index.get(&Hash::of(b"three")).unwrap();
        assert_eq!(slice.of(&bytes).unwrap(), b"three");
        let tail = PackIndex::tail_bytes(&bytes[bytes.len() - 12..]).unwrap() as usize;
        assert_eq!(
            PackIndex::decode(&bytes[bytes.len() - tail..], bytes.len() as u64).unwrap(),
            index
        );
    }

    #[test]
    fn a_slice_with_other_bytes_is_refused() {
        let mut bytes = pack(&[b"one", b"two"]).to_vec();
        bytes[6] ^= 1;
        assert!(matches!(
            PackIndex::verify(&bytes),
            Err(ObjectsError::HashMismatch { .. })
        ));
    }

    #[test]
    fn the_name_stands_for_all_bytes() {
        let mut writer = PackWriter::expecting(2, 6);
        for content in [b"one", b"two"] {
            writer.add(Hash::of(content), content);
        }
        let (id, bytes) = writer.finish();
        assert_eq!(PackIndex::verify(&bytes).unwrap().0, id);
        assert_ne!(
            PackIndex::verify(&pack(&[b"two", b"one"])).unwrap().0,
            id,
            "another order"
        );
        // Bytes that no slice holds would not be in the name.
        let mut more = bytes.to_vec();
        more.insert(HEAD.len() + 6, b'x');
        assert!(PackIndex::verify(&more).is_err());
        // One slice over another neither: "one" as it is, and as the end of "two" would be.
        let mut over = bytes.to_vec();
        let first = bytes.len() - FOOT_BYTES - 2 * SLICE_BYTES;
        let second = first + SLICE_BYTES;
        over[second + 32] = over[first + 32];
        assert!(PackIndex::verify(&over).is_err());
    }

    #[test]
    fn a_pack_is_full_by_bytes_and_by_count() {
        let mut writer = PackWriter::expecting(3, 30);
        assert!(!writer.is_full_for(FULL_PACK_BYTES * 2));
        writer.add(Hash::of(b"x"), b"x");
        assert!(writer.is_full_for(FULL_PACK_BYTES));
        assert!(!writer.is_full_for(FULL_PACK_BYTES - 1));
    }

    proptest! {
        #[test]
        fn any_index_is_read_or_refused(mut bytes in prop::collection::vec(any::<u8>(), 0..300), count in 0u32..9, size in any::<u64>()) {
            let _ = PackIndex::verify(&bytes);
            bytes.extend_from_slice(&count.to_le_bytes());
            bytes.extend_from_slice(FOOT);
            let _ = PackIndex::decode(&bytes, size);
            let mut whole = HEAD.to_vec();
            whole.extend_from_slice(&bytes);
            let _ = PackIndex::verify(&whole);
        }

        #[test]
        fn damage_to_a_pack_never_panics(at in any::<usize>(), byte in any::<u8>()) {
            let mut bytes = pack(&[b"one", b"two", b"three"]).to_vec();
            let at = at % bytes.len();
            bytes[at] = byte;
            let _ = PackIndex::verify(&bytes);
        }
    }
}
