//! A table: a schema, and parts that can be read apart from each other.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use crate::error::{Error, Result};

/// What takes the batches of a part; they come in the order of the rows.
pub type Sink<'s> = dyn FnMut(&RecordBatch) -> Result<()> + 's;

/// A piece of a table that one thread reads.
pub trait Part: Send + Sync {
    /// Reads it.
    ///
    /// # Errors
    /// What lies there cannot be read, or the sink refuses a batch.
    fn read(&self, sink: &mut Sink<'_>) -> Result<()>;

    /// Reads some of its columns, in this order; each comes once.
    ///
    /// # Errors
    /// As [`Part::read`].
    fn read_some(&self, columns: &[usize], sink: &mut Sink<'_>) -> Result<()> {
        self.read(&mut |batch| sink(&of_columns(batch, columns)?))
    }

    /// Its rows, where they are known before it is read.
    fn rows(&self) -> Option<u64> {
        None
    }

    /// The part in slices of some of its columns: each with its first field. `None` where they cannot be read apart.
    fn by_columns(&self, _slices: usize) -> Option<Vec<(usize, Box<dyn Part>)>> {
        None
    }
}

/// A batch of some columns of another one.
pub(crate) fn of_columns(batch: &RecordBatch, columns: &[usize]) -> Result<RecordBatch> {
    batch
        .project(columns)
        .map_err(|error| Error::of(Path::new("a batch"), error))
}

/// Where parts come from, one after the other; dropping it ends the reading.
pub type Parts<'t> = Box<dyn Iterator<Item = Result<Box<dyn Part>>> + Send + 't>;

/// A file in a format.
pub trait Table: fmt::Debug + Send + Sync {
    /// The file.
    fn path(&self) -> &Path;

    /// Whether this file is read for it.
    fn has(&self, file: &Path) -> bool {
        self.path() == file
    }

    /// The columns.
    fn schema(&self) -> SchemaRef;

    /// The parts, in the order of their rows.
    ///
    /// # Errors
    /// The file cannot be opened.
    fn parts(&self) -> Result<Parts<'_>>;

    /// Rows of the whole, where they are known before it is read.
    fn rows(&self) -> Option<u64> {
        None
    }

    /// The table with other types for its columns, where a text format leaves a choice; `None` where it does not.
    fn retyped(&self, _schema: &SchemaRef) -> Option<Box<dyn Table>> {
        None
    }

    /// The table with the types that all of its rows fit, where reading found that the first ones mislead.
    ///
    /// # Errors
    /// The file cannot be read.
    fn widened(&self) -> Result<Option<Box<dyn Table>>> {
        Ok(None)
    }
}

/// How to read files that do not say it themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// The format, where the name of a file does not tell it.
    pub format: Option<Format>,
    /// The delimiter of CSV; found out where it is not given.
    pub delimiter: Option<u8>,
    /// Whether the first row of CSV names the columns; found out where it is not given.
    pub header: Option<bool>,
    /// The encoding of texts, as the web names them; UTF-8, or what a byte order mark says.
    pub encoding: Option<String>,
    /// Columns of CSV that are texts, whatever they look like.
    pub texts: Texts,
    /// Empty fields of CSV are empty texts in columns of texts, and no other word stands for a missing value.
    pub empty_as_string: bool,
    /// The names of the columns of CSV without a header.
    pub names: Option<Vec<String>>,
    /// What stands before the number of a column that has no name; `column_` where it is empty.
    pub unnamed: &'static str,
    /// Lines that are no JSON are left out.
    pub drop_invalid: bool,
}

/// Columns that are read as texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Texts {
    /// These.
    Of(BTreeSet<String>),
    /// All.
    All,
}

impl Default for Texts {
    fn default() -> Self {
        Self::Of(BTreeSet::new())
    }
}

/// A format of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Apache Parquet.
    Parquet,
    /// Values with a delimiter between them.
    Csv,
    /// One JSON object a line, or an array of them.
    Json,
    /// Arrow IPC, as a file or a stream (Feather).
    Arrow,
}

impl Format {
    /// The format that the name of a file says.
    pub fn of_name(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "parquet" | "parq" | "pq" => Some(Self::Parquet),
            "csv" | "tsv" | "txt" | "tab" | "psv" => Some(Self::Csv),
            "json" | "jsonl" | "ndjson" => Some(Self::Json),
            "arrow" | "feather" | "ipc" | "arrows" => Some(Self::Arrow),
            _ => None,
        }
    }

    /// The format that the first bytes of a file say.
    pub fn of_bytes(start: &[u8]) -> Self {
        match start {
            [b'P', b'A', b'R', b'1', ..] => Self::Parquet,
            [b'A', b'R', b'R', b'O', b'W', b'1', ..] | [0xFF, 0xFF, 0xFF, 0xFF, ..] => Self::Arrow,
            _ if matches!(start.trim_ascii_start().first(), Some(b'{' | b'[')) => Self::Json,
            _ => Self::Csv,
        }
    }
}
