//! Dictionaries of texts: each value is hashed, named and measured once a batch, however often it occurs.

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, ArrayRef};
use arrow_schema::{ArrowError, DataType};

use super::super::rows::MISSING;
use super::{NOTHING, Reading, texts};
use crate::hash;

impl Reading<'_> {
    /// A dictionary: of texts by 32-bit keys as it is, any other as the array that it stands for.
    pub(super) fn dictionary(mut self, array: &ArrayRef, values: &DataType) -> Result<(), ArrowError> {
        let dictionary = array.as_any_dictionary();
        let plain_keys = dictionary.keys().data_type() == &DataType::Int32;
        if values != &DataType::Utf8
            || !plain_keys
            || dictionary.values().null_count() > 0
            || dictionary.values().is_empty()
        {
            let cast = arrow_cast::cast(array, values)?;
            return self.array(&cast);
        }
        let names = dictionary.values().as_string::<i32>();
        let keys = dictionary.keys().as_primitive::<Int32Type>();
        let nulls = keys.nulls();
        self.missing(nulls);
        let hashes: Vec<u64> = (0..names.len())
            .map(|at| hash::bytes(names.value(at).as_bytes()))
            .collect();
        let of = |index: i32| hashes.get(index as usize).copied().unwrap_or(NOTHING);
        self.hash_rows(keys.values().iter().map(|index| of(*index)), nulls);
        self.pick(|row| {
            if keys.is_null(row) {
                MISSING
            } else {
                of(keys.value(row))
            }
        });

        let mut counts = vec![0u64; names.len()];
        match nulls.filter(|nulls| nulls.null_count() > 0) {
            None => keys
                .values()
                .iter()
                .for_each(|index| counts[*index as usize] += 1),
            Some(nulls) => {
                for row in nulls.valid_indices() {
                    counts[keys.values()[row] as usize] += 1;
                }
            }
        }
        let mut texts = self.column.texts.take().unwrap_or_default();
        for (at, count) in counts.into_iter().enumerate().filter(|(_, count)| *count > 0) {
            let text = names.value(at);
            texts.measure_one(texts::characters(text), count, self.options);
            texts.empty += if text.is_empty() { count } else { 0 };
            texts.blank += if !text.is_empty() && text.trim().is_empty() {
                count
            } else {
                0
            };
            self.count(&mut texts, hashes[at], text, count);
        }
        self.end_counting(&mut texts);
        for (row, priority) in &self.rows.picked {
            if keys.is_valid(*row as usize) {
                texts.sample(
                    *priority,
                    names.value(keys.value(*row as usize) as usize),
                    self.options,
                );
            }
        }
        self.column.texts = Some(texts);
        Ok(())
    }
}
