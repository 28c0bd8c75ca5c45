//! Numbers, dates and instants.

use arrow_buffer::NullBuffer;

use super::super::rows::MISSING;
use super::Reading;
use crate::kind::Domain;

/// A type of whole numbers.
pub(super) trait Whole: Copy {
    /// The number; those above all signed ones wrap.
    fn whole(self) -> i64;

    /// The numbers as they lie there, where they need no conversion.
    fn as_they_are(_values: &[Self]) -> Option<&[i64]> {
        None
    }
}

impl Whole for i64 {
    #[inline]
    fn whole(self) -> i64 {
        self
    }

    fn as_they_are(values: &[Self]) -> Option<&[i64]> {
        Some(values)
    }
}

macro_rules! whole {
    ($($type:ty),*) => {
        $(impl Whole for $type {
            #[inline]
            fn whole(self) -> i64 {
                self as i64
            }
        })*
    };
}

whole!(i8, i16, i32, i128, u8, u16, u32, u64);

impl Reading<'_> {
    /// Whole numbers of any width.
    pub(super) fn wholes<T: Whole>(&mut self, values: &[T], nulls: Option<&NullBuffer>) {
        let nulls = nulls.filter(|nulls| nulls.null_count() > 0);
        self.missing(nulls);
        // The key is the same whatever the width, so that rows of two files compare.
        self.hash_rows(values.len(), |row| Domain::of_signed(values[row].whole()), nulls);
        let domain = self.column.kind.domain();
        self.pick(|row| match nulls {
            Some(nulls) if nulls.is_null(row) => MISSING,
            _ => domain.of_whole(values[row].whole()),
        });
        let mut room = std::mem::take(&mut self.scratch.wholes);
        let wholes = match (nulls, T::as_they_are(values)) {
            (None, Some(wholes)) => wholes,
            _ => {
                compact(values, nulls, &mut room, T::whole);
                room.as_slice()
            }
        };
        let column = &mut *self.column;
        column
            .order
            .extend(self.rows.at, wholes, |whole| domain.of_whole(whole));
        column
            .values
            .extend_wholes(wholes, &column.kind, self.options, &mut self.scratch.room);
        self.scratch.wholes = room;
    }

    /// Whole numbers that may be greater than any signed one.
    pub(super) fn unsigned(&mut self, values: &[u64], nulls: Option<&NullBuffer>) {
        if values.iter().all(|value| i64::try_from(*value).is_ok()) {
            return self.wholes(values, nulls);
        }
        let nulls = nulls.filter(|nulls| nulls.null_count() > 0);
        self.missing(nulls);
        self.hash_rows(values.len(), |row| Domain::of_signed(values[row] as i64), nulls);
        self.pick(|row| match nulls {
            Some(nulls) if nulls.is_null(row) => MISSING,
            _ => values[row],
        });
        let mut keys = Vec::with_capacity(values.len());
        compact(values, nulls, &mut keys, |value| value);
        let column = &mut *self.column;
        column.order.extend(self.rows.at, &keys, |key| key);
        column.values.extend_keys(&keys, &column.kind, self.options);
    }

    /// Floating point numbers. NaN is neither missing nor a value.
    pub(super) fn floats<T: Copy>(
        &mut self,
        values: &[T],
        nulls: Option<&NullBuffer>,
        float: impl Fn(T) -> f64 + Copy,
    ) {
        let nulls = nulls.filter(|nulls| nulls.null_count() > 0);
        self.missing(nulls);
        self.hash_rows(values.len(), |row| (float(values[row]) + 0.0).to_bits(), nulls);
        self.pick(|row| match (nulls, float(values[row])) {
            (Some(nulls), _) if nulls.is_null(row) => MISSING,
            (_, value) if value.is_nan() => MISSING,
            (_, value) => Domain::of_float(value),
        });
        let mut floats = std::mem::take(&mut self.scratch.floats);
        compact(values, nulls, &mut floats, float);
        let (column, scratch) = (&mut *self.column, &mut *self.scratch);
        let before = floats.len();
        if floats.iter().fold(false, |found, value| found | value.is_nan()) {
            floats.retain(|value| !value.is_nan());
            column.nan += (before - floats.len()) as u64;
        }
        column.order.extend(self.rows.at, &floats, Domain::of_float);
        column.values.extend_floats(
            &floats,
            &column.kind,
            self.options,
            &mut scratch.wholes,
            &mut scratch.room,
        );
        scratch.floats = floats;
    }
}

/// The values that are there, one after the other.
fn compact<T: Copy, U>(values: &[T], nulls: Option<&NullBuffer>, out: &mut Vec<U>, convert: impl Fn(T) -> U) {
    out.clear();
    match nulls {
        None => out.extend(values.iter().map(|value| convert(*value))),
        Some(nulls) => {
            for (start, end) in nulls.valid_slices() {
                out.extend(values[start..end].iter().map(|value| convert(*value)));
            }
        }
    }
}
