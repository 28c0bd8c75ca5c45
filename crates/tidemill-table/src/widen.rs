//! The narrowest type that the values of two types fit.

use arrow_schema::{DataType, TimeUnit};

/// The narrowest type for both; text at last.
pub(crate) fn both(left: &DataType, right: &DataType) -> DataType {
    use DataType::{Boolean, Date32, Float64, Int64, Null, Timestamp, Utf8};
    match (left, right) {
        (one, other) if one == other => one.clone(),
        (Null, other) | (other, Null) => other.clone(),
        (Int64, Float64) | (Float64, Int64) => Float64,
        (Timestamp(one, None), Timestamp(other, None)) => Timestamp(finer(*one, *other), None),
        (Date32, Timestamp(unit, None)) | (Timestamp(unit, None), Date32) => Timestamp(*unit, None),
        (Boolean, _) | (_, Boolean) => Utf8,
        _ => Utf8,
    }
}

fn finer(one: TimeUnit, other: TimeUnit) -> TimeUnit {
    one.max(other)
}
