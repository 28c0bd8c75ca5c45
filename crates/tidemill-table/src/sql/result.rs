//! What a query answers, in the format that was asked for, within the rows and bytes that it may have.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_ipc::writer::FileWriter;
use arrow_json::writer::{ArrayWriter, JsonArray, LineDelimited, LineDelimitedWriter, WriterBuilder};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::failure::{Failure, Reason};
use super::limits::Limits;

/// A format of answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// An object: columns with their types, rows as objects, whether rows were left out.
    #[default]
    Answer,
    /// An array of rows as objects.
    Json,
    /// One object a line.
    JsonLines,
    /// Values with commas between them, below a header.
    Csv,
    /// Arrow IPC, as a file (Feather version 2).
    Arrow,
    /// Apache Parquet, compressed with Zstandard.
    Parquet,
}

/// A column of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnType {
    /// Its name; a second one of the same name is told apart by a number.
    pub name: String,
    /// Its Arrow type.
    pub r#type: String,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answered {
    /// The columns.
    pub columns: Vec<ColumnType>,
    /// Rows that were written.
    pub row_count: u64,
    /// There are more rows than it may have.
    pub truncated: bool,
    /// Bytes that were written.
    pub bytes: u64,
    /// What there is to say beside the rows.
    pub summary: Option<Value>,
}

/// An answer while it is written.
pub(super) struct Answer {
    sheet: Sheet,
    schema: SchemaRef,
    columns: Vec<ColumnType>,
    rows: u64,
    most: u64,
    truncated: bool,
    written: Arc<AtomicU64>,
    most_bytes: u64,
}

enum Sheet {
    Answer(ArrayWriter<Counted>),
    Json(ArrayWriter<Counted>),
    Lines(LineDelimitedWriter<Counted>),
    Csv(Box<arrow_csv::Writer<Counted>>),
    Arrow(FileWriter<Counted>),
    Parquet(ArrowWriter<Counted>),
}

impl Answer {
    pub(super) fn begin(
        make: &mut (dyn FnMut() -> io::Result<Box<dyn Write + Send>> + Send),
        format: Format,
        schema: &Schema,
        limits: &Limits,
    ) -> Result<Self, Failure> {
        let (schema, columns) = named(schema, format);
        let written = Arc::new(AtomicU64::new(0));
        let to =
            make().map_err(|error| Failure::invalid(format!("its answer cannot be written: {error}")))?;
        let mut to = Counted {
            to,
            written: Arc::clone(&written),
            most: limits.answer_bytes,
        };
        let objects = || WriterBuilder::new().with_explicit_nulls(true);
        let sheet = || -> Result<Sheet, ArrowError> {
            Ok(match format {
                Format::Answer => {
                    let columns = serde_json::to_string(&columns)
                        .map_err(|error| ArrowError::JsonError(error.to_string()))?;
                    write!(to, "{{\"columns\":{columns},\"rows\":")?;
                    Sheet::Answer(objects().build::<_, JsonArray>(to))
                }
                Format::Json => Sheet::Json(objects().build::<_, JsonArray>(to)),
                Format::JsonLines => Sheet::Lines(objects().build::<_, LineDelimited>(to)),
                Format::Csv => {
                    let mut sheet = arrow_csv::WriterBuilder::new().with_header(true).build(to);
                    // The header of a table without rows.
                    sheet.write(&RecordBatch::new_empty(Arc::clone(&schema)))?;
                    Sheet::Csv(Box::new(sheet))
                }
                Format::Arrow => Sheet::Arrow(FileWriter::try_new(to, &schema)?),
                Format::Parquet => {
                    let level = ZstdLevel::try_new(3).unwrap_or_default();
                    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(level));
                    Sheet::Parquet(ArrowWriter::try_new(
                        to,
                        Arc::clone(&schema),
                        Some(properties.build()),
                    )?)
                }
            })
        };
        let sheet = sheet().map_err(Failure::invalid)?;
        Ok(Self {
            sheet,
            schema,
            columns,
            rows: 0,
            most: limits.rows,
            truncated: false,
            written,
            most_bytes: limits.answer_bytes,
        })
    }

    /// Adds rows; `false` when there is room for no more.
    pub(super) fn add(&mut self, batch: &RecordBatch) -> Result<bool, Failure> {
        let room = usize::try_from(self.most - self.rows).unwrap_or(usize::MAX);
        self.truncated |= batch.num_rows() > room;
        let batch = batch.slice(0, batch.num_rows().min(room));
        self.rows += batch.num_rows() as u64;
        if batch.num_rows() > 0 {
            self.write(&batch).map_err(|error| self.failed(error))?;
        }
        Ok(!self.truncated)
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<(), ArrowError> {
        let columns = self
            .schema
            .fields()
            .iter()
            .zip(batch.columns())
            .map(|(field, column)| shaped(field, column))
            .collect::<Result<Vec<_>, _>>()?;
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns)?;
        match &mut self.sheet {
            Sheet::Answer(sheet) | Sheet::Json(sheet) => sheet.write(&batch),
            Sheet::Lines(sheet) => sheet.write(&batch),
            Sheet::Csv(sheet) => sheet.write(&batch),
            Sheet::Arrow(sheet) => sheet.write(&batch),
            Sheet::Parquet(sheet) => sheet.write(&batch).map_err(ArrowError::from),
        }
    }

    /// The end of it.
    pub(super) fn finish(mut self, summary: Option<Value>) -> Result<Answered, Failure> {
        let closed = self.close(summary.as_ref());
        closed.map_err(|error| self.failed(error))?;
        Ok(Answered {
            row_count: self.rows,
            truncated: self.truncated,
            bytes: self.written.load(Ordering::Relaxed),
            summary,
            columns: self.columns,
        })
    }

    fn close(&mut self, summary: Option<&Value>) -> Result<(), ArrowError> {
        match &mut self.sheet {
            Sheet::Answer(sheet) => {
                sheet.finish()?;
                let to = sheet.get_mut();
                write!(
                    to,
                    ",\"row_count\":{},\"truncated\":{}",
                    self.rows, self.truncated
                )?;
                if let Some(summary) = summary {
                    write!(to, ",\"summary\":{summary}")?;
                }
                write!(to, "}}")?;
                to.flush()?;
            }
            Sheet::Json(sheet) => {
                sheet.finish()?;
                writeln!(sheet.get_mut())?;
                sheet.get_mut().flush()?;
            }
            Sheet::Lines(sheet) => {
                sheet.finish()?;
                sheet.get_mut().flush()?;
            }
            // It writes through with every batch.
            Sheet::Csv(_) => {}
            Sheet::Arrow(sheet) => {
                sheet.finish()?;
                sheet.flush()?;
            }
            Sheet::Parquet(sheet) => {
                sheet.finish()?;
                sheet.inner_mut().flush()?;
            }
        }
        Ok(())
    }

    fn failed(&self, error: impl std::fmt::Display) -> Failure {
        if self.written.load(Ordering::Relaxed) > self.most_bytes {
            return Failure::new(
                Reason::Resources,
                format!(
                    "failed to run the query: its answer is larger than {} MB",
                    self.most_bytes >> 20
                ),
            )
            .with_hint("select fewer rows or columns, or ask for Parquet");
        }
        Failure::invalid(error)
    }
}

/// Counts bytes, and refuses more than there may be.
struct Counted {
    to: Box<dyn Write + Send>,
    written: Arc<AtomicU64>,
    most: u64,
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let before = self.written.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        if before + bytes.len() as u64 > self.most {
            return Err(io::Error::other("the answer is too large"));
        }
        self.to.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// The columns under names that come once, with types that the format can write.
fn named(schema: &Schema, format: Format) -> (SchemaRef, Vec<ColumnType>) {
    let mut fields: Vec<Field> = Vec::new();
    let mut columns = Vec::new();
    for field in schema.fields() {
        let taken = |name: &str| fields.iter().any(|field: &Field| field.name() == name);
        let name = match taken(field.name()) {
            false => field.name().clone(),
            true => (2..)
                .map(|number| format!("{}_{number}", field.name()))
                .find(|name| !taken(name))
                .unwrap_or_default(),
        };
        columns.push(ColumnType {
            name: name.clone(),
            r#type: field.data_type().to_string(),
        });
        let written = match field.data_type() {
            DataType::Utf8View => DataType::Utf8,
            nested if format == Format::Csv && nested.is_nested() => DataType::Utf8,
            other => other.clone(),
        };
        fields.push(Field::new(name, written, true));
    }
    (Arc::new(Schema::new(fields)), columns)
}

fn shaped(field: &Field, column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    if column.data_type() == field.data_type() {
        return Ok(Arc::clone(column));
    }
    if column.data_type().is_nested() {
        let options = FormatOptions::default();
        let cells = ArrayFormatter::try_new(column, &options)?;
        let texts: Vec<Option<String>> = (0..column.len())
            .map(|row| {
                let text = || cells.value(row).try_to_string();
                column.is_valid(row).then(text).transpose()
            })
            .collect::<Result<_, _>>()?;
        return Ok(Arc::new(StringArray::from(texts)));
    }
    arrow_cast::cast(column, field.data_type())
}
