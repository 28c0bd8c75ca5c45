//! Whole numbers of a narrow interval, counted by their place in it: a nanosecond a value.

use serde::{Deserialize, Serialize};

/// Counts of the whole numbers from `base` on.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Dense {
    base: i64,
    counts: Vec<u64>,
}

impl Dense {
    /// Makes room for an interval; false, and nothing has changed, where it would be wider than `widest`.
    pub fn cover(&mut self, low: i64, high: i64, widest: usize) -> bool {
        if self.counts.is_empty() {
            let Some(width) = high.checked_sub(low).filter(|width| *width < widest as i64) else {
                return false;
            };
            self.base = low;
            self.counts = vec![0; width as usize + 1];
            return true;
        }
        let last = self.base + (self.counts.len() as i64 - 1);
        if low >= self.base && high <= last {
            return true;
        }
        let (low, high) = (low.min(self.base), high.max(last));
        let Some(width) = high.checked_sub(low).filter(|width| *width < widest as i64) else {
            return false;
        };
        let mut counts = vec![0; width as usize + 1];
        let at = (self.base - low) as usize;
        counts[at..at + self.counts.len()].copy_from_slice(&self.counts);
        (self.base, self.counts) = (low, counts);
        true
    }

    /// Counts values that are covered.
    pub fn extend(&mut self, values: impl Iterator<Item = i64>) {
        let (base, counts) = (self.base, self.counts.as_mut_slice());
        for value in values {
            if let Some(count) = counts.get_mut(value.wrapping_sub(base) as usize) {
                *count += 1;
            }
        }
    }

    /// Counts one value that is covered.
    pub fn add(&mut self, value: i64, count: u64) {
        if let Some(own) = self.counts.get_mut(value.wrapping_sub(self.base) as usize) {
            *own += count;
        }
    }

    /// The values with their counts, in order.
    pub fn iter(&self) -> impl Iterator<Item = (i64, u64)> + '_ {
        let base = self.base;
        let counted = self.counts.iter().enumerate().filter(|(_, count)| **count > 0);
        counted.map(move |(at, count)| (base + at as i64, *count))
    }

    /// The interval that values were seen in.
    pub fn bounds(&self) -> Option<(i64, i64)> {
        let first = self.counts.iter().position(|count| *count > 0)?;
        let last = self.counts.iter().rposition(|count| *count > 0)?;
        Some((self.base + first as i64, self.base + last as i64))
    }
}
