//! What can go wrong with a profile.

/// An error of a profile.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Parts of other widths.
    #[error("failed to profile: {expected} columns were expected, and a part has {found}")]
    Columns {
        /// Of the first part.
        expected: usize,
        /// Of another.
        found: usize,
    },
    /// A column that cannot be read.
    #[error("failed to profile the column `{column}`: {reason}")]
    Column {
        /// The column.
        column: String,
        /// Why.
        reason: String,
    },
    /// A stored state that cannot be read.
    #[error("failed to read a stored profile: {0}")]
    State(String),
}

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;
