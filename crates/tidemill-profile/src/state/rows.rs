//! What the columns of a stretch of rows say of the rows: their hashes, what is missing together, the cells of the sample.
//! Columns may be read apart from each other, and joined here.

use std::collections::BTreeMap;

use arrow_buffer::BooleanBuffer;

use super::order::Position;
use crate::hash;

/// The cell of a missing value in a sample.
pub const MISSING: u64 = u64::MAX;
/// So many columns with missing values are compared with each other.
const COMPARED: usize = 128;

/// A stretch of rows, as some of the columns see it.
#[derive(Debug)]
pub struct Rows {
    /// Where it begins.
    pub at: Position,
    /// Its length.
    pub len: usize,
    /// The sum of the hashes of the cells.
    pub hashes: Vec<u64>,
    /// Where values are there, of columns with missing ones.
    pub present: BTreeMap<usize, BooleanBuffer>,
    /// The rows of the sample with their priorities.
    pub picked: Vec<(u32, u64)>,
    /// Their cells, by column.
    pub cells: BTreeMap<usize, Vec<u64>>,
}

impl Rows {
    /// A stretch of which nothing is known; its rows of a lower priority than `threshold` are in the sample.
    pub fn new(at: Position, len: usize, threshold: u64) -> Self {
        let priorities = (0..len).map(|row| (row as u32, priority(at, row as u64)));
        Self {
            at,
            len,
            hashes: vec![0; len],
            present: BTreeMap::new(),
            picked: priorities.filter(|(_, priority)| *priority < threshold).collect(),
            cells: BTreeMap::new(),
        }
    }

    /// Keeps where the values of a column are there.
    pub fn keep_present(&mut self, column: usize, present: BooleanBuffer) {
        if self.present.len() < COMPARED {
            self.present.insert(column, present);
        }
    }

    /// Takes in what other columns say of the same rows.
    pub fn join(&mut self, other: Self) {
        for (own, other) in self.hashes.iter_mut().zip(&other.hashes) {
            *own = own.wrapping_add(*other);
        }
        self.present.extend(other.present);
        self.cells.extend(other.cells);
    }
}

/// A pseudo-random word for each row of a table, by its position alone.
pub fn priority(at: Position, row: u64) -> u64 {
    hash::mix(
        (u64::from(at.part) << 40)
            .wrapping_add(at.row + row)
            .wrapping_add(0xA5A5),
    )
}
