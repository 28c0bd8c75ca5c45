//! The samples of two tables as columns in bins, for trees.

use std::collections::HashMap;

use super::boost::BINS;
use super::{DriftOptions, alike, is_time_like};
use crate::finish::Joint;
use crate::kind::Kind;
use crate::profiler::Profiler;

/// Rows of each table that are looked at.
const ROWS: usize = 4000;
/// Of categories, so many have a column of their own that says whether it is this one.
const CATEGORIES: usize = 12;
/// Columns beyond these are left out.
const COLUMNS: usize = 100;

/// Two samples, the rows of the baseline first.
pub(super) struct Features {
    /// Columns in bins.
    pub columns: Vec<Vec<u8>>,
    /// For each of them, which of `names` it is of.
    pub of: Vec<usize>,
    /// The columns of the tables.
    pub names: Vec<String>,
    /// Rows of each table.
    pub rows: [usize; 2],
}

impl Features {
    /// The columns that both tables have, but those of `but`.
    pub(super) fn of(baseline: &Profiler, current: &Profiler, options: &DriftOptions, but: &[&str]) -> Self {
        let joints = [Joint::of(baseline), Joint::of(current)];
        let rows = [joints[0].rows().min(ROWS), joints[1].rows().min(ROWS)];
        let mut features = Self {
            columns: Vec::new(),
            of: Vec::new(),
            names: Vec::new(),
            rows,
        };
        let known = baseline.columns.len().min(baseline.options.sample_columns);
        for (at, column) in baseline.columns.iter().enumerate().take(known) {
            let there = current.columns.iter().position(|other| other.name == column.name);
            let Some(there) = there.filter(|there| *there < current.options.sample_columns) else {
                continue;
            };
            let other = &current.columns[there];
            let left_out = !options.time && (is_time_like(column) || is_time_like(other));
            if but.contains(&column.name.as_str()) || left_out || !alike(&column.kind, &other.kind) {
                continue;
            }
            if features.names.len() == COLUMNS {
                break;
            }
            let added = if column.kind.is_numeric() || column.kind.is_time() {
                let mut numbers = joints[0].numbers(at, &column.kind);
                numbers.truncate(rows[0]);
                let mut others = joints[1].numbers(there, &other.kind);
                others.truncate(rows[1]);
                numbers.extend(others);
                features.columns.push(binned(&numbers));
                1
            } else if matches!(column.kind, Kind::Text | Kind::Boolean) {
                let mut keys = joints[0].keys(at);
                keys.truncate(rows[0]);
                let mut others = joints[1].keys(there);
                others.truncate(rows[1]);
                keys.extend(others);
                let one_hot = categories(&keys);
                let added = one_hot.len();
                features.columns.extend(one_hot);
                added
            } else {
                0
            };
            if added > 0 {
                features
                    .of
                    .extend(std::iter::repeat_n(features.names.len(), added));
                features.names.push(column.name.clone());
            }
        }
        features
    }
}

/// Numbers in bins of about equal count over both tables; missing ones are in the first.
fn binned(numbers: &[f64]) -> Vec<u8> {
    let mut sorted: Vec<f64> = numbers
        .iter()
        .copied()
        .filter(|number| !number.is_nan())
        .collect();
    sorted.sort_by(f64::total_cmp);
    let inner = BINS - 1;
    let mut edges: Vec<f64> = match sorted.is_empty() {
        true => Vec::new(),
        false => (1..inner).map(|at| sorted[at * sorted.len() / inner]).collect(),
    };
    edges.dedup();
    let bin = |number: &f64| match number.is_nan() {
        true => 0,
        false => 1 + edges.partition_point(|edge| edge <= number) as u8,
    };
    numbers.iter().map(bin).collect()
}

/// For each of the most frequent categories whether a row has it; missing values are one, too.
fn categories(keys: &[u64]) -> Vec<Vec<u8>> {
    let mut counts: HashMap<u64, usize> = HashMap::new();
    for key in keys {
        *counts.entry(*key).or_default() += 1;
    }
    let mut frequent: Vec<(u64, usize)> = counts.into_iter().filter(|(_, count)| *count >= 20).collect();
    // Of equal counts the key decides, so that the same rows give the same columns.
    frequent.sort_by_key(|(key, count)| (usize::MAX - count, *key));
    frequent.truncate(CATEGORIES);
    let is_whole = |count: usize| count == keys.len();
    let told = frequent.into_iter().filter(|(_, count)| !is_whole(*count));
    told.map(|(key, _)| keys.iter().map(|one| 1 + u8::from(*one == key)).collect())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lie_in_bins_of_about_equal_count_and_missing_ones_in_the_first() {
        let mut numbers: Vec<f64> = (0..2400).map(f64::from).collect();
        numbers.push(f64::NAN);
        let bins = binned(&numbers);
        assert_eq!(bins[2400], 0);
        for bin in 1..BINS as u8 {
            let count = bins.iter().filter(|one| **one == bin).count();
            assert!((90..=110).contains(&count), "{bin}: {count}");
        }
        assert_eq!(binned(&[f64::NAN; 3]), [0, 0, 0]);
        assert_eq!(binned(&[7.0; 4]), [2, 2, 2, 2]);
    }

    #[test]
    fn rare_categories_and_the_only_one_tell_nothing() {
        let mut keys = vec![5; 60];
        keys.extend([9; 40]);
        keys.extend([1, 2, 3]);
        let columns = categories(&keys);
        assert_eq!(columns.len(), 2);
        assert_eq!(columns[0].iter().filter(|bin| **bin == 2).count(), 60);
        assert!(categories(&[4; 50]).is_empty());
    }
}
