//! How often each value occurs: one by one while they are few, and the most frequent with a bound after that.
//!
//! The open table is the one of Misra and Gries in the shape of Apache DataSketches' frequent items: when it is full, the
//! median count is taken from all, and the sum of what was taken bounds the error of every count.

use serde::{Deserialize, Serialize};

use crate::hash;

/// Counts by key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Counts {
    /// `(key, count)`; a count of zero is an empty slot.
    slots: Vec<(u64, u64)>,
    used: usize,
    /// What any count may lack.
    lacking: u64,
}

impl Default for Counts {
    fn default() -> Self {
        Self::with_room(16)
    }
}

impl Counts {
    fn with_room(slots: usize) -> Self {
        Self {
            slots: vec![(0, 0); slots.next_power_of_two()],
            used: 0,
            lacking: 0,
        }
    }

    /// The number of keys.
    pub fn len(&self) -> usize {
        self.used
    }

    /// Adds to the count of a key; true when the key is new.
    #[inline]
    pub fn add(&mut self, key: u64, count: u64) -> bool {
        if count == 0 {
            return false;
        }
        if self.used * 2 >= self.slots.len() {
            self.resize(self.slots.len() * 2);
        }
        let mask = self.slots.len() - 1;
        let mut at = hash::fold(key ^ 0x2545_F491_4F6C_DD1D, 0x9E37_79B9_7F4A_7C15) as usize & mask;
        loop {
            let slot = &mut self.slots[at];
            if slot.1 == 0 {
                *slot = (key, count);
                self.used += 1;
                return true;
            }
            if slot.0 == key {
                slot.1 += count;
                return false;
            }
            at = (at + 1) & mask;
        }
    }

    /// The count of a key.
    pub fn get(&self, key: u64) -> u64 {
        let mask = self.slots.len() - 1;
        let mut at = hash::fold(key ^ 0x2545_F491_4F6C_DD1D, 0x9E37_79B9_7F4A_7C15) as usize & mask;
        while self.slots[at].1 != 0 {
            if self.slots[at].0 == key {
                return self.slots[at].1;
            }
            at = (at + 1) & mask;
        }
        0
    }

    /// All keys with their counts.
    pub fn iter(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.slots.iter().copied().filter(|slot| slot.1 > 0)
    }

    /// What any count may lack; zero while all are exact.
    pub fn lacking(&self) -> u64 {
        self.lacking
    }

    /// Leaves fewer than `limit` keys, the most frequent.
    pub fn purge(&mut self, limit: usize) {
        if self.used <= limit {
            return;
        }
        let mut counts: Vec<u64> = self.iter().map(|(_, count)| count).collect();
        // So many stay at the most, half of the room for what comes.
        let at = counts.len() - limit / 2;
        let (_, taken, _) = counts.select_nth_unstable(at);
        let taken = *taken;
        let mut kept = Self::with_room(limit * 2);
        kept.lacking = self.lacking + taken;
        for (key, count) in self.iter().filter(|(_, count)| *count > taken) {
            kept.add(key, count - taken);
        }
        *self = kept;
    }

    /// Takes in other counts.
    pub fn merge(&mut self, other: &Self) {
        for (key, count) in other.iter() {
            self.add(key, count);
        }
        self.lacking += other.lacking;
    }

    fn resize(&mut self, slots: usize) {
        let mut larger = Self::with_room(slots);
        larger.lacking = self.lacking;
        for (key, count) in self.iter() {
            larger.add(key, count);
        }
        *self = larger;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purge_keeps_what_is_frequent_within_its_bound() {
        let mut counts = Counts::default();
        for at in 0..200_000u64 {
            counts.add(at, 1);
            counts.add(at % 5 + 1_000_000, 1);
            if counts.len() > 512 {
                counts.purge(512);
            }
        }
        let lacking = counts.lacking();
        assert!(lacking <= 400_000 / 256, "{lacking}");
        for key in 1_000_000..1_000_005 {
            assert!((40_000 - lacking..=40_000).contains(&counts.get(key)));
        }
    }
}
