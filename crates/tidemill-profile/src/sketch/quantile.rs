//! Quantiles: the KLL sketch (Karnin, Lang, Liberty, arXiv:1603.05346) over keys that sort as their values do.
//!
//! Beyond a million values one of each 2, 4, 8 … neighbours is taken with that weight, as the paper's sampler does: it costs
//! less than it errs.

use serde::{Deserialize, Serialize};

use crate::hash;

/// Compactors below this size would be sorted too often.
const LEAST: usize = 256;
/// From so many values on, neighbours are sampled.
const WHOLE: u64 = 1 << 20;

/// A KLL sketch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quantiles {
    k: usize,
    n: u64,
    random: u64,
    /// Level `h` holds values of weight 2^h.
    levels: Vec<Vec<u64>>,
}

impl Quantiles {
    /// A sketch whose highest compactor holds `k` values.
    pub fn new(k: usize) -> Self {
        Self {
            k,
            n: 0,
            random: 0x5EED,
            levels: vec![Vec::new()],
        }
    }

    /// How many values there were.
    pub fn len(&self) -> u64 {
        self.n
    }

    /// True before the first value.
    pub fn is_empty(&self) -> bool {
        self.n == 0
    }

    /// A rank is wrong by at most so much of all values, in 99 of 100 cases (the bound of Apache DataSketches for one
    /// query, and the sampler's share).
    pub fn rank_error(&self) -> f64 {
        let compacted = if self.levels.len() > 1 {
            2.296 / (self.k as f64).powf(0.9021)
        } else {
            0.0
        };
        let sampled = if self.n > WHOLE {
            2.58 * 0.5 / (WHOLE as f64 / 2.0).sqrt()
        } else {
            0.0
        };
        compacted.hypot(sampled)
    }

    /// Adds values.
    pub fn extend(&mut self, keys: &[u64]) {
        let step = self.sampling();
        let weight = 1usize << step;
        let whole = keys.len() / weight * weight;
        if step == 0 {
            let mut rest = keys;
            while !rest.is_empty() {
                let room = self
                    .capacity(0)
                    .saturating_sub(self.levels[0].len())
                    .max(1)
                    .min(rest.len());
                self.levels[0].extend_from_slice(&rest[..room]);
                rest = &rest[room..];
                self.compress();
            }
        } else {
            self.grow(step);
            for block in keys[..whole].chunks_exact(weight) {
                let at = (self.next() >> 32) as usize & (weight - 1);
                self.levels[step].push(block[at]);
                if self.levels[step].len() > self.capacity(step) {
                    self.compress();
                }
            }
            self.levels[0].extend_from_slice(&keys[whole..]);
            self.compress();
        }
        self.n += keys.len() as u64;
    }

    /// Adds one value many times.
    pub fn add(&mut self, key: u64, count: u64) {
        self.grow((64 - count.leading_zeros()) as usize);
        for level in 0..64 {
            if count >> level & 1 == 1 {
                self.levels[level].push(key);
            }
        }
        self.n += count;
        self.compress();
    }

    /// Takes in another sketch.
    pub fn merge(&mut self, other: &Self) {
        self.grow(other.levels.len());
        for (own, other) in self.levels.iter_mut().zip(&other.levels) {
            own.extend_from_slice(other);
        }
        self.k = self.k.min(other.k);
        self.n += other.n;
        self.random ^= hash::mix(other.random);
        self.compress();
    }

    /// The values with their weights, sorted: a small table that stands for all.
    pub fn weighted(&self) -> Vec<(u64, u64)> {
        let mut all: Vec<(u64, u64)> = Vec::new();
        for (level, keys) in self.levels.iter().enumerate() {
            all.extend(keys.iter().map(|key| (*key, 1u64 << level)));
        }
        all.sort_unstable();
        all
    }

    fn sampling(&self) -> usize {
        if self.n < WHOLE {
            0
        } else {
            (64 - (self.n / WHOLE).leading_zeros()) as usize
        }
    }

    fn grow(&mut self, levels: usize) {
        if self.levels.len() <= levels {
            self.levels.resize_with(levels + 1, Vec::new);
        }
    }

    fn capacity(&self, level: usize) -> usize {
        let below_top = (self.levels.len() - 1 - level).min(30) as i32;
        ((self.k as f64 * (2.0f64 / 3.0).powi(below_top)) as usize).max(LEAST.min(self.k))
    }

    /// Halves every level that is full into the one above.
    fn compress(&mut self) {
        let mut level = 0;
        while level < self.levels.len() {
            if self.levels[level].len() > self.capacity(level) {
                self.grow(level + 1);
                let mut keys = std::mem::take(&mut self.levels[level]);
                keys.sort_unstable();
                let odd = (keys.len() % 2 == 1).then(|| keys.pop()).flatten();
                let coin = (self.next() >> 63) as usize;
                self.levels[level + 1].extend(keys.iter().skip(coin).step_by(2));
                keys.clear();
                keys.extend(odd);
                self.levels[level] = keys;
            }
            level += 1;
        }
    }

    /// A pseudo-random word; the same values in the same order give the same sketch.
    fn next(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        hash::mix(self.random)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rank_error(sketch: &Quantiles, n: u64) -> f64 {
        let weighted = sketch.weighted();
        assert_eq!(weighted.iter().map(|(_, weight)| weight).sum::<u64>(), n);
        let (mut below, mut worst) = (0u64, 0.0f64);
        for (key, weight) in weighted {
            worst = worst.max((below as f64 - key as f64).abs() / n as f64);
            below += weight;
        }
        worst
    }

    #[test]
    fn ranks_are_within_the_bound_at_every_size_and_after_merges() {
        for n in [10u64, 5_000, 200_000, 3_000_000] {
            let keys: Vec<u64> = (0..n).map(|at| at * 48_271 % n).collect();
            let n = n.min(keys.len() as u64);
            let mut whole = Quantiles::new(1024);
            keys.chunks(8192).for_each(|chunk| whole.extend(chunk));
            assert!(rank_error(&whole, n) <= whole.rank_error().max(1e-9) * 1.5, "{n}");
            let mut merged = Quantiles::new(1024);
            for part in keys.chunks(keys.len() / 7 + 1) {
                let mut one = Quantiles::new(1024);
                one.extend(part);
                merged.merge(&one);
            }
            assert!(
                rank_error(&merged, n) <= merged.rank_error().max(1e-9) * 1.5,
                "{n} merged"
            );
        }
    }

    #[test]
    fn a_weight_is_kept() {
        let mut sketch = Quantiles::new(1024);
        sketch.add(7, 1_000_003);
        sketch.add(9, 5);
        assert_eq!(
            sketch.weighted().iter().map(|(_, weight)| weight).sum::<u64>(),
            1_000_008
        );
    }
}
