//! What can go wrong with a table: which file, which row, which column, and what to do next.

use std::fmt;
use std::path::Path;

/// An error of reading a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The file, or what was asked for.
    pub file: String,
    /// The row, as a spreadsheet counts: a header is row 1.
    pub row: Option<u64>,
    /// The column.
    pub column: Option<String>,
    /// Why.
    pub reason: String,
    /// What to do next.
    pub hint: Option<String>,
}

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub(crate) fn of(file: &Path, reason: impl fmt::Display) -> Self {
        Self {
            file: file.display().to_string(),
            row: None,
            column: None,
            reason: reason.to_string(),
            hint: None,
        }
    }

    pub(crate) fn at_row(mut self, row: u64) -> Self {
        self.row = Some(row);
        self
    }

    pub(crate) fn in_column(mut self, column: impl Into<String>) -> Self {
        self.column = Some(column.into());
        self
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "failed to read {}", self.file)?;
        if let Some(row) = self.row {
            write!(to, ", row {row}")?;
        }
        if let Some(column) = &self.column {
            write!(to, ", column `{column}`")?;
        }
        write!(to, ": {}", self.reason)
    }
}

impl std::error::Error for Error {}
