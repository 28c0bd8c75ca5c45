//! What is kept of texts: their lengths, the names of the counted ones, and a sample whose words are read later.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::values::{Scratch, Values};
use crate::kind::{Domain, Kind};
use crate::options::Options;

/// Texts of a column.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Texts {
    /// Characters of each value.
    pub lengths: Values,
    /// Values without a character.
    pub empty: u64,
    /// Values of blanks alone.
    pub blank: u64,
    /// The first bytes of the counted values, by their hash.
    pub names: HashMap<u64, Box<str>>,
    /// Values at the lowest priorities of their rows.
    pub sample: BTreeMap<u64, Box<str>>,
}

/// Texts of a sample are cut here.
const SAMPLED_BYTES: usize = 2048;

impl Texts {
    /// Counts the lengths of texts.
    pub fn measure(&mut self, lengths: &[i64], options: &Options, scratch: &mut Scratch) {
        self.lengths
            .extend_wholes(lengths, &Kind::Integer, options, &mut scratch.room);
    }

    /// Counts one length many times.
    pub fn measure_one(&mut self, length: i64, count: u64, options: &Options) {
        self.lengths
            .add(Domain::of_signed(length), count, &Kind::Integer, options);
        self.lengths.check(&Kind::Integer, options);
    }

    /// Remembers what a key is called.
    pub fn name(&mut self, key: u64, text: &str, options: &Options) {
        self.names
            .entry(key)
            .or_insert_with(|| cut(text, options.text_bytes).into());
    }

    /// Takes a text into the sample, where its priority is low enough.
    pub fn sample(&mut self, priority: u64, text: &str, options: &Options) {
        if self.sample.len() >= options.sample_texts {
            match self.sample.last_key_value() {
                Some((highest, _)) if priority < *highest => self.sample.pop_last(),
                _ => return,
            };
        }
        self.sample.insert(priority, cut(text, SAMPLED_BYTES).into());
    }

    /// Takes in the texts of other rows.
    pub fn merge(&mut self, other: &Self, options: &Options) {
        self.lengths.merge(&other.lengths, &Kind::Integer, options);
        self.empty += other.empty;
        self.blank += other.blank;
        for (key, name) in &other.names {
            self.names.entry(*key).or_insert_with(|| name.clone());
        }
        for (priority, text) in &other.sample {
            self.sample(*priority, text, options);
        }
    }

    /// Forgets the names of values that are not counted any more.
    pub fn forget(&mut self, values: &Values) {
        if let Values::Sketched(sketched) = values {
            self.names.retain(|key, _| sketched.frequent.get(*key) > 0);
        }
    }
}

/// The first bytes of a text, to a whole character; an ellipsis stands for the rest.
fn cut(text: &str, bytes: usize) -> String {
    if text.len() <= bytes {
        return text.to_owned();
    }
    let end = (0..=bytes)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0);
    format!("{}…", &text[..end])
}
