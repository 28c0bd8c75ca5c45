//! A table, as far as it was read.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, Field, Fields, Schema};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::options::Options;
use crate::state::{self, Column, Duplicates, Position, Rows, Sample, Scratch};

/// Structs within structs are opened so far.
const DEPTH: usize = 8;

/// A table, as far as it was read: feed it batches, merge it with others of the same columns, then
/// [`finish`](Self::finish) it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Profiler {
    pub(crate) options: Options,
    pub(crate) rows: u64,
    pub(crate) columns: Vec<Column>,
    pub(crate) duplicates: Duplicates,
    pub(crate) sample: Sample,
    /// Rows in which both of two columns are missing.
    pub(crate) missing_together: BTreeMap<(u32, u32), u64>,
    #[serde(skip)]
    scratch: Scratch,
}

/// The format of [`Profiler::to_bytes`].
const VERSION: u8 = 2;

/// Adds the batches of one part in their order. What they have in common, such as a dictionary, is looked at once: it is counted when
/// this is dropped.
#[derive(Debug)]
pub struct Reader<'p> {
    profiler: &'p mut Profiler,
    at: Position,
}

impl Reader<'_> {
    /// Adds the next batch.
    ///
    /// # Errors
    /// A batch of other columns, or of types that cannot be converted.
    pub fn update(&mut self, batch: &RecordBatch) -> Result<()> {
        let rows = self.read(batch, 0, self.profiler.threshold())?;
        self.profiler.add_rows(&rows);
        Ok(())
    }

    /// Adds some columns of the next batch, from the column `first` on, and gives what they say of the rows: to be joined with what
    /// the other columns say, and added once by [`Profiler::add_rows`].
    ///
    /// # Errors
    /// As [`update`](Self::update).
    pub fn read(&mut self, batch: &RecordBatch, first: usize, threshold: u64) -> Result<Rows> {
        let rows = self.profiler.read(batch, first, self.at, threshold)?;
        self.at.row += batch.num_rows() as u64;
        Ok(rows)
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        let Profiler {
            columns,
            options,
            scratch,
            ..
        } = &mut *self.profiler;
        scratch.dictionaries.settle(columns, options);
    }
}

impl Profiler {
    /// For tables of this schema.
    pub fn new(schema: &Schema) -> Self {
        let mut columns = Vec::new();
        open_fields(schema.fields(), "", DEPTH, &mut columns);
        let options = Options::for_columns(columns.len());
        Self {
            options,
            rows: 0,
            duplicates: Duplicates::new(options.row_hashes),
            sample: Sample::new(options.sample_rows),
            missing_together: BTreeMap::new(),
            scratch: Scratch::default(),
            columns,
        }
    }

    /// The names of the columns, structs opened.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }

    /// The number of columns that a field becomes: those of its fields, where it is a struct.
    pub fn width(field: &Field) -> usize {
        let mut columns = Vec::new();
        open_fields(&Fields::from(vec![field.clone()]), "", DEPTH, &mut columns);
        columns.len()
    }

    /// Rows so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Says that so many rows will come, which saves work and changes nothing else.
    pub fn expect(&mut self, rows: u64) {
        self.sample.expect(rows);
    }

    /// Rows below this priority are in the sample; to be given to all who read columns of the same rows.
    pub fn threshold(&self) -> u64 {
        self.sample.threshold()
    }

    /// Adds a batch that begins at this position.
    ///
    /// # Errors
    /// A batch of other columns, or of types that cannot be converted.
    pub fn update(&mut self, batch: &RecordBatch, at: Position) -> Result<()> {
        Reader { profiler: self, at }.update(batch)
    }

    /// Reads a part of the table, batch by batch.
    pub fn part(&mut self, part: u32) -> Reader<'_> {
        let at = Position { part, row: 0 };
        Reader { profiler: self, at }
    }

    fn read(&mut self, batch: &RecordBatch, first: usize, at: Position, threshold: u64) -> Result<Rows> {
        let mut arrays = Vec::new();
        open_arrays(
            batch.schema_ref().fields(),
            batch.columns(),
            None,
            DEPTH,
            &mut arrays,
        );
        if first + arrays.len() > self.columns.len() {
            return Err(Error::Columns {
                expected: self.columns.len(),
                found: first + arrays.len(),
            });
        }
        let mut rows = Rows::new(at, batch.num_rows(), threshold);
        for (offset, array) in arrays.iter().enumerate() {
            let index = first + offset;
            let column = &mut self.columns[index];
            state::read(array, column, index, &mut rows, &self.options, &mut self.scratch).map_err(
                |error| Error::Column {
                    column: self.columns[index].name.clone(),
                    reason: error.to_string(),
                },
            )?;
        }
        Ok(rows)
    }

    /// Adds what all columns say of a stretch of rows.
    pub fn add_rows(&mut self, rows: &Rows) {
        self.rows += rows.len as u64;
        self.duplicates.extend(&rows.hashes);
        self.sample
            .extend(rows, self.columns.len().min(self.options.sample_columns));
        let present: Vec<_> = rows.present.iter().collect();
        for (at, (left, here)) in present.iter().enumerate() {
            for (right, there) in &present[at + 1..] {
                let both = (&!*here & &!*there).count_set_bits() as u64;
                if both > 0 {
                    *self
                        .missing_together
                        .entry((**left as u32, **right as u32))
                        .or_default() += both;
                }
            }
        }
    }

    /// Takes in other rows of the same table: columns are found by position, and their names have to be the same.
    ///
    /// # Errors
    /// Other columns.
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        self.check_columns(other)?;
        self.rows += other.rows;
        for (own, other) in self.columns.iter_mut().zip(&other.columns) {
            own.merge(other, &self.options);
        }
        self.duplicates.merge(&other.duplicates);
        self.sample.merge(&other.sample);
        for (pair, count) in &other.missing_together {
            *self.missing_together.entry(*pair).or_default() += count;
        }
        Ok(())
    }

    fn check_columns(&self, other: &Self) -> Result<()> {
        if self.columns.len() != other.columns.len() {
            return Err(Error::Columns {
                expected: self.columns.len(),
                found: other.columns.len(),
            });
        }
        for (own, other) in self.columns.iter().zip(&other.columns) {
            if own.name != other.name || own.kind != other.kind {
                return Err(Error::Column {
                    column: own.name.clone(),
                    reason: format!(
                        "another part has the column `{}` of type {} in its place",
                        other.name, other.data_type
                    ),
                });
            }
        }
        Ok(())
    }

    /// The state as bytes, to be merged later.
    ///
    /// # Errors
    /// None that is known.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = vec![VERSION];
        bytes.extend(postcard::to_stdvec(self).map_err(|error| Error::State(error.to_string()))?);
        Ok(bytes)
    }

    /// The state from its bytes.
    ///
    /// # Errors
    /// Bytes of another version, or none of ours.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        match bytes.split_first() {
            Some((&VERSION, rest)) => {
                postcard::from_bytes(rest).map_err(|error| Error::State(error.to_string()))
            }
            _ => Err(Error::State("it is of another version".to_owned())),
        }
    }
}

fn open_fields(fields: &Fields, before: &str, depth: usize, columns: &mut Vec<Column>) {
    for field in fields {
        let name = format!("{before}{}", field.name());
        match opened(field, depth) {
            Some(inner) => open_fields(inner, &format!("{name}."), depth - 1, columns),
            None => columns.push(Column::new(name, field.data_type())),
        }
    }
}

fn open_arrays(
    fields: &Fields,
    arrays: &[ArrayRef],
    outer: Option<&NullBuffer>,
    depth: usize,
    opened_arrays: &mut Vec<ArrayRef>,
) {
    for (field, array) in fields.iter().zip(arrays) {
        match opened(field, depth) {
            Some(inner) => {
                let nulls = NullBuffer::union(outer, array.nulls());
                open_arrays(
                    inner,
                    array.as_struct().columns(),
                    nulls.as_ref(),
                    depth - 1,
                    opened_arrays,
                );
            }
            None => opened_arrays.push(masked(array, outer)),
        }
    }
}

fn opened(field: &Field, depth: usize) -> Option<&Fields> {
    match field.data_type() {
        DataType::Struct(inner) if depth > 0 && !inner.is_empty() => Some(inner),
        _ => None,
    }
}

/// The array, missing where the struct around it is.
fn masked(array: &ArrayRef, outer: Option<&NullBuffer>) -> ArrayRef {
    match outer.filter(|outer| outer.null_count() > 0) {
        None => Arc::clone(array),
        Some(outer) => {
            let nulls = NullBuffer::union(Some(outer), array.nulls());
            match array.to_data().into_builder().nulls(nulls).build() {
                Ok(data) => arrow_array::make_array(data),
                Err(_) => Arc::clone(array),
            }
        }
    }
}
