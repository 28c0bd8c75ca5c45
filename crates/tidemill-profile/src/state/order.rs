//! Whether values rise or fall from row to row, over parts that may come in any order.

use serde::{Deserialize, Serialize};

/// Where rows lie in their table: which part, as in a file or a row group, and where in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    /// The part, counted from zero.
    pub part: u32,
    /// The row in the part.
    pub row: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Stretch {
    from: Position,
    first: u64,
    last: u64,
}

/// The order of keys so far. It costs nothing once it is known that there is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Order {
    rising: bool,
    falling: bool,
    strict: bool,
    stretches: Vec<Stretch>,
}

impl Default for Order {
    fn default() -> Self {
        Self {
            rising: true,
            falling: true,
            strict: true,
            stretches: Vec::new(),
        }
    }
}

/// How values follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Monotonic {
    /// Each greater than the one before.
    StrictlyIncreasing,
    /// None less than the one before.
    Increasing,
    /// Each less than the one before.
    StrictlyDecreasing,
    /// None greater than the one before.
    Decreasing,
}

impl Order {
    /// Adds the values of a stretch of rows, in some type that sorts.
    pub fn extend<T: Copy + PartialOrd>(&mut self, at: Position, values: &[T], key: impl Fn(T) -> u64) {
        if !self.rising && !self.falling {
            return;
        }
        let (Some(first), Some(last)) = (values.first(), values.last()) else {
            return;
        };
        // In small stretches, so that a column without order is left soon.
        for pairs in values.chunks(256).map(|chunk| chunk.windows(2)) {
            let (mut falls, mut rises, mut stays) = (false, false, false);
            for pair in pairs {
                falls |= pair[1] < pair[0];
                rises |= pair[1] > pair[0];
                stays |= pair[1] == pair[0];
            }
            if !self.note(rises, falls, stays) {
                return;
            }
        }
        for at in (256..values.len()).step_by(256) {
            let (before, after) = (values[at - 1], values[at]);
            if !self.note(after > before, after < before, after == before) {
                return;
            }
        }
        self.stretches.push(Stretch {
            from: at,
            first: key(*first),
            last: key(*last),
        });
        if self.stretches.len() > 4096 {
            self.join();
        }
    }

    /// False once there is no order.
    fn note(&mut self, rises: bool, falls: bool, stays: bool) -> bool {
        self.rising &= !falls;
        self.falling &= !rises;
        self.strict &= !stays;
        if !self.rising && !self.falling {
            self.stretches = Vec::new();
        }
        self.rising || self.falling
    }

    /// Takes in other rows.
    pub fn merge(&mut self, other: &Self) {
        self.rising &= other.rising;
        self.falling &= other.falling;
        self.strict &= other.strict;
        if self.rising || self.falling {
            self.stretches.extend_from_slice(&other.stretches);
        } else {
            self.stretches = Vec::new();
        }
    }

    /// Moves all rows behind so many parts.
    pub fn shift(&mut self, parts: u32) {
        self.stretches
            .iter_mut()
            .for_each(|stretch| stretch.from.part += parts);
    }

    /// Compares stretches that lie next to each other, and keeps one of each part at the most.
    fn join(&mut self) {
        let mut sorted = std::mem::take(&mut self.stretches);
        sorted.sort_by_key(|stretch| stretch.from);
        let mut joined: Vec<Stretch> = Vec::new();
        for next in sorted {
            match joined.last_mut().filter(|last| last.from.part == next.from.part) {
                Some(last)
                    if self.note(
                        next.first > last.last,
                        next.first < last.last,
                        next.first == last.last,
                    ) =>
                {
                    last.last = next.last;
                }
                Some(_) => return,
                None => joined.push(next),
            }
        }
        self.stretches = joined;
    }

    /// How all values follow each other, once all rows are here.
    pub fn monotonic(&self) -> Option<Monotonic> {
        let mut whole = self.clone();
        whole.stretches.sort_by_key(|stretch| stretch.from);
        for pair in std::mem::take(&mut whole.stretches).windows(2) {
            let (before, after) = (pair[0].last, pair[1].first);
            whole.note(after > before, after < before, after == before);
        }
        match (whole.rising, whole.falling, whole.strict) {
            (true, false, true) => Some(Monotonic::StrictlyIncreasing),
            (true, false, false) => Some(Monotonic::Increasing),
            (false, true, true) => Some(Monotonic::StrictlyDecreasing),
            (false, true, false) => Some(Monotonic::Decreasing),
            _ => None,
        }
    }
}
