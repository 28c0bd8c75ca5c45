//! Dictionaries of texts: each value is hashed once a dictionary, and counted, named and measured once a part of the table, however many
//! batches share it and however often it occurs.

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, ArrayRef, StringArray};
use arrow_buffer::NullBuffer;
use arrow_schema::{ArrowError, DataType};

use super::super::column::Column;
use super::super::rows::MISSING;
use super::{NOTHING, Reading, missing_rows, texts};
use crate::hash;
use crate::options::Options;

/// Values of all dictionaries that wait together: what is kept of them takes 24 bytes each.
const WAITING: usize = 1 << 20;
/// Counts of a dictionary up to this size go to several tables, so that none waits for the one before.
const IN_LANES: usize = 512;
const LANES: usize = 4;

/// The dictionaries of the batches so far whose values are still to be counted in their columns.
#[derive(Debug, Default)]
pub struct Dictionaries {
    of_columns: Vec<Option<Box<Waiting>>>,
    values: usize,
}

/// A dictionary, and how often each of its values came since it was last settled.
#[derive(Debug)]
struct Waiting {
    /// As long as it is held, no other one lies in its place.
    names: StringArray,
    hashes: Vec<u64>,
    /// What each value adds to the hash of its row.
    cells: Vec<u64>,
    counts: Vec<u64>,
}

impl Dictionaries {
    /// Counts what waits.
    pub fn settle(&mut self, columns: &mut [Column], options: &Options) {
        self.values = 0;
        for (waiting, column) in self.of_columns.drain(..).zip(columns) {
            if let Some(waiting) = waiting {
                waiting.settle(column, options);
            }
        }
    }

    fn take(&mut self, index: usize) -> Option<Box<Waiting>> {
        let taken = self.of_columns.get_mut(index)?.take()?;
        self.values -= taken.counts.len();
        Some(taken)
    }

    /// Keeps one for the next batch; gives it back where too many wait.
    fn keep(&mut self, index: usize, waiting: Box<Waiting>) -> Option<Box<Waiting>> {
        if self.values + waiting.counts.len() > WAITING {
            return Some(waiting);
        }
        self.values += waiting.counts.len();
        if self.of_columns.len() <= index {
            self.of_columns.resize_with(index + 1, || None);
        }
        self.of_columns[index] = Some(waiting);
        None
    }
}

impl Waiting {
    fn of(names: &StringArray, salt: u64) -> Self {
        let hashes: Vec<u64> = (0..names.len())
            .map(|at| hash::bytes(names.value(at).as_bytes()))
            .collect();
        Self {
            names: names.clone(),
            cells: hashes.iter().map(|key| hash::cell(*key, salt)).collect(),
            counts: vec![0; hashes.len()],
            hashes,
        }
    }

    /// True where these are the same bytes at the same place.
    fn is(&self, names: &StringArray) -> bool {
        self.names.len() == names.len()
            && self.names.value_offsets().as_ptr() == names.value_offsets().as_ptr()
            && self.names.value_data().as_ptr() == names.value_data().as_ptr()
    }

    /// Counts keys; those of missing values may be any.
    fn count(&mut self, keys: &[i32], nulls: Option<&NullBuffer>, lanes: &mut Vec<u32>) {
        let len = self.counts.len();
        // Keys beyond the dictionary have a place behind it.
        let room = len + 1;
        let place = |key: i32| (key as u32 as usize).min(len);
        if len > IN_LANES || keys.len() < len {
            for key in keys {
                if let Some(count) = self.counts.get_mut(*key as u32 as usize) {
                    *count += 1;
                }
            }
        } else {
            lanes.clear();
            lanes.resize(LANES * room, 0);
            let (quarters, rest) = keys.as_chunks::<LANES>();
            for quarter in quarters {
                for (lane, key) in quarter.iter().enumerate() {
                    lanes[lane * room + place(*key)] += 1;
                }
            }
            rest.iter().for_each(|key| lanes[place(*key)] += 1);
            for lane in lanes.chunks_exact(room) {
                for (own, count) in self.counts.iter_mut().zip(lane) {
                    *own += u64::from(*count);
                }
            }
        }
        for row in missing_rows(nulls) {
            if let Some(count) = self.counts.get_mut(keys[row] as u32 as usize) {
                *count -= 1;
            }
        }
    }

    fn settle(&self, column: &mut Column, options: &Options) {
        let mut texts = column.texts.take().unwrap_or_default();
        for (at, count) in self
            .counts
            .iter()
            .copied()
            .enumerate()
            .filter(|(_, count)| *count > 0)
        {
            let text = self.names.value(at);
            texts.measure_one(texts::characters(text), count, options);
            texts.empty += if text.is_empty() { count } else { 0 };
            texts.blank += if !text.is_empty() && text.trim().is_empty() {
                count
            } else {
                0
            };
            column.count_text(&mut texts, self.hashes[at], text, count, options);
        }
        column.texts = Some(texts);
    }
}

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
        let nulls = keys.nulls().filter(|nulls| nulls.null_count() > 0);
        self.missing(nulls);
        let mut waiting = match self.scratch.dictionaries.take(self.index) {
            Some(waiting) if waiting.is(names) => waiting,
            other => {
                if let Some(other) = other {
                    other.settle(self.column, self.options);
                }
                Box::new(Waiting::of(names, hash::salt(self.index)))
            }
        };
        self.add_cells(keys.values(), &waiting.cells, nulls);
        let of = |index: i32| waiting.hashes.get(index as usize).copied();
        self.pick(|row| match nulls {
            Some(nulls) if nulls.is_null(row) => MISSING,
            _ => of(keys.value(row)).unwrap_or(MISSING),
        });
        waiting.count(keys.values(), nulls, self.scratch.room.lanes());
        let texts = self.column.texts.get_or_insert_default();
        for (row, priority) in &self.rows.picked {
            if keys.is_valid(*row as usize) {
                let text = names.value(keys.value(*row as usize) as usize);
                texts.sample(*priority, text, self.options);
            }
        }
        if let Some(waiting) = self.scratch.dictionaries.keep(self.index, waiting) {
            waiting.settle(self.column, self.options);
        }
        Ok(())
    }

    /// Adds the cells of keys to the hashes of the rows.
    fn add_cells(&mut self, keys: &[i32], cells: &[u64], nulls: Option<&NullBuffer>) {
        let nothing = hash::cell(NOTHING, hash::salt(self.index));
        let cell = |key: i32| cells.get(key as u32 as usize).copied().unwrap_or(nothing);
        for (sum, key) in self.rows.hashes.iter_mut().zip(keys) {
            *sum = sum.wrapping_add(cell(*key));
        }
        for row in missing_rows(nulls) {
            let sum = &mut self.rows.hashes[row];
            *sum = sum.wrapping_sub(cell(keys[row])).wrapping_add(nothing);
        }
    }
}
