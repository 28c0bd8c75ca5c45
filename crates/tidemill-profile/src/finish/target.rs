//! What the columns say of a target, on the sample.

use indexmap::IndexMap;

use super::joint::{Classes, Joint};
use crate::profile::{Feature, TargetClass, TargetProfile};
use crate::profiler::Profiler;

/// A column that holds more than this share of the target's entropy is suspected to leak it.
const SUSPECT: f64 = 0.9;

pub(super) fn finish(profiler: &Profiler, joint: &Joint<'_>, target: usize) -> TargetProfile {
    let empty = Classes {
        names: Vec::new(),
        of_rows: vec![None; joint.rows()],
    };
    let classes = joint.classes(target, &profiler.columns[target]).unwrap_or(empty);
    let counts = classes.counts();
    let entropy = entropy(&counts);
    let most = (classes.names.len() as f64).ln();
    let columns = profiler.columns.len().min(profiler.options.sample_columns);
    let mut features: Vec<Feature> = (0..columns)
        .filter(|at| *at != target)
        .filter_map(|at| feature(profiler, joint, at, &classes))
        .collect();
    features.sort_by(|a, b| b.share.total_cmp(&a.share));
    TargetProfile {
        column: profiler.columns[target].name.clone(),
        classes: each_class(profiler, joint, target, &classes),
        balance: if most > 0.0 { entropy / most } else { 0.0 },
        features,
        rows: counts.iter().sum(),
    }
}

/// The means of the columns of numbers in each class.
fn each_class(profiler: &Profiler, joint: &Joint<'_>, target: usize, classes: &Classes) -> Vec<TargetClass> {
    let means: Vec<(String, Vec<f64>)> = means(profiler, joint, target, classes);
    let counts = classes.counts();
    let class = |(at, name): (usize, &String)| TargetClass {
        value: name.clone(),
        rows: counts[at],
        means: means
            .iter()
            .map(|(column, means)| (column.clone(), means[at]))
            .filter(|(_, mean)| mean.is_finite())
            .collect(),
    };
    classes.names.iter().enumerate().map(class).collect()
}

/// For each column of numbers but one, its mean in each class.
pub(super) fn means(
    profiler: &Profiler,
    joint: &Joint<'_>,
    but: usize,
    classes: &Classes,
) -> Vec<(String, Vec<f64>)> {
    let columns = profiler.columns.len().min(profiler.options.sample_columns);
    let numeric = (0..columns).filter(|at| *at != but && profiler.columns[*at].kind.is_numeric());
    numeric
        .map(|at| {
            let mut sums = vec![(0.0, 0.0); classes.names.len()];
            for (value, class) in joint
                .numbers(at, &profiler.columns[at].kind)
                .into_iter()
                .zip(&classes.of_rows)
            {
                if let Some(class) = class.filter(|_| !value.is_nan()) {
                    sums[class].0 += value;
                    sums[class].1 += 1.0;
                }
            }
            (
                profiler.columns[at].name.clone(),
                sums.into_iter().map(|(sum, n)| sum / n).collect(),
            )
        })
        .collect()
}

fn feature(profiler: &Profiler, joint: &Joint<'_>, at: usize, target: &Classes) -> Option<Feature> {
    let classes = joint.classes(at, &profiler.columns[at])?;
    let table = classes.table(target);
    let all: Vec<u64> = table.iter().flatten().copied().collect();
    let rows: Vec<u64> = table.iter().map(|row| row.iter().sum()).collect();
    let columns: Vec<u64> = (0..target.names.len())
        .map(|at| table.iter().map(|row| row[at]).sum())
        .collect();
    let mutual_information = (entropy(&rows) + entropy(&columns) - entropy(&all)).max(0.0);
    let whole = entropy(&columns);
    let share = if whole > 0.0 {
        (mutual_information / whole).min(1.0)
    } else {
        0.0
    };
    Some(Feature {
        column: profiler.columns[at].name.clone(),
        mutual_information,
        share,
        leakage_suspect: share > SUSPECT && profiler.columns[at].kind != crate::Kind::Empty,
    })
}

/// Shannon's entropy in nats with the correction of Miller and Madow (1955).
fn entropy(counts: &[u64]) -> f64 {
    let n = counts.iter().sum::<u64>() as f64;
    if n == 0.0 {
        return 0.0;
    }
    let seen: Vec<f64> = counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| *count as f64 / n)
        .collect();
    -seen.iter().map(|share| share * share.ln()).sum::<f64>() + (seen.len() as f64 - 1.0) / (2.0 * n)
}

/// For use where a map of means is wanted.
pub(super) fn of_class(means: &[(String, Vec<f64>)], at: usize) -> IndexMap<String, f64> {
    means
        .iter()
        .map(|(column, means)| (column.clone(), means[at]))
        .filter(|(_, mean)| mean.is_finite())
        .collect()
}
