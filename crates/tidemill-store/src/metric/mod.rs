//! Metric points of runs, behind three operations: append, history, latest. Nothing else knows how they are laid out.
//!
//! A point is stored once: an exact duplicate is dropped. NaN is kept as such; infinities as the greatest numbers.
//! The latest point of a metric is the one with the greatest (step, timestamp, value).
//!
//! Appended points of all who wait share one row of the tail and one commit (`append.rs`); the same points are kept in
//! memory (`tail.rs`). From time to time they move into their series (`merge.rs`), as compressed columns (`column.rs`).

mod append;
mod batch;
mod column;
mod import;
mod merge;
mod read;
mod sample;
mod series;
mod tail;
mod varint;

pub(crate) use append::Points;
pub(crate) use import::import;
pub use merge::delete_run;
pub use sample::Sample;

/// One point of a metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// The metric.
    pub key: String,
    /// NaN, infinities and all.
    pub value: f64,
    /// UTC milliseconds.
    pub timestamp: i64,
    /// The step of the training.
    pub step: i64,
}

/// A value as it is kept in columns that databases compare, and whether it is NaN.
pub(crate) fn stored(value: f64) -> (f64, bool) {
    Sample::new(0, 0, value).column()
}

/// A value as it is shown.
pub(crate) fn shown(value: f64, is_nan: bool) -> f64 {
    if is_nan { f64::NAN } else { value }
}
