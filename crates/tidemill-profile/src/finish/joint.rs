//! The sample of rows by columns: numbers where a column has them, categories where it has not.

use std::collections::HashMap;

use crate::hash::ByKey;
use crate::kind::Kind;
use crate::profiler::Profiler;
use crate::state::{Column, MISSING};

/// The sample.
pub(crate) struct Joint<'s> {
    rows: Vec<&'s [u64]>,
}

/// Bins that numbers are sorted into beside categories.
const BINS: usize = 10;
/// A column of more categories than this has no relation that a sample could show.
const CATEGORIES: usize = 100;

impl<'s> Joint<'s> {
    pub(crate) fn of(profiler: &'s Profiler) -> Self {
        Self {
            rows: profiler.sample.rows(),
        }
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows.len()
    }

    /// The cells of a column.
    pub(crate) fn keys(&self, column: usize) -> Vec<u64> {
        self.rows
            .iter()
            .map(|row| row.get(column).copied().unwrap_or(MISSING))
            .collect()
    }

    /// The numbers of a column; NaN where one is missing.
    pub(crate) fn numbers(&self, column: usize, kind: &Kind) -> Vec<f64> {
        let number = |key: u64| {
            if key == MISSING {
                f64::NAN
            } else {
                kind.number(key)
            }
        };
        self.keys(column)
            .into_iter()
            .map(number)
            .map(|value| if value.is_finite() { value } else { f64::NAN })
            .collect()
    }

    /// The value of each row as people read it, empty where it is missing; `None` where the column has more than `most`, or holds
    /// values whose names are not kept.
    pub(crate) fn values(&self, column: usize, of: &Column, most: usize) -> Option<Vec<String>> {
        let mut names: HashMap<u64, String> = HashMap::new();
        let keys = self.keys(column);
        for key in &keys {
            if !names.contains_key(key) {
                if names.len() > most {
                    return None;
                }
                let name = match *key == MISSING {
                    true => String::new(),
                    false => name(of, *key),
                };
                names.insert(*key, name);
            }
        }
        let shown = |key: &u64| names.get(key).cloned().unwrap_or_default();
        let unnamed = names
            .values()
            .any(|name| name.starts_with('#') && of.texts.is_some());
        (!unnamed && names.len() <= most).then(|| keys.iter().map(shown).collect())
    }

    /// The column as few classes: each value its own, numbers of many values in bins of equal count. `None` where they are
    /// too many.
    pub(super) fn classes(&self, column: usize, of: &Column) -> Option<Classes> {
        let keys = self.keys(column);
        let mut counts: HashMap<u64, usize, ByKey> = HashMap::default();
        let ordered = of.kind.is_numeric() || of.kind.is_time();
        let most = if ordered { BINS } else { CATEGORIES };
        for key in keys.iter().filter(|key| **key != MISSING) {
            *counts.entry(*key).or_default() += 1;
            if counts.len() > most {
                return ordered.then(|| binned(&keys, of));
            }
        }
        let mut values: Vec<(u64, usize)> = counts.into_iter().collect();
        values.sort_by_key(|(key, count)| {
            if ordered || of.kind == Kind::Boolean {
                (0, *key)
            } else {
                (usize::MAX - count, *key)
            }
        });
        let place: HashMap<u64, usize, ByKey> = values
            .iter()
            .enumerate()
            .map(|(at, (key, _))| (*key, at))
            .collect();
        Some(Classes {
            names: values.iter().map(|(key, _)| name(of, *key)).collect(),
            of_rows: keys.iter().map(|key| place.get(key).copied()).collect(),
        })
    }
}

/// A column as classes.
pub(super) struct Classes {
    pub names: Vec<String>,
    pub of_rows: Vec<Option<usize>>,
}

impl Classes {
    pub(super) fn counts(&self) -> Vec<u64> {
        let mut counts = vec![0; self.names.len()];
        self.of_rows
            .iter()
            .flatten()
            .for_each(|class| counts[*class] += 1);
        counts
    }

    /// The table of two columns, over the rows in which both are there.
    pub(super) fn table(&self, other: &Self) -> Vec<Vec<u64>> {
        let mut table = vec![vec![0; other.names.len()]; self.names.len()];
        for (left, right) in self.of_rows.iter().zip(&other.of_rows) {
            if let (Some(left), Some(right)) = (left, right) {
                table[*left][*right] += 1;
            }
        }
        table
    }
}

fn binned(keys: &[u64], column: &Column) -> Classes {
    let mut sorted: Vec<u64> = keys.iter().copied().filter(|key| *key != MISSING).collect();
    sorted.sort_unstable();
    let mut edges: Vec<u64> = (1..BINS).map(|at| sorted[at * sorted.len() / BINS]).collect();
    edges.dedup();
    edges.retain(|edge| *edge > sorted[0]);
    let shown = |key: u64| match column.kind.show(key) {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    };
    let mut names = vec![format!(
        "below {}",
        edges.first().map_or_else(String::new, |edge| shown(*edge))
    )];
    names.extend(
        edges
            .windows(2)
            .map(|pair| format!("{} to {}", shown(pair[0]), shown(pair[1]))),
    );
    names.extend(edges.last().map(|edge| format!("from {}", shown(*edge))));
    let of_rows = keys
        .iter()
        .map(|key| (*key != MISSING).then(|| edges.partition_point(|edge| edge <= key)))
        .collect();
    Classes { names, of_rows }
}

/// What a key of a column is called.
fn name(column: &Column, key: u64) -> String {
    match &column.texts {
        Some(texts) => texts
            .names
            .get(&key)
            .map_or_else(|| format!("#{key:016x}"), |name| name.to_string()),
        None => match column.kind.show(key) {
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        },
    }
}
