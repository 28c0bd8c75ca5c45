//! A sample of rows: those whose position has the lowest pseudo-random priority, so that it does not depend on the way the
//! rows were split or merged. Any such sample is uniform without replacement.

use serde::{Deserialize, Serialize};

use super::rows::{MISSING, Rows};

/// The sample: cells as keys of their columns' kinds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Sample {
    limit: usize,
    threshold: u64,
    rows: Vec<(u64, Box<[u64]>)>,
}

impl Sample {
    /// An empty sample of up to `limit` rows.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            threshold: u64::MAX,
            rows: Vec::new(),
        }
    }

    /// Only rows of a lower priority can still be taken.
    pub fn threshold(&self) -> u64 {
        self.threshold
    }

    /// Says that so many rows will come: fewer are then taken in vain.
    pub fn expect(&mut self, rows: u64) {
        let share = 1.2 * (self.limit as f64 + 200.0) / rows.max(1) as f64;
        if share < 1.0 {
            self.threshold = self.threshold.min((share * u64::MAX as f64) as u64);
        }
    }

    /// Adds the picked rows of a stretch.
    pub fn extend(&mut self, rows: &Rows, columns: usize) {
        for (at, (_, priority)) in rows.picked.iter().enumerate() {
            let cell = |column| rows.cells.get(&column).map_or(MISSING, |cells| cells[at]);
            self.rows.push((*priority, (0..columns).map(cell).collect()));
        }
        self.cut(self.limit + self.limit / 4);
    }

    /// Takes in the sample of other rows.
    pub fn merge(&mut self, other: &Self) {
        self.rows.extend_from_slice(&other.rows);
        self.cut(self.limit + self.limit / 4);
    }

    /// The rows, by priority.
    pub fn rows(&self) -> Vec<&[u64]> {
        let mut rows: Vec<_> = self.rows.iter().collect();
        rows.sort_by_key(|(priority, _)| *priority);
        rows.truncate(self.limit);
        rows.into_iter().map(|(_, cells)| &**cells).collect()
    }

    /// Lets go what cannot be in the sample any more, once there are more than `most` rows.
    fn cut(&mut self, most: usize) {
        if self.rows.len() > most && self.limit > 0 {
            self.rows
                .select_nth_unstable_by_key(self.limit - 1, |(priority, _)| *priority);
            self.rows.truncate(self.limit);
            let highest = self.rows[self.limit - 1].0;
            self.threshold = self.threshold.min(highest);
        }
    }
}
