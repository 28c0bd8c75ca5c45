//! CSV and its kin: dialect and types are found out, blocks are read in parallel by arrow-csv.

mod dialect;
mod failure;
mod types;
mod written;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray};
use arrow_csv::ReaderBuilder;
use arrow_schema::{ArrowError, DataType, Schema, SchemaRef};

pub use dialect::Dialect;
use written::Written;

use crate::blocks::{self, Block, BlockError, Blocks, Records};
use crate::error::{Error, Result};
use crate::table::{Part, Parts, ReadOptions, Sink, Table};

/// Rows of a batch, at most.
const BATCH: usize = 8192;

/// A CSV file.
#[derive(Debug, Clone)]
pub struct CsvTable {
    path: PathBuf,
    dialect: Arc<Dialect>,
    schema: SchemaRef,
    /// How the values of each column are written.
    written: Arc<Vec<Written>>,
}

impl CsvTable {
    /// Finds out dialect and types.
    ///
    /// # Errors
    /// The file is empty, or is no text.
    pub fn open(path: &Path, options: &ReadOptions) -> Result<Self> {
        let dialect = Arc::new(Dialect::find(path, options)?);
        let (schema, written) = types::of_start(path, &dialect)?;
        Ok(Self {
            path: path.to_path_buf(),
            dialect,
            schema,
            written: Arc::new(written),
        })
    }

    fn blocks(&self) -> Result<Blocks> {
        blocks_of(&self.path, &self.dialect)
    }
}

pub(crate) fn blocks_of(path: &Path, dialect: &Dialect) -> Result<Blocks> {
    let source = blocks::open(path, dialect.start, dialect.encoding)?;
    Ok(Blocks::new(
        source,
        dialect.start,
        Records::Quoted(dialect.delimiter),
    ))
}

impl Table for CsvTable {
    fn path(&self) -> &Path {
        &self.path
    }

    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn parts(&self) -> Result<Parts<'_>> {
        let mut blocks = self.blocks()?;
        let part = move || match blocks.next() {
            Ok(None) => None,
            Ok(Some(block)) => Some(Ok(Box::new(CsvBlock {
                table: self.clone(),
                block,
            }) as Box<dyn Part>)),
            Err(error) => Some(Err(self.block_failed(&error))),
        };
        Ok(Box::new(std::iter::from_fn(part)))
    }

    fn retyped(&self, schema: &SchemaRef) -> Option<Box<dyn Table>> {
        let fields = schema.fields().iter().zip(self.written.iter());
        let written = fields.map(|(field, written)| match written.fits(field.data_type()) {
            true => *written,
            false => Written::Plain,
        });
        Some(Box::new(Self {
            schema: Arc::clone(schema),
            written: Arc::new(written.collect()),
            ..self.clone()
        }))
    }

    fn widened(&self) -> Result<Option<Box<dyn Table>>> {
        let (schema, written) = types::of_all(&self.path, &self.dialect)?;
        let changed = schema != self.schema || written != *self.written;
        Ok(changed.then(|| -> Box<dyn Table> {
            Box::new(Self {
                schema,
                written: Arc::new(written),
                ..self.clone()
            })
        }))
    }
}

impl CsvTable {
    fn block_failed(&self, error: &BlockError) -> Error {
        match error {
            BlockError::Io(error) => Error::of(&self.path, error),
            BlockError::Open(offset) => Error::of(&self.path, "a quote is opened in it that is never closed")
                .at_row(failure::row_at(self, *offset))
                .with_hint("close the quote, or write a quote inside of a quoted field twice"),
            BlockError::Long(offset) => {
                let reason = format!("the row is longer than {} MB", blocks::LONGEST >> 20);
                Error::of(&self.path, reason)
                    .at_row(failure::row_at(self, *offset))
                    .with_hint("a quote that is never closed, or another delimiter, makes such rows")
            }
        }
    }

    /// The types that arrow-csv reads: texts where they are then read as they are written.
    fn as_read(&self) -> SchemaRef {
        if self.written.iter().all(|written| *written == Written::Plain) {
            return Arc::clone(&self.schema);
        }
        let fields = self.schema.fields().iter().zip(self.written.iter());
        let fields = fields.map(|(field, written)| match written {
            Written::Plain => field.as_ref().clone(),
            _ => field.as_ref().clone().with_data_type(DataType::Utf8),
        });
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    }

    /// A batch whose texts have been read as they are written; `row` is that of its first one.
    fn as_written(
        &self,
        batch: RecordBatch,
        columns: Option<&[usize]>,
        row: &mut usize,
    ) -> Result<RecordBatch, ArrowError> {
        let first = *row;
        *row += batch.num_rows();
        let place = |at: usize| columns.map_or(at, |columns| columns[at]);
        if (0..batch.num_columns()).all(|at| self.written[place(at)] == Written::Plain) {
            return Ok(batch);
        }
        let read = |at: usize| {
            let (column, from) = (batch.column(at), place(at));
            match self.written[from] {
                Written::Plain => Ok(Arc::clone(column)),
                written => written.read(column, self.schema.field(from).data_type(), from, first),
            }
        };
        let arrays = (0..batch.num_columns())
            .map(read)
            .collect::<Result<Vec<_>, _>>()?;
        let fields = (0..arrays.len()).map(|at| self.schema.field(place(at)).clone());
        RecordBatch::try_new(Arc::new(Schema::new(fields.collect::<Vec<_>>())), arrays)
    }

    fn decode(&self, bytes: &[u8], columns: Option<&[usize]>, sink: &mut Sink<'_>) -> Result<(), Stopped> {
        let mut reader = self.dialect.reader(self.as_read());
        let mut row = 1;
        if let Some(columns) = columns {
            reader = reader.with_projection(columns.to_vec());
        }
        let mut decoder = reader.build_decoder();
        let mut rest = bytes;
        loop {
            let read = decoder.decode(rest)?;
            rest = &rest[read..];
            if read == 0 || decoder.capacity() == 0 {
                let batch = match decoder.flush()? {
                    Some(batch) => Some(self.as_written(batch, columns, &mut row)?),
                    None => None,
                };
                match batch {
                    Some(batch) if self.dialect.empty_as_string => {
                        sink(&with_empty_texts(&batch)?).map_err(Stopped::Sink)?;
                    }
                    Some(batch) => sink(&batch).map_err(Stopped::Sink)?,
                    None if rest.is_empty() => return Ok(()),
                    None => {}
                }
            }
        }
    }
}

impl Dialect {
    /// A reader of rows without a header.
    pub(crate) fn reader(&self, schema: SchemaRef) -> ReaderBuilder {
        let columns = schema.fields().len();
        let mut builder = ReaderBuilder::new(schema)
            .with_delimiter(self.delimiter)
            .with_batch_size(blocks::rows_of_batch(columns, BATCH));
        if let Some(nulls) = &self.nulls {
            builder = builder.with_null_regex(nulls.clone());
        }
        builder
    }
}

/// A batch whose texts are empty rather than missing.
fn with_empty_texts(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let columns = batch.columns().iter().map(|column| -> ArrayRef {
        match column.as_string_opt::<i32>() {
            Some(texts) if texts.null_count() > 0 => {
                let texts = texts.iter().map(Option::unwrap_or_default);
                Arc::new(StringArray::from_iter_values(texts))
            }
            _ => Arc::clone(column),
        }
    });
    RecordBatch::try_new(batch.schema(), columns.collect())
}

/// Why decoding stopped.
pub(crate) enum Stopped {
    Arrow(ArrowError),
    Sink(Error),
}

impl From<ArrowError> for Stopped {
    fn from(error: ArrowError) -> Self {
        Self::Arrow(error)
    }
}

struct CsvBlock {
    table: CsvTable,
    block: Block,
}

impl Part for CsvBlock {
    fn read(&self, sink: &mut Sink<'_>) -> Result<()> {
        self.read_columns(None, sink)
    }

    fn read_some(&self, columns: &[usize], sink: &mut Sink<'_>) -> Result<()> {
        self.read_columns(Some(columns), sink)
    }
}

impl CsvBlock {
    fn read_columns(&self, columns: Option<&[usize]>, sink: &mut Sink<'_>) -> Result<()> {
        self.table
            .decode(&self.block.bytes, columns, sink)
            .map_err(|stopped| match stopped {
                Stopped::Sink(error) => error,
                Stopped::Arrow(error) => failure::explain(&self.table, &self.block, &error),
            })
    }
}
