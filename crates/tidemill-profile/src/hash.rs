//! Hashes: of values for sketches, of rows for duplicates, of positions for samples. Not against attackers.

use std::hash::{BuildHasherDefault, Hasher};

const A: u64 = 0x9E37_79B9_7F4A_7C15;
const B: u64 = 0xD6E8_FEB8_6659_FD93;
const C: u64 = 0xA076_1D64_78BD_642F;

/// Mixes all bits of a word (the finalizer of MurmurHash3).
#[inline]
pub fn mix(mut word: u64) -> u64 {
    word ^= word >> 33;
    word = word.wrapping_mul(0xFF51_AFD7_ED55_8CCD);
    word ^= word >> 33;
    word = word.wrapping_mul(0xC4CE_B9FE_1A85_EC53);
    word ^ (word >> 33)
}

/// Multiplies to 128 bits and folds: one multiplication that is not linear.
#[inline]
pub fn fold(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right);
    (product as u64) ^ ((product >> 64) as u64)
}

/// What a cell adds to the hash of its row: the sum over the columns, in any order, is the row's.
#[inline]
pub fn cell(key: u64, salt: u64) -> u64 {
    fold(key ^ salt, A ^ salt.rotate_left(17))
}

/// The salt of a column.
pub fn salt(column: usize) -> u64 {
    mix((column as u64 + 1).wrapping_mul(A)) | 1
}

/// The hash of bytes.
#[inline]
pub fn bytes(bytes: &[u8]) -> u64 {
    let length = bytes.len();
    let seed = fold(length as u64 ^ A, B);
    if length <= 16 {
        let (low, high) = ends(bytes);
        return fold(low ^ C ^ seed, high ^ B ^ seed.rotate_left(32));
    }
    let mut state = seed;
    let mut chunks = bytes.chunks_exact(16);
    for chunk in &mut chunks {
        state = fold(
            word(&chunk[..8]) ^ C ^ state,
            word(&chunk[8..]) ^ B ^ state.rotate_left(32),
        );
    }
    // The last sixteen bytes, some of them for the second time.
    let last = &bytes[length - 16..];
    fold(
        word(&last[..8]) ^ A ^ state,
        word(&last[8..]) ^ C ^ state.rotate_left(32),
    )
}

/// A hasher of maps by key.
pub type ByKey = BuildHasherDefault<KeyHasher>;

/// Hashes one word.
#[derive(Debug, Clone, Copy, Default)]
pub struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = fold(self.0 ^ self::bytes(bytes), A);
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = mix(self.0 ^ word);
    }
}

#[inline]
fn word(bytes: &[u8]) -> u64 {
    bytes
        .first_chunk::<8>()
        .map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// Up to sixteen bytes as two words.
#[inline]
fn ends(bytes: &[u8]) -> (u64, u64) {
    match bytes.len() {
        8.. => (word(bytes), word(&bytes[bytes.len() - 8..])),
        4..8 => {
            let half = |bytes: &[u8]| {
                bytes
                    .first_chunk::<4>()
                    .map_or(0, |four| u64::from(u32::from_le_bytes(*four)))
            };
            (half(bytes), half(&bytes[bytes.len() - 4..]))
        }
        0 => (0, 0),
        length => (
            u64::from(bytes[0]) | u64::from(bytes[length / 2]) << 8,
            u64::from(bytes[length - 1]),
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn near_texts_and_rows_have_different_hashes() {
        let texts = (0..200_000).map(|n| bytes(format!("N{n}").as_bytes()));
        assert_eq!(texts.collect::<HashSet<_>>().len(), 200_000);
        let zeros = (0..100).map(|n| bytes(&vec![0; n]));
        assert_eq!(zeros.collect::<HashSet<_>>().len(), 100);
        // Rows whose cells trade one against the other.
        let (a, b) = (salt(0), salt(1));
        let rows = (0..1000u64).map(|n| cell(n, a).wrapping_add(cell(1000 - n, b)));
        assert_eq!(rows.collect::<HashSet<_>>().len(), 1000);
    }
}
