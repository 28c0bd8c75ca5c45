//! From Arrow arrays to the state of a column: one kernel a kind of array.

mod dictionary;
mod numbers;
mod texts;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, DurationMicrosecondType,
    DurationMillisecondType, DurationNanosecondType, DurationSecondType, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, Time32MillisecondType, Time32SecondType, Time64MicrosecondType,
    Time64NanosecondType, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_buffer::NullBuffer;
use arrow_schema::{ArrowError, DataType, TimeUnit};

pub use dictionary::Dictionaries;

use super::column::Column;
use super::rows::Rows;
use super::values::Scratch;
use crate::hash;
use crate::kind::Kind;
use crate::options::Options;

/// What an array is read into.
pub(super) struct Reading<'r> {
    pub column: &'r mut Column,
    pub index: usize,
    pub rows: &'r mut Rows,
    pub options: &'r Options,
    pub scratch: &'r mut Scratch,
}

/// The key of a missing value in the hash of a row.
const NOTHING: u64 = 0x6E6F_7468_696E_6721;

/// Adds an array to a column, and to its rows.
///
/// # Errors
/// An array whose type the kernels of Arrow cannot convert.
pub fn read(
    array: &ArrayRef,
    column: &mut Column,
    index: usize,
    rows: &mut Rows,
    options: &Options,
    scratch: &mut Scratch,
) -> Result<(), ArrowError> {
    column.rows += array.len() as u64;
    let reading = Reading {
        column,
        index,
        rows,
        options,
        scratch,
    };
    reading.array(array)
}

impl Reading<'_> {
    fn array(mut self, array: &ArrayRef) -> Result<(), ArrowError> {
        macro_rules! wholes {
            ($type:ty) => {{
                let array = array.as_primitive::<$type>();
                self.wholes(array.values(), array.nulls())
            }};
        }
        match array.data_type() {
            DataType::Int8 => wholes!(Int8Type),
            DataType::Int16 => wholes!(Int16Type),
            DataType::Int32 => wholes!(Int32Type),
            DataType::Int64 => wholes!(Int64Type),
            DataType::UInt8 => wholes!(UInt8Type),
            DataType::UInt16 => wholes!(UInt16Type),
            DataType::UInt32 => wholes!(UInt32Type),
            DataType::Date32 => wholes!(Date32Type),
            DataType::Date64 => wholes!(Date64Type),
            DataType::Timestamp(TimeUnit::Second, _) => wholes!(TimestampSecondType),
            DataType::Timestamp(TimeUnit::Millisecond, _) => wholes!(TimestampMillisecondType),
            DataType::Timestamp(TimeUnit::Microsecond, _) => wholes!(TimestampMicrosecondType),
            DataType::Timestamp(TimeUnit::Nanosecond, _) => wholes!(TimestampNanosecondType),
            DataType::Time32(TimeUnit::Second) => wholes!(Time32SecondType),
            DataType::Time32(_) => wholes!(Time32MillisecondType),
            DataType::Time64(TimeUnit::Microsecond) => wholes!(Time64MicrosecondType),
            DataType::Time64(_) => wholes!(Time64NanosecondType),
            DataType::Duration(TimeUnit::Second) => wholes!(DurationSecondType),
            DataType::Duration(TimeUnit::Millisecond) => wholes!(DurationMillisecondType),
            DataType::Duration(TimeUnit::Microsecond) => wholes!(DurationMicrosecondType),
            DataType::Duration(TimeUnit::Nanosecond) => wholes!(DurationNanosecondType),
            DataType::Decimal32(..) if self.exact_decimal() => wholes!(Decimal32Type),
            DataType::Decimal64(..) if self.exact_decimal() => wholes!(Decimal64Type),
            DataType::Decimal128(..) if self.exact_decimal() => wholes!(Decimal128Type),
            DataType::UInt64 => {
                let array = array.as_primitive::<UInt64Type>();
                self.unsigned(array.values(), array.nulls());
            }
            DataType::Float64 => {
                let array = array.as_primitive::<Float64Type>();
                self.floats(array.values(), array.nulls(), |value| value);
            }
            DataType::Float32 => {
                let array = array.as_primitive::<Float32Type>();
                self.floats(array.values(), array.nulls(), f64::from);
            }
            DataType::Float16
            | DataType::Decimal32(..)
            | DataType::Decimal64(..)
            | DataType::Decimal128(..)
            | DataType::Decimal256(..) => {
                let cast = arrow_cast::cast(array, &DataType::Float64)?;
                let cast = cast.as_primitive::<Float64Type>();
                self.floats(cast.values(), cast.nulls(), |value| value);
            }
            DataType::Boolean => {
                let array = array.as_boolean();
                let values: Vec<i64> = array.values().iter().map(i64::from).collect();
                self.wholes(&values, array.nulls());
            }
            DataType::Utf8 => self.texts(array.as_string::<i32>().iter(), array.nulls()),
            DataType::LargeUtf8 => self.texts(array.as_string::<i64>().iter(), array.nulls()),
            DataType::Utf8View => self.texts(array.as_string_view().iter(), array.nulls()),
            DataType::Binary => self.bytes(array.as_binary::<i32>().iter(), array.nulls()),
            DataType::LargeBinary => self.bytes(array.as_binary::<i64>().iter(), array.nulls()),
            DataType::BinaryView => self.bytes(array.as_binary_view().iter(), array.nulls()),
            DataType::FixedSizeBinary(_) => self.bytes(array.as_fixed_size_binary().iter(), array.nulls()),
            DataType::Dictionary(_, values) => return self.dictionary(array, values),
            _ if self.column.kind == Kind::List => self.lists(array),
            _ => self.uncounted(array),
        }
        Ok(())
    }

    fn exact_decimal(&self) -> bool {
        matches!(self.column.kind, Kind::Decimal(_))
    }

    /// Of the length of each list.
    fn lists(&mut self, array: &ArrayRef) {
        let lengths: Vec<i64> = match array.data_type() {
            DataType::List(_) => array
                .as_list::<i32>()
                .offsets()
                .lengths()
                .map(|length| length as i64)
                .collect(),
            DataType::LargeList(_) => array
                .as_list::<i64>()
                .offsets()
                .lengths()
                .map(|length| length as i64)
                .collect(),
            DataType::Map(..) => array
                .as_map()
                .offsets()
                .lengths()
                .map(|length| length as i64)
                .collect(),
            DataType::FixedSizeList(_, length) => vec![i64::from(*length); array.len()],
            DataType::ListView(_) => array
                .as_list_view::<i32>()
                .sizes()
                .iter()
                .map(|size| i64::from(*size))
                .collect(),
            DataType::LargeListView(_) => array.as_list_view::<i64>().sizes().to_vec(),
            _ => return self.uncounted(array),
        };
        self.wholes(&lengths, array.nulls());
    }

    /// Of types that have no kernel: what is missing.
    fn uncounted(&mut self, array: &ArrayRef) {
        let nulls = array.logical_nulls();
        self.missing(nulls.as_ref());
    }

    /// Counts what is missing, and remembers where.
    fn missing(&mut self, nulls: Option<&NullBuffer>) {
        if let Some(nulls) = nulls.filter(|nulls| nulls.null_count() > 0) {
            self.column.missing += nulls.null_count() as u64;
            self.rows.keep_present(self.index, nulls.inner().clone());
        }
    }

    /// Adds cells to the hashes of the rows. `key` gives the key of a row's cell, whatever lies there where it is missing.
    #[inline]
    fn hash_rows(&mut self, rows: usize, key: impl Fn(usize) -> u64, nulls: Option<&NullBuffer>) {
        let salt = hash::salt(self.index);
        for (row, sum) in self.rows.hashes[..rows].iter_mut().enumerate() {
            *sum = sum.wrapping_add(hash::cell(key(row), salt));
        }
        // Those are few, mostly, and are put right.
        let nothing = hash::cell(NOTHING, salt);
        for row in missing_rows(nulls) {
            let wrong = hash::cell(key(row), salt);
            let sum = &mut self.rows.hashes[row];
            *sum = sum.wrapping_sub(wrong).wrapping_add(nothing);
        }
    }

    /// Puts the cells of the sample in their place.
    fn pick(&mut self, cell: impl Fn(usize) -> u64) {
        if self.index < self.options.sample_columns && !self.rows.picked.is_empty() {
            let cells = self
                .rows
                .picked
                .iter()
                .map(|(row, _)| cell(*row as usize))
                .collect();
            self.rows.cells.insert(self.index, cells);
        }
    }
}

/// The rows without a value.
fn missing_rows(nulls: Option<&NullBuffer>) -> Vec<usize> {
    nulls
        .filter(|nulls| nulls.null_count() > 0)
        .map_or_else(Vec::new, |nulls| (!nulls.inner()).set_indices().collect())
}
