//! Numbers, dates and instants.

use arrow_buffer::NullBuffer;

use super::super::rows::MISSING;
use super::Reading;
use crate::kind::Domain;

impl Reading<'_> {
    /// Whole numbers of any width.
    pub(super) fn wholes<T: Copy>(
        &mut self,
        values: &[T],
        nulls: Option<&NullBuffer>,
        whole: impl Fn(T) -> i64 + Copy,
    ) {
        self.missing(nulls);
        // The key is the same whatever the width, so that rows of two files compare.
        self.hash_rows(values.iter().map(|value| Domain::of_signed(whole(*value))), nulls);
        let domain = self.column.kind.domain();
        self.pick(|row| match nulls {
            Some(nulls) if nulls.is_null(row) => MISSING,
            _ => domain.of_whole(whole(values[row])),
        });
        let mut wholes = std::mem::take(&mut self.scratch.wholes);
        compact(values, nulls, &mut wholes, whole);
        let column = &mut *self.column;
        column
            .order
            .extend(self.rows.at, &wholes, |whole| domain.of_whole(whole));
        column
            .values
            .extend_wholes(&wholes, &column.kind, self.options, &mut self.scratch.keys);
        self.scratch.wholes = wholes;
    }

    /// Whole numbers that may be greater than any signed one.
    pub(super) fn unsigned(&mut self, values: &[u64], nulls: Option<&NullBuffer>) {
        if values.iter().all(|value| i64::try_from(*value).is_ok()) {
            return self.wholes(values, nulls, |value| value as i64);
        }
        self.missing(nulls);
        self.hash_rows(values.iter().map(|value| Domain::of_signed(*value as i64)), nulls);
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
        self.missing(nulls);
        self.hash_rows(values.iter().map(|value| (float(*value) + 0.0).to_bits()), nulls);
        self.pick(|row| match (nulls, float(values[row])) {
            (Some(nulls), _) if nulls.is_null(row) => MISSING,
            (_, value) if value.is_nan() => MISSING,
            (_, value) => Domain::of_float(value),
        });
        let mut floats = std::mem::take(&mut self.scratch.floats);
        compact(values, nulls, &mut floats, float);
        let (column, scratch) = (&mut *self.column, &mut *self.scratch);
        let before = floats.len();
        if floats.iter().any(|value| value.is_nan()) {
            floats.retain(|value| !value.is_nan());
            column.nan += (before - floats.len()) as u64;
        }
        column.order.extend(self.rows.at, &floats, Domain::of_float);
        column.values.extend_floats(
            &floats,
            &column.kind,
            self.options,
            (&mut scratch.wholes, &mut scratch.keys),
        );
        scratch.floats = floats;
    }
}

/// The values that are there, one after the other.
fn compact<T: Copy, U>(values: &[T], nulls: Option<&NullBuffer>, out: &mut Vec<U>, convert: impl Fn(T) -> U) {
    out.clear();
    match nulls.filter(|nulls| nulls.null_count() > 0) {
        None => out.extend(values.iter().map(|value| convert(*value))),
        Some(nulls) => {
            for (start, end) in nulls.valid_slices() {
                out.extend(values[start..end].iter().map(|value| convert(*value)));
            }
        }
    }
}
