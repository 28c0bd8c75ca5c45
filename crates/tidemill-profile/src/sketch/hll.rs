//! The number of distinct values: HyperLogLog with Ertl's improved estimator (arXiv:1702.01284, algorithm 6).

use serde::{Deserialize, Serialize};

use crate::hash;

/// A HyperLogLog sketch. The same values in any order and any split give the same registers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hll {
    precision: u8,
    registers: Vec<u8>,
}

impl Hll {
    /// A sketch of 2^`precision` bytes.
    pub fn new(precision: u8) -> Self {
        Self {
            precision,
            registers: vec![0; 1 << precision],
        }
    }

    /// Adds a value by its key.
    #[inline]
    pub fn add(&mut self, key: u64) {
        let hash = hash::mix(key);
        let index = (hash >> (64 - self.precision)) as usize;
        let rest = (hash << self.precision) | (1 << (self.precision - 1));
        let rank = rest.leading_zeros() as u8 + 1;
        if let Some(register) = self.registers.get_mut(index)
            && *register < rank
        {
            *register = rank;
        }
    }

    /// Takes in another sketch of the same precision.
    pub fn merge(&mut self, other: &Self) {
        for (own, other) in self.registers.iter_mut().zip(&other.registers) {
            *own = (*own).max(*other);
        }
    }

    /// The relative standard error, 1.04/√m.
    pub fn relative_error(&self) -> f64 {
        1.04 / (self.registers.len() as f64).sqrt()
    }

    /// The estimated number of distinct values.
    pub fn estimate(&self) -> f64 {
        let bits = 64 - usize::from(self.precision);
        let mut counts = vec![0u32; bits + 2];
        for register in &self.registers {
            counts[usize::from(*register).min(bits + 1)] += 1;
        }
        let m = self.registers.len() as f64;
        let mut z = m * tau(1.0 - f64::from(counts[bits + 1]) / m);
        for k in (1..=bits).rev() {
            z = 0.5 * (z + f64::from(counts[k]));
        }
        z += m * sigma(f64::from(counts[0]) / m);
        m * m / (2.0 * std::f64::consts::LN_2 * z)
    }
}

fn sigma(mut x: f64) -> f64 {
    if x >= 1.0 {
        return f64::INFINITY;
    }
    let (mut y, mut z) = (1.0, x);
    loop {
        x *= x;
        let before = z;
        z += x * y;
        y += y;
        if z == before {
            return z;
        }
    }
}

fn tau(mut x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return 0.0;
    }
    let (mut y, mut z) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = z;
        y *= 0.5;
        z -= (1.0 - x).powi(2) * y;
        if z == before {
            return z / 3.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_estimate_is_within_four_standard_errors_at_every_size() {
        for n in [1u64, 10, 100, 1_000, 20_000, 100_000, 1_000_000] {
            let mut sketch = Hll::new(12);
            (0..n).for_each(|value| sketch.add(value));
            let error = (sketch.estimate() - n as f64).abs() / n as f64;
            assert!(error < 4.0 * sketch.relative_error(), "{n}: {error}");
        }
    }
}
