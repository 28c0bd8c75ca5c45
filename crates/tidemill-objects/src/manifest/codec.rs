//! A manifest as bytes: front-coded paths and numbers under zstd, hashes as they are, a checksum over all.

use super::{Entry, Hint, Manifest, Reader, write_varint, zstd_pack, zstd_unpack};
use crate::error::{ObjectsError, Result};
use crate::hash::Hash;
use crate::safe_path::{MAX_PATH_BYTES, SafePath};

const MAGIC: &[u8; 4] = b"TMMF";
const VERSION: u8 = 1;
const WHAT: &str = "a manifest";
const MAX_RAW_BYTES: u64 = 1 << 30;
const CHECKSUM_BYTES: usize = 16;
const MAX_ETAG_BYTES: usize = 4096;

/// The most files in one manifest.
pub const MAX_ENTRIES: u64 = 10_000_000;
/// The most bytes of one encoded manifest.
pub const MAX_ENCODED_BYTES: u64 = 1 << 30;

const FLAG_EXECUTABLE: u8 = 1;
const HINT_SHIFT: u8 = 1;

impl Manifest {
    /// The manifest as bytes: `TMMF`, version, count, compressed entries, hashes, checksum.
    pub fn encode(&self) -> Result<Vec<u8>> {
        if self.len() as u64 > MAX_ENTRIES {
            return Err(ObjectsError::TooLarge {
                what: WHAT.into(),
                actual: self.len() as u64,
                limit: MAX_ENTRIES,
                unit: "files",
                hint: "split the folder, or keep small records in fewer, larger files",
            });
        }
        let mut raw = Vec::with_capacity(self.len() * 48);
        let mut last_path: &[u8] = b"";
        let mut last_mtime = 0i64;
        for entry in self.entries() {
            let path = entry.path.as_str().as_bytes();
            let shared = path.iter().zip(last_path).take_while(|(a, b)| a == b).count();
            write_varint(&mut raw, shared as u64);
            write_varint(&mut raw, (path.len() - shared) as u64);
            raw.extend_from_slice(&path[shared..]);
            last_path = path;
            write_varint(&mut raw, entry.size_bytes);
            let executable = if entry.executable { FLAG_EXECUTABLE } else { 0 };
            match &entry.hint {
                Hint::Etag(etag) if etag.len() <= MAX_ETAG_BYTES => {
                    raw.push(executable | 1 << HINT_SHIFT);
                    write_varint(&mut raw, etag.len() as u64);
                    raw.extend_from_slice(etag.as_bytes());
                }
                Hint::Local {
                    mtime_ns,
                    ctime_ns,
                    inode,
                } => {
                    raw.push(executable | 2 << HINT_SHIFT);
                    write_varint(&mut raw, zigzag(mtime_ns.wrapping_sub(last_mtime)));
                    write_varint(&mut raw, zigzag(ctime_ns.wrapping_sub(*mtime_ns)));
                    write_varint(&mut raw, *inode);
                    last_mtime = *mtime_ns;
                }
                // An etag of an absurd length is no help: without it the file is read again, which is always right.
                Hint::None | Hint::Etag(_) => raw.push(executable),
            }
        }
        let packed = zstd_pack(&raw)?;
        let mut out = Vec::with_capacity(packed.len() + self.len() * 32 + 64);
        out.extend_from_slice(MAGIC);
        out.push(VERSION);
        write_varint(&mut out, self.len() as u64);
        write_varint(&mut out, raw.len() as u64);
        write_varint(&mut out, packed.len() as u64);
        out.extend_from_slice(&packed);
        for entry in self.entries() {
            out.extend_from_slice(entry.hash.as_bytes());
        }
        let checksum = blake3::hash(&out);
        out.extend_from_slice(&checksum.as_bytes()[..CHECKSUM_BYTES]);
        Ok(out)
    }

    /// Reads what [`Manifest::encode`] wrote. Damage, disorder, unsafe paths and sizes over the limits are errors;
    /// memory stays in proportion to the input whatever it claims.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        if bytes.len() as u64 > MAX_ENCODED_BYTES {
            return Err(ObjectsError::TooLarge {
                what: WHAT.into(),
                actual: bytes.len() as u64,
                limit: MAX_ENCODED_BYTES,
                unit: "bytes",
                hint: "split the folder",
            });
        }
        let Some((body, checksum)) = bytes.split_last_chunk::<CHECKSUM_BYTES>() else {
            return Err(ObjectsError::corrupt(WHAT, "it ends too early"));
        };
        let mut reader = Reader::new(WHAT, body);
        if reader.take(4)? != MAGIC {
            return Err(reader.fault("it doesn't start like a manifest"));
        }
        let version = reader.byte()?;
        if version != VERSION {
            return Err(reader.fault(format!("its version is {version}, this program reads {VERSION}")));
        }
        if blake3::hash(body).as_bytes()[..CHECKSUM_BYTES] != checksum[..] {
            return Err(reader.fault("its checksum is wrong"));
        }
        let count = reader.length(MAX_ENTRIES, "files")?;
        let raw_len = reader.length(MAX_RAW_BYTES, "bytes")?;
        let packed_len = reader.length(MAX_ENCODED_BYTES, "bytes")?;
        let packed = reader.take(packed_len)?;
        if reader.remaining() != count * 32 {
            return Err(reader.fault("the number of hashes is not the number of files"));
        }
        let raw = zstd_unpack(WHAT, packed, raw_len)?;
        let mut fields = Reader::new(WHAT, &raw);
        let mut entries = Vec::with_capacity(count);
        let mut path: Vec<u8> = Vec::new();
        let mut last_mtime = 0i64;
        for at in 0..count {
            let shared = fields.length(path.len() as u64, "shared bytes")?;
            let rest = fields.length((MAX_PATH_BYTES - shared) as u64, "bytes of a path")?;
            path.truncate(shared);
            path.extend_from_slice(fields.take(rest)?);
            let text = std::str::from_utf8(&path).map_err(|_| fields.fault("a path is not UTF-8"))?;
            let safe = SafePath::parse(text)?;
            if at > 0 && entries.last().is_some_and(|last: &Entry| last.path >= safe) {
                return Err(fields.fault("its paths are not in order"));
            }
            let size_bytes = fields.varint()?;
            let flags = fields.byte()?;
            let hint = match flags >> HINT_SHIFT {
                0 => Hint::None,
                1 => {
                    let length = fields.length(MAX_ETAG_BYTES as u64, "bytes of an etag")?;
                    let etag = std::str::from_utf8(fields.take(length)?);
                    Hint::Etag(etag.map_err(|_| fields.fault("an etag is not UTF-8"))?.to_owned())
                }
                2 => {
                    let mtime_ns = unzigzag(fields.varint()?).wrapping_add(last_mtime);
                    let ctime_ns = unzigzag(fields.varint()?).wrapping_add(mtime_ns);
                    last_mtime = mtime_ns;
                    Hint::Local {
                        mtime_ns,
                        ctime_ns,
                        inode: fields.varint()?,
                    }
                }
                other => return Err(fields.fault(format!("a hint has the unknown kind {other}"))),
            };
            let hash = Hash::from_bytes(reader.array()?);
            let executable = flags & FLAG_EXECUTABLE != 0;
            entries.push(Entry {
                path: safe,
                size_bytes,
                hash,
                executable,
                hint,
            });
        }
        fields.end()?;
        reader.end()?;
        let sum = entries
            .iter()
            .try_fold(0u64, |sum, entry| sum.checked_add(entry.size_bytes));
        if sum.is_none() {
            return Err(ObjectsError::corrupt(WHAT, "its sizes are impossible"));
        }
        Ok(Self::of_sorted(entries))
    }
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}
