//! Columns that are the same in all rows of a file: those that a table is partitioned by. They stand behind the file's own.

use std::path::Path;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch, StringArray, UInt32Array};
use arrow_schema::{Field, Schema, SchemaRef};

use super::log::Values;
use crate::error::{Error, Result};
use crate::table::{Part, Parts, Sink, Table};

/// Rows of a batch that has such columns alone.
const BATCH: u64 = 8192;

/// Columns with their only value, as an array of one row.
pub(crate) type Constants = Arc<Vec<(Field, ArrayRef)>>;

/// The constants of a file, by the log's texts.
pub(super) fn constants(table: &Path, partitions: &[Field], values: &Values) -> Result<Constants> {
    let constant = |field: &Field| {
        let said = values.get(field.name()).and_then(Option::as_deref);
        // An empty text stands for null, whatever the type is.
        let text = StringArray::from(vec![said.filter(|text| !text.is_empty())]);
        let one = arrow_cast::cast(&text, field.data_type()).map_err(|error| Error::of(table, error))?;
        if one.null_count() > text.null_count() {
            return Err(Error::of(
                table,
                format!(
                    "its log has the value `{}` for the partition column `{}`, which is no {}",
                    said.unwrap_or_default(),
                    field.name(),
                    field.data_type()
                ),
            ));
        }
        Ok((field.clone(), one))
    };
    Ok(Arc::new(partitions.iter().map(constant).collect::<Result<_>>()?))
}

/// A table with constants behind its own columns; the table itself where there are none.
pub(crate) fn with(table: Box<dyn Table>, constants: &Constants) -> Box<dyn Table> {
    let own = table.schema();
    // Some writers leave the columns in the files, too.
    let more: Vec<(Field, ArrayRef)> = constants
        .iter()
        .filter(|(field, _)| own.field_with_name(field.name()).is_err())
        .cloned()
        .collect();
    if more.is_empty() {
        return table;
    }
    let fields: Vec<Field> = own.fields().iter().map(|field| Field::clone(field)).collect();
    let fields = fields
        .into_iter()
        .chain(more.iter().map(|(field, _)| field.clone()));
    Box::new(Partitioned {
        schema: Arc::new(Schema::new(fields.collect::<Vec<_>>())),
        own: own.fields().len(),
        constants: Arc::new(more),
        table,
    })
}

#[derive(Debug)]
struct Partitioned {
    table: Box<dyn Table>,
    schema: SchemaRef,
    /// How many columns the file has itself.
    own: usize,
    constants: Constants,
}

impl Table for Partitioned {
    fn path(&self) -> &Path {
        self.table.path()
    }

    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn rows(&self) -> Option<u64> {
        self.table.rows()
    }

    fn parts(&self) -> Result<Parts<'_>> {
        let with = |part: Result<Box<dyn Part>>| -> Result<Box<dyn Part>> {
            Ok(Box::new(PartitionedPart {
                part: part?,
                own: self.own,
                constants: Arc::clone(&self.constants),
            }))
        };
        Ok(Box::new(self.table.parts()?.map(with)))
    }
}

struct PartitionedPart {
    part: Box<dyn Part>,
    own: usize,
    constants: Constants,
}

impl PartitionedPart {
    /// A batch with these of the constants, each put where it belongs among `columns`.
    fn filled(&self, batch: &RecordBatch, columns: &[usize]) -> Result<RecordBatch> {
        let failed = |error: arrow_schema::ArrowError| Error::of(Path::new("a batch"), error);
        let rows = batch.num_rows();
        let (mut fields, mut arrays) = (Vec::new(), Vec::new());
        let mut own = 0;
        for column in columns {
            match column.checked_sub(self.own) {
                None => {
                    fields.push(batch.schema().field(own).clone());
                    arrays.push(Arc::clone(batch.column(own)));
                    own += 1;
                }
                Some(at) => {
                    let (field, one) = &self.constants[at];
                    fields.push(field.clone());
                    arrays.push(repeated(one, rows).map_err(failed)?);
                }
            }
        }
        let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options).map_err(failed)
    }
}

impl Part for PartitionedPart {
    fn read(&self, sink: &mut Sink<'_>) -> Result<()> {
        let all: Vec<usize> = (0..self.own + self.constants.len()).collect();
        self.part.read(&mut |batch| sink(&self.filled(batch, &all)?))
    }

    fn read_some(&self, columns: &[usize], sink: &mut Sink<'_>) -> Result<()> {
        let own: Vec<usize> = columns
            .iter()
            .copied()
            .filter(|column| *column < self.own)
            .collect();
        self.part
            .read_some(&own, &mut |batch| sink(&self.filled(batch, columns)?))
    }

    fn rows(&self) -> Option<u64> {
        self.part.rows()
    }

    fn by_columns(&self, slices: usize) -> Option<Vec<(usize, Box<dyn Part>)>> {
        let rows = self.part.rows()?;
        let mut parts = self.part.by_columns(slices)?;
        let constants = Arc::clone(&self.constants);
        parts.push((self.own, Box::new(ConstantPart { rows, constants })));
        Some(parts)
    }
}

/// The constants alone.
struct ConstantPart {
    rows: u64,
    constants: Constants,
}

impl Part for ConstantPart {
    fn read(&self, sink: &mut Sink<'_>) -> Result<()> {
        let failed = |error: arrow_schema::ArrowError| Error::of(Path::new("a batch"), error);
        let fields: Vec<Field> = self.constants.iter().map(|(field, _)| field.clone()).collect();
        let schema = Arc::new(Schema::new(fields));
        let mut left = self.rows;
        while left > 0 {
            let rows = left.min(BATCH);
            left -= rows;
            let arrays = self.constants.iter().map(|(_, one)| repeated(one, rows as usize));
            let arrays = arrays.collect::<Result<Vec<_>, _>>().map_err(failed)?;
            sink(&RecordBatch::try_new(Arc::clone(&schema), arrays).map_err(failed)?)?;
        }
        Ok(())
    }

    fn rows(&self) -> Option<u64> {
        Some(self.rows)
    }
}

fn repeated(one: &ArrayRef, rows: usize) -> std::result::Result<ArrayRef, arrow_schema::ArrowError> {
    arrow_select::take::take(one, &UInt32Array::from(vec![0; rows]), None)
}
