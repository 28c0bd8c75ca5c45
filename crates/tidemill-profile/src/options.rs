//! How much memory a profile may take, shared between its columns: a wide table has smaller sketches.

use serde::{Deserialize, Serialize};

/// Sizes of what a profile keeps. Profiles merge when they were made with the same options.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// Up to so many distinct values of a column are counted one by one, and all of its figures are exact.
    pub exact_values: usize,
    /// So wide an interval of whole numbers is counted one by one too; a power of two.
    pub exact_range: usize,
    /// Values that are followed beyond that, to find the most frequent.
    pub frequent: usize,
    /// HyperLogLog has 2^this registers.
    pub precision: u8,
    /// The size of the highest compactor of KLL.
    pub k: usize,
    /// Rows in the sample on which correlations stand.
    pub sample_rows: usize,
    /// Columns in that sample.
    pub sample_columns: usize,
    /// Texts of a column whose words are read.
    pub sample_texts: usize,
    /// Bytes of a text that are kept.
    pub text_bytes: usize,
    /// Rows whose hash is kept to find duplicates.
    pub row_hashes: usize,
}

impl Options {
    /// Those for a table of so many columns: about 300 MB at the most, whatever the table holds.
    pub fn for_columns(columns: usize) -> Self {
        let columns = columns.max(1);
        let share = |whole: usize, least: usize, most: usize| (whole / columns).clamp(least, most);
        Self {
            exact_values: share(1 << 22, 256, 16_384),
            exact_range: 1 << share(1 << 23, 1024, 65_536).ilog2(),
            frequent: share(1 << 19, 64, 1024),
            precision: if columns <= 1000 { 14 } else { 11 },
            k: share(1 << 20, 128, 2048),
            sample_rows: (4_000_000 / columns.min(100)).min(20_000),
            sample_columns: 100,
            sample_texts: share(1 << 15, 16, 1000),
            text_bytes: share(1 << 18, 48, 256),
            row_hashes: 32_768,
        }
    }
}
