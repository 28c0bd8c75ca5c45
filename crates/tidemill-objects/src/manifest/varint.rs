//! The small pieces of our binary formats: varints, a reader that never runs over its end, bounded decompression.

use std::io::Read;

use crate::error::{ObjectsError, Result};

pub(crate) fn write_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Reads from a slice; every error names what was decoded.
pub(crate) struct Reader<'a> {
    what: &'static str,
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(what: &'static str, bytes: &'a [u8]) -> Self {
        Self { what, rest: bytes }
    }

    pub(crate) fn fault(&self, reason: impl Into<String>) -> ObjectsError {
        ObjectsError::corrupt(self.what, reason)
    }

    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        match self.rest.split_at_checked(count) {
            Some((head, rest)) => {
                self.rest = rest;
                Ok(head)
            }
            None => Err(self.fault("it ends too early")),
        }
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let bytes = self.take(N)?;
        Ok(bytes.try_into().expect("take gives exactly N bytes"))
    }

    pub(crate) fn byte(&mut self) -> Result<u8> {
        Ok(self.take(1)?[0])
    }

    pub(crate) fn varint(&mut self) -> Result<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(self.fault("a number is too long"))
    }

    pub(crate) fn length(&mut self, limit: u64, what: &str) -> Result<usize> {
        let value = self.varint()?;
        if value > limit {
            return Err(self.fault(format!("{value} {what} are over the limit of {limit}")));
        }
        usize::try_from(value).map_err(|_| self.fault("a length is too large for this machine"))
    }

    pub(crate) fn remaining(&self) -> usize {
        self.rest.len()
    }

    pub(crate) fn end(self) -> Result<()> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(self.fault("something follows its end"))
        }
    }
}

/// Compresses quickly (zstd, level 1).
pub(crate) fn zstd_pack(raw: &[u8]) -> Result<Vec<u8>> {
    zstd::bulk::compress(raw, 1).map_err(|source| ObjectsError::Io {
        action: "compress",
        path: "a manifest".into(),
        source,
    })
}

/// Decompresses exactly `raw_len` bytes and never more, whatever the input says.
pub(crate) fn zstd_unpack(what: &'static str, packed: &[u8], raw_len: usize) -> Result<Vec<u8>> {
    let fault = |_| ObjectsError::corrupt(what, "its compressed part is damaged");
    let decoder = zstd::stream::read::Decoder::with_buffer(packed).map_err(fault)?;
    let mut raw = Vec::with_capacity(raw_len.min(packed.len().saturating_mul(16)));
    decoder
        .take(raw_len as u64 + 1)
        .read_to_end(&mut raw)
        .map_err(fault)?;
    if raw.len() == raw_len {
        Ok(raw)
    } else {
        Err(ObjectsError::corrupt(
            what,
            "its compressed part has another length",
        ))
    }
}
