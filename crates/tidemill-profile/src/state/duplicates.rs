//! Rows that occur more than once: counted among the rows whose hash is low enough to be kept. While the table has fewer
//! distinct rows than are kept, the count is exact up to collisions of 64 bits.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use serde::{Deserialize, Serialize};

/// Row hashes below a threshold, with their counts.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Duplicates {
    limit: usize,
    /// Hashes below 2^64 / 2^halvings are kept.
    halvings: u32,
    counts: HashMap<u64, u64, BuildHasherDefault<Hashed>>,
}

/// Keys are hashes already. The high bits of those that are kept are zero, so that the middle picks the place.
#[derive(Debug, Clone, Copy, Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0.rotate_left(32)
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes
            .iter()
            .for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = word;
    }
}

/// An odd number: to multiply by it can be undone, so that rows of different sums stay apart.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

impl Duplicates {
    /// Keeps up to `limit` hashes.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            halvings: 0,
            counts: HashMap::default(),
        }
    }

    /// Adds rows by the sum of the hashes of their cells.
    pub fn extend(&mut self, hashes: &[u64]) {
        let mut threshold = self.threshold();
        let mut low = [0; 512];
        for sums in hashes.chunks(low.len()) {
            // Those to be kept first, without a branch that could not be foreseen.
            let mut found = 0;
            for sum in sums {
                // Cells are mixed already; this spreads what they have in common over the high bits, and loses none.
                let hash = sum.wrapping_mul(SPREAD);
                low[found] = hash;
                found += usize::from(hash <= threshold);
            }
            for hash in &low[..found] {
                if *hash <= threshold {
                    *self.counts.entry(*hash).or_default() += 1;
                    if self.counts.len() > self.limit {
                        self.halve();
                        threshold = self.threshold();
                    }
                }
            }
        }
    }

    /// Takes in the rows of another part.
    pub fn merge(&mut self, other: &Self) {
        while self.halvings < other.halvings {
            self.halve();
        }
        let threshold = self.threshold();
        for (hash, count) in other.counts.iter().filter(|(hash, _)| **hash <= threshold) {
            *self.counts.entry(*hash).or_default() += count;
        }
        while self.counts.len() > self.limit {
            self.halve();
        }
    }

    /// The number of rows that are there already, its standard error, and whether it is exact.
    pub fn estimate(&self) -> (f64, f64, bool) {
        let factor = (self.halvings as f64).exp2();
        let extra = |count: &u64| (count - 1) as f64;
        // The sum of nothing is -0 in floating point.
        let sum = self.counts.values().map(extra).fold(0.0, |sum, one| sum + one);
        let squares = self
            .counts
            .values()
            .fold(0.0, |sum, count| sum + extra(count).powi(2));
        let error = ((factor - 1.0) * factor * squares).sqrt();
        (sum * factor, error, self.halvings == 0)
    }

    fn threshold(&self) -> u64 {
        u64::MAX >> self.halvings
    }

    fn halve(&mut self) {
        self.halvings += 1;
        let threshold = self.threshold();
        self.counts.retain(|hash, _| *hash <= threshold);
    }
}
