//! Texts and bytes, value by value.

use arrow_buffer::NullBuffer;

use super::super::rows::MISSING;
use super::{NOTHING, Reading};
use crate::hash;

impl Reading<'_> {
    /// Texts.
    pub(super) fn texts<'t>(
        &mut self,
        values: impl Iterator<Item = Option<&'t str>> + Clone,
        nulls: Option<&NullBuffer>,
    ) {
        self.missing(nulls);
        let mut texts = self.column.texts.take().unwrap_or_default();
        let mut lengths = std::mem::take(&mut self.scratch.wholes);
        lengths.clear();
        let keys = self.keys(values.clone().map(|value| value.map(str::as_bytes)));
        for (key, text) in keys.iter().zip(values.clone()) {
            let Some(text) = text else { continue };
            lengths.push(characters(text));
            texts.empty += u64::from(text.is_empty());
            texts.blank += u64::from(
                !text.is_empty() && text.as_bytes()[0].is_ascii_whitespace() && text.trim().is_empty(),
            );
            self.column.count_text(&mut texts, *key, text, 1, self.options);
        }
        if !self.rows.picked.is_empty() {
            let mut picked = self.rows.picked.iter().peekable();
            for (row, text) in values.enumerate() {
                match picked.peek() {
                    None => break,
                    Some((next, priority)) if *next as usize == row => {
                        if let Some(text) = text {
                            texts.sample(*priority, text, self.options);
                        }
                        picked.next();
                    }
                    Some(_) => {}
                }
            }
        }
        texts.measure(&lengths, self.options, self.scratch);
        self.scratch.wholes = lengths;
        self.column.texts = Some(texts);
    }

    /// Bytes: counted by their hash, and no more.
    pub(super) fn bytes<'b>(
        &mut self,
        values: impl Iterator<Item = Option<&'b [u8]>>,
        nulls: Option<&NullBuffer>,
    ) {
        self.missing(nulls);
        let mut keys = self.keys(values);
        if let Some(nulls) = nulls {
            let mut row = 0;
            keys.retain(|_| {
                row += 1;
                nulls.is_valid(row - 1)
            });
        }
        let column = &mut *self.column;
        column.values.extend_keys(&keys, &column.kind, self.options);
    }

    /// The hash of each value, added to the rows and to the sample.
    fn keys<'b>(&mut self, values: impl Iterator<Item = Option<&'b [u8]>>) -> Vec<u64> {
        let keys: Vec<u64> = values.map(|value| value.map_or(NOTHING, hash::bytes)).collect();
        self.hash_rows(keys.len(), |row| keys[row], None);
        self.pick(|row| if keys[row] == NOTHING { MISSING } else { keys[row] });
        keys
    }
}

/// The number of characters.
#[inline]
pub(super) fn characters(text: &str) -> i64 {
    if text.is_ascii() {
        text.len() as i64
    } else {
        text.chars().count() as i64
    }
}
