//! The columns of a query: PostgreSQL's types as Arrow's, and its binary values as theirs. What Arrow has no type for comes as the
//! text that the database writes.
//!
//! The binary formats are those of PostgreSQL's `send` functions: big-endian numbers, days and microseconds since 2000-01-01.

use std::sync::Arc;

use arrow_array::builder::{
    ArrayBuilder, BinaryBuilder, BooleanBuilder, Date32Builder, Float32Builder, Float64Builder, Int16Builder,
    Int32Builder, Int64Builder, StringBuilder, Time64MicrosecondBuilder, TimestampMicrosecondBuilder,
};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use sqlx::Row;
use sqlx::ValueRef;
use sqlx::postgres::PgRow;

use super::{DatabaseError, quoted};

/// Days and microseconds from 1970 to 2000, from which PostgreSQL counts.
const DAYS: i32 = 10_957;
const MICROSECONDS: i64 = 946_684_800_000_000;

/// What a column is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    Int16,
    Int32,
    Int64,
    Float32,
    Float64,
    /// A number of any length, as the double next to it.
    Numeric,
    Text,
    /// Another type, as text.
    AsText,
    Bytes,
    Date,
    Time,
    Timestamp,
    Instant,
}

impl Kind {
    fn of(name: &str) -> Self {
        match name {
            "BOOL" => Self::Bool,
            "INT2" => Self::Int16,
            "INT4" => Self::Int32,
            "INT8" => Self::Int64,
            "FLOAT4" => Self::Float32,
            "FLOAT8" => Self::Float64,
            "NUMERIC" => Self::Numeric,
            "TEXT" | "VARCHAR" => Self::Text,
            "BYTEA" => Self::Bytes,
            "DATE" => Self::Date,
            "TIME" => Self::Time,
            "TIMESTAMP" => Self::Timestamp,
            "TIMESTAMPTZ" => Self::Instant,
            _ => Self::AsText,
        }
    }

    fn cast(self) -> &'static str {
        match self {
            Self::Numeric => "::float8",
            Self::AsText => "::text",
            _ => "",
        }
    }

    fn data_type(self) -> DataType {
        match self {
            Self::Bool => DataType::Boolean,
            Self::Int16 => DataType::Int16,
            Self::Int32 => DataType::Int32,
            Self::Int64 => DataType::Int64,
            Self::Float32 => DataType::Float32,
            Self::Float64 | Self::Numeric => DataType::Float64,
            Self::Text | Self::AsText => DataType::Utf8,
            Self::Bytes => DataType::Binary,
            Self::Date => DataType::Date32,
            Self::Time => DataType::Time64(TimeUnit::Microsecond),
            Self::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
            Self::Instant => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        }
    }
}

/// The columns of a query.
pub(super) struct Columns {
    columns: Vec<(String, Kind)>,
    schema: SchemaRef,
}

impl Columns {
    /// Of names and types, as the database calls them.
    pub(super) fn of(found: &[(String, String)]) -> Self {
        let columns: Vec<(String, Kind)> = found
            .iter()
            .map(|(name, kind)| (name.clone(), Kind::of(kind)))
            .collect();
        let fields = columns
            .iter()
            .map(|(name, kind)| Field::new(name, kind.data_type(), true));
        Self {
            schema: Arc::new(Schema::new(fields.collect::<Vec<_>>())),
            columns,
        }
    }

    pub(super) fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// The columns of `q`, cast to what can be read.
    pub(super) fn select(&self) -> String {
        let each = self.columns.iter().map(|(name, kind)| {
            let named = quoted(name);
            format!("q.{named}{} as {named}", kind.cast())
        });
        each.collect::<Vec<_>>().join(", ")
    }

    /// Rows as a batch, and how many bytes their values have. `before` rows came before them.
    pub(super) fn batch(&self, rows: &[PgRow], before: u64) -> Result<(RecordBatch, usize), DatabaseError> {
        let mut size = 0;
        let mut arrays = Vec::with_capacity(self.columns.len());
        for (at, (name, kind)) in self.columns.iter().enumerate() {
            let mut cells = Vec::with_capacity(rows.len());
            for row in rows {
                let value = row
                    .try_get_raw(at)
                    .map_err(|error| DatabaseError::of("read a value", &error))?;
                let cell = match value.is_null() {
                    true => None,
                    false => Some(value.as_bytes().map_err(|error| {
                        DatabaseError::invalid(format!("failed to read a value of column `{name}`: {error}"))
                    })?),
                };
                size += cell.map_or(1, <[u8]>::len) + 4;
                cells.push(cell);
            }
            let array = array(*kind, &cells).map_err(|(row, why)| {
                DatabaseError::invalid(format!(
                    "failed to read row {}, column `{name}`: {why}",
                    before + row as u64 + 1
                ))
            })?;
            arrays.push(array);
        }
        let batch = RecordBatch::try_new(self.schema(), arrays)
            .map_err(|error| DatabaseError::invalid(format!("failed to take rows: {error}")))?;
        Ok((batch, size))
    }
}

type Cells<'c> = [Option<&'c [u8]>];

/// The values of a column. An error gives the place of the row.
fn array(kind: Kind, cells: &Cells<'_>) -> Result<ArrayRef, (usize, String)> {
    match kind {
        Kind::Bool => build(BooleanBuilder::new(), cells, |to, cell| {
            to.append_option(cell.map(number::<1>).transpose()?.map(|[byte]| byte != 0));
            Ok(())
        }),
        Kind::Int16 => build(Int16Builder::new(), cells, |to, cell| {
            to.append_option(cell.map(number).transpose()?.map(i16::from_be_bytes));
            Ok(())
        }),
        Kind::Int32 => build(Int32Builder::new(), cells, |to, cell| {
            to.append_option(cell.map(number).transpose()?.map(i32::from_be_bytes));
            Ok(())
        }),
        Kind::Int64 => build(Int64Builder::new(), cells, |to, cell| {
            to.append_option(cell.map(number).transpose()?.map(i64::from_be_bytes));
            Ok(())
        }),
        Kind::Float32 => build(Float32Builder::new(), cells, |to, cell| {
            to.append_option(cell.map(number).transpose()?.map(f32::from_be_bytes));
            Ok(())
        }),
        Kind::Float64 | Kind::Numeric => build(Float64Builder::new(), cells, |to, cell| {
            to.append_option(cell.map(number).transpose()?.map(f64::from_be_bytes));
            Ok(())
        }),
        Kind::Text | Kind::AsText => build(StringBuilder::new(), cells, |to, cell| {
            let text = cell.map(std::str::from_utf8).transpose();
            to.append_option(text.map_err(|_| "it is no UTF-8".to_owned())?);
            Ok(())
        }),
        Kind::Bytes => build(BinaryBuilder::new(), cells, |to, cell| {
            to.append_option(cell);
            Ok(())
        }),
        Kind::Date => build(Date32Builder::new(), cells, |to, cell| {
            let days = cell.map(number).transpose()?.map(i32::from_be_bytes);
            let days = days.map(|days| match days {
                i32::MIN | i32::MAX => Err(INFINITE.to_owned()),
                days => days
                    .checked_add(DAYS)
                    .ok_or_else(|| "it is too far away".to_owned()),
            });
            to.append_option(days.transpose()?);
            Ok(())
        }),
        Kind::Time => build(Time64MicrosecondBuilder::new(), cells, |to, cell| {
            to.append_option(cell.map(number).transpose()?.map(i64::from_be_bytes));
            Ok(())
        }),
        Kind::Timestamp => build(TimestampMicrosecondBuilder::new(), cells, timestamp),
        Kind::Instant => build(
            TimestampMicrosecondBuilder::new().with_timezone("UTC"),
            cells,
            timestamp,
        ),
    }
}

const INFINITE: &str =
    "it is infinite, which no date of a table is; leave it out in the query, as in nullif(at, 'infinity')";

fn timestamp(to: &mut TimestampMicrosecondBuilder, cell: Option<&[u8]>) -> Result<(), String> {
    let at = cell.map(number).transpose()?.map(i64::from_be_bytes);
    let at = at.map(|at| match at {
        i64::MIN | i64::MAX => Err(INFINITE.to_owned()),
        at => at
            .checked_add(MICROSECONDS)
            .ok_or_else(|| "it is too far away".to_owned()),
    });
    to.append_option(at.transpose()?);
    Ok(())
}

fn build<B: ArrayBuilder>(
    mut builder: B,
    cells: &Cells<'_>,
    add: impl Fn(&mut B, Option<&[u8]>) -> Result<(), String>,
) -> Result<ArrayRef, (usize, String)> {
    for (row, cell) in cells.iter().enumerate() {
        add(&mut builder, *cell).map_err(|why| (row, why))?;
    }
    Ok(builder.finish())
}

fn number<const N: usize>(bytes: &[u8]) -> Result<[u8; N], String> {
    bytes
        .try_into()
        .map_err(|_| format!("it has {} bytes, and {N} were expected", bytes.len()))
}
