//! Whole numbers of a narrow interval, counted by their place in it: a nanosecond a value.

use serde::{Deserialize, Serialize};

/// Counts of the whole numbers from `base` on. The room is a power of two, so that whether many values are inside is one look at all of
/// their bits.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Dense {
    base: i64,
    counts: Vec<u64>,
}

/// Values that follow each other are often the same, and a count that was just written is waited for: so they go to as many tables.
const LANES: usize = 4;
/// Tables that fit the fastest cache together.
const IN_LANES: usize = 512;
/// Rows that the counts of a lane hold.
const MOST: usize = u32::MAX as usize;

impl Dense {
    /// Makes room for an interval; false, and nothing has changed, where all values would then be wider apart than `widest`, a power of
    /// two.
    pub fn cover(&mut self, low: i64, high: i64, widest: usize) -> bool {
        if !self.counts.is_empty() && self.holds(low) && self.holds(high) {
            return true;
        }
        let seen = self.bounds();
        let (low, high) = seen.map_or((low, high), |seen| (low.min(seen.0), high.max(seen.1)));
        let Some(width) = high.checked_sub(low).filter(|width| *width < widest as i64) else {
            return false;
        };
        let room = (width as usize + 1).next_power_of_two();
        // What is left of it lies where values came from.
        let falls = seen.is_some_and(|seen| low < seen.0);
        let base = match high.checked_sub(room as i64 - 1) {
            Some(base) if falls => base,
            _ => low,
        };
        // It ends where integers end.
        let base = base.min(i64::MAX - (room as i64 - 1));
        let mut counts = vec![0; room];
        for (value, count) in self.iter() {
            counts[value.wrapping_sub(base) as usize] = count;
        }
        (self.base, self.counts) = (base, counts);
        true
    }

    fn holds(&self, value: i64) -> bool {
        (value.wrapping_sub(self.base) as u64) < self.counts.len() as u64
    }

    /// Counts values; false, and nothing is counted, where one is not covered.
    pub fn count(&mut self, values: &[i64], lanes: &mut Vec<u32>) -> bool {
        let (base, room) = (self.base, self.counts.len());
        let bits = values
            .iter()
            .fold(0, |bits, value| bits | value.wrapping_sub(base) as u64);
        if bits >= room as u64 {
            return false;
        }
        if room > IN_LANES || values.len() < room || values.len() > MOST {
            self.count_quarters(values);
            return true;
        }
        lanes.clear();
        lanes.resize(LANES * room, 0);
        let (quarters, rest) = values.as_chunks::<LANES>();
        for quarter in quarters {
            for (lane, value) in quarter.iter().enumerate() {
                if let Some(count) = lanes.get_mut(lane * room + value.wrapping_sub(base) as usize) {
                    *count += 1;
                }
            }
        }
        rest.iter().for_each(|value| self.add(*value, 1));
        for lane in lanes.chunks_exact(room) {
            for (own, count) in self.counts.iter_mut().zip(lane) {
                *own += u64::from(*count);
            }
        }
        true
    }

    /// Counts values that are covered, of four places in turn: where they rise slowly, the next one is another one.
    fn count_quarters(&mut self, values: &[i64]) {
        let (base, counts) = (self.base, self.counts.as_mut_slice());
        let mut count = |value: &i64| {
            if let Some(count) = counts.get_mut(value.wrapping_sub(base) as usize) {
                *count += 1;
            }
        };
        let (halves, rest) = values.split_at(values.len() / 4 * 4);
        let (first, second) = halves.split_at(halves.len() / 2);
        let ((a, b), (c, d)) = (first.split_at(first.len() / 2), second.split_at(second.len() / 2));
        for (((a, b), c), d) in a.iter().zip(b).zip(c).zip(d) {
            [a, b, c, d].into_iter().for_each(&mut count);
        }
        rest.iter().for_each(count);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_as_wide_as_its_values_whichever_way_they_come() {
        let mut lanes = Vec::new();
        for values in [[0, 40_000, 65_535], [65_535, 40_000, 0], [40_000, 65_535, 0]] {
            let mut dense = Dense::default();
            for value in values {
                assert!(dense.cover(value, value, 65_536) && dense.count(&[value], &mut lanes));
            }
            assert!(!dense.cover(65_536, 65_536, 65_536) && !dense.cover(-1, -1, 65_536));
            assert!(!dense.count(&[3, -1], &mut lanes), "nothing of it is counted");
            let mut sorted = values;
            sorted.sort_unstable();
            assert_eq!(dense.iter().collect::<Vec<_>>(), sorted.map(|value| (value, 1)));
            assert_eq!(dense.bounds(), Some((0, 65_535)));
        }
    }

    #[test]
    fn lanes_count_what_one_table_counts_and_the_ends_of_integers_are_covered() {
        let mut lanes = Vec::new();
        let mut dense = Dense::default();
        let values: Vec<i64> = (0..10_007).map(|at| at / 13 % 700 - 5).collect();
        assert!(!dense.count(&values, &mut lanes) && dense.cover(-5, 694, 1024));
        assert!(dense.count(&values, &mut lanes));
        for (value, count) in dense.iter() {
            assert_eq!(
                count,
                values.iter().filter(|other| **other == value).count() as u64,
                "{value}"
            );
        }
        for end in [i64::MIN, i64::MAX] {
            let mut dense = Dense::default();
            assert!(dense.cover(end, end, 1024) && dense.count(&[end], &mut lanes));
            let near = if end < 0 { end + 5 } else { end - 5 };
            assert!(dense.cover(near, near, 1024) && dense.count(&[near, end], &mut lanes));
            assert!(!dense.cover(0, 0, 1024));
            assert_eq!(dense.iter().map(|(_, count)| count).sum::<u64>(), 3);
        }
        let mut last = Dense::default();
        for value in [i64::MAX - 5, i64::MAX] {
            assert!(last.cover(value, value, 1024) && last.count(&[value], &mut lanes));
        }
        assert!(!last.cover(i64::MIN, i64::MIN, 1024) && !last.count(&[i64::MIN], &mut lanes));
    }
}
