//! A tree: the manifest of a folder, and where each of its contents lies.

use serde::Serialize;

use super::pack::FULL_PACK_BYTES;
use super::{BLOB_BYTES, MAX_PACK_BYTES, PackId};
use crate::error::{ObjectsError, Result};
use crate::hash::Hash;
use crate::manifest::{
    Entry, MAX_ENCODED_BYTES, MAX_ENTRIES, Manifest, Reader, write_varint, zstd_pack, zstd_unpack,
};

const MAGIC: &[u8; 4] = b"TMTR";
const VERSION: u8 = 1;
const WHAT: &str = "a tree";
const CHECKSUM_BYTES: usize = 16;
/// A tree in so many packs is never too scattered.
const FEW_PACKS: u64 = 32;

/// The most bytes of one encoded tree.
pub const MAX_TREE_BYTES: u64 = 2 * MAX_ENCODED_BYTES;

/// Where the bytes of one entry lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Location {
    /// In a blob of their own, named by their hash.
    Blob,
    /// In a pack.
    Pack {
        /// Which of the layout's packs.
        pack: u32,
        /// The first byte, from the start of the pack.
        offset: u64,
    },
}

/// The locations of a manifest's entries, in the same order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Layout {
    /// The packs that are used.
    pub packs: Vec<PackId>,
    /// One for each entry.
    pub locations: Vec<Location>,
}

/// A folder's copy: what is in it and where that lies. Its name is the digest of the manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    manifest: Manifest,
    layout: Layout,
}

impl Tree {
    /// Puts both together. Marks of the machine that made the manifest are dropped; what can't be laid out as files,
    /// or points nowhere, is refused.
    pub fn new(manifest: Manifest, layout: Layout) -> Result<Self> {
        manifest.check_layable()?;
        let fault = |reason: &str| Err(ObjectsError::corrupt(WHAT, reason));
        if layout.locations.len() != manifest.len() {
            return fault("the number of locations is not the number of files");
        }
        for (entry, location) in manifest.entries().iter().zip(&layout.locations) {
            if let Location::Pack { pack, offset } = location {
                let end = offset.checked_add(entry.size_bytes);
                if *pack as usize >= layout.packs.len() || end.is_none_or(|end| end > MAX_PACK_BYTES) {
                    return fault("a location lies outside of its pack");
                }
            }
        }
        Ok(Self {
            manifest: manifest.without_hints(),
            layout,
        })
    }

    /// What is in it.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Where it lies.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    pub(super) fn into_layout(self) -> Layout {
        self.layout
    }

    /// Its name.
    pub fn digest(&self) -> Hash {
        self.manifest.digest()
    }

    /// The tree as bytes: `TMTR`, version, manifest, packs, compressed locations, checksum.
    pub fn encode(&self) -> Result<Vec<u8>> {
        encode(&self.manifest, &self.layout)
    }

    /// Reads what [`Tree::encode`] wrote; anything else is refused.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let (manifest, layout) = decode(bytes)?;
        Self::new(manifest, layout)
    }

    /// Whether an entry of this size is a blob rather than a slice of a pack.
    pub(crate) fn is_blob(size_bytes: u64) -> bool {
        size_bytes >= BLOB_BYTES
    }
}

/// A tree and how its files looked on this machine when it was uploaded: what makes the next upload of the same folder quick.
/// Files that look the same are not read again, and only what is new is packed and sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    pub(super) known: Manifest,
    pub(super) layout: Layout,
}

impl Remembered {
    pub(super) fn new(known: &Manifest, layout: Layout) -> Self {
        Self {
            known: known.clone(),
            layout,
        }
    }

    /// As bytes: those of a tree whose manifest has its marks.
    pub fn encode(&self) -> Result<Vec<u8>> {
        encode(&self.known, &self.layout)
    }

    /// Reads what [`Remembered::encode`] wrote; anything else is refused.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let (known, layout) = decode(bytes)?;
        Ok(Self { known, layout })
    }

    /// The tree.
    pub fn tree(&self) -> Result<Tree> {
        Tree::new(self.known.clone(), self.layout.clone())
    }

    /// Its manifest, with this machine's marks.
    pub fn known(&self) -> &Manifest {
        &self.known
    }

    /// Whether its files lie in so many packs that they had better be packed anew: each upload of a folder that changes adds one.
    pub fn is_scattered(&self) -> bool {
        let packed = |(entry, location): (&Entry, &Location)| match location {
            Location::Pack { .. } => entry.size_bytes,
            Location::Blob => 0,
        };
        let bytes: u64 = self
            .known
            .entries()
            .iter()
            .zip(&self.layout.locations)
            .map(packed)
            .sum();
        self.layout.packs.len() as u64 > FEW_PACKS + 2 * bytes / FULL_PACK_BYTES as u64
    }
}

fn encode(manifest: &Manifest, layout: &Layout) -> Result<Vec<u8>> {
    let encoded = manifest.encode()?;
    let mut raw = Vec::with_capacity(manifest.len() * 4);
    for location in &layout.locations {
        match location {
            Location::Blob => raw.push(0),
            Location::Pack { pack, offset } => {
                write_varint(&mut raw, u64::from(*pack) + 1);
                write_varint(&mut raw, *offset);
            }
        }
    }
    let packed = zstd_pack(&raw)?;
    let mut out = Vec::with_capacity(encoded.len() + packed.len() + layout.packs.len() * 32 + 64);
    out.extend_from_slice(MAGIC);
    out.push(VERSION);
    write_varint(&mut out, encoded.len() as u64);
    out.extend_from_slice(&encoded);
    write_varint(&mut out, layout.packs.len() as u64);
    for pack in &layout.packs {
        out.extend_from_slice(pack.0.as_bytes());
    }
    write_varint(&mut out, raw.len() as u64);
    write_varint(&mut out, packed.len() as u64);
    out.extend_from_slice(&packed);
    let checksum = blake3::hash(&out);
    out.extend_from_slice(&checksum.as_bytes()[..CHECKSUM_BYTES]);
    Ok(out)
}

fn decode(bytes: &[u8]) -> Result<(Manifest, Layout)> {
    let Some((body, checksum)) = bytes.split_last_chunk::<CHECKSUM_BYTES>() else {
        return Err(ObjectsError::corrupt(WHAT, "it ends too early"));
    };
    let mut reader = Reader::new(WHAT, body);
    if reader.take(4)? != MAGIC {
        return Err(reader.fault("it doesn't start like a tree"));
    }
    let version = reader.byte()?;
    if version != VERSION {
        return Err(reader.fault(format!("its version is {version}, this program reads {VERSION}")));
    }
    if blake3::hash(body).as_bytes()[..CHECKSUM_BYTES] != checksum[..] {
        return Err(reader.fault("its checksum is wrong"));
    }
    let manifest_bytes = reader.length(MAX_ENCODED_BYTES, "bytes")?;
    let manifest = Manifest::decode(reader.take(manifest_bytes)?)?;
    let count = reader.length(reader.remaining() as u64 / 32, "packs")?;
    let mut packs = Vec::with_capacity(count);
    for _ in 0..count {
        packs.push(PackId(Hash::from_bytes(reader.array()?)));
    }
    let raw_len = reader.length(MAX_ENTRIES * 20, "bytes")?;
    let packed_len = reader.length(MAX_ENCODED_BYTES, "bytes")?;
    let raw = zstd_unpack(WHAT, reader.take(packed_len)?, raw_len)?;
    reader.end()?;
    let mut fields = Reader::new(WHAT, &raw);
    let mut locations = Vec::with_capacity(manifest.len());
    for _ in 0..manifest.len() {
        let pack = fields.length(count as u64, "packs")?;
        locations.push(match pack {
            0 => Location::Blob,
            pack => Location::Pack {
                pack: pack as u32 - 1,
                offset: fields.varint()?,
            },
        });
    }
    fields.end()?;
    Ok((manifest, Layout { packs, locations }))
}
