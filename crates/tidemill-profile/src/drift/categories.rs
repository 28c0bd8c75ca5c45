//! Categories: by value, the rare ones of both sides together.

use std::collections::BTreeMap;

use super::{BinShift, Distances, DriftOptions, Found, measure, significance};
use crate::kind::Domain;
use crate::state::Column;

/// More categories than this are names, not categories.
const MOST: usize = 1000;
/// Categories that are told by name.
const TOLD: usize = 20;
/// Expected counts below this make the chi-square test wrong.
const EXPECTED: f64 = 5.0;

/// `None` where there are too many values to be categories.
pub(super) fn compare(one: &Column, other: &Column, options: &DriftOptions) -> Option<Found> {
    let (one_values, other_values) = (counted(one)?, counted(other)?);
    let mut all: BTreeMap<u64, [u64; 2]> = BTreeMap::new();
    one_values
        .iter()
        .for_each(|(key, count)| all.entry(*key).or_default()[0] += count);
    other_values
        .iter()
        .for_each(|(key, count)| all.entry(*key).or_default()[1] += count);
    let sum = |at: usize| all.values().map(|counts| counts[at]).sum::<u64>();
    let totals = [sum(0), sum(1)];
    if totals[0] < options.min_values || totals[1] < options.min_values {
        return None;
    }
    let whole = (totals[0] + totals[1]) as f64;
    let least = totals[0].min(totals[1]) as f64;
    let rare = |counts: &[u64; 2]| (counts[0] + counts[1]) as f64 * least / whole < EXPECTED;
    let mut kept: Vec<(Option<u64>, [u64; 2])> = all
        .iter()
        .filter(|(_, counts)| !rare(counts))
        .map(|(key, counts)| (Some(*key), *counts))
        .collect();
    let rest = all
        .values()
        .filter(|counts| rare(counts))
        .fold([0, 0], |sum, counts| [sum[0] + counts[0], sum[1] + counts[1]]);
    if rest != [0, 0] {
        kept.push((None, rest));
    }
    let side = |at: usize| measure::shares(&kept.iter().map(|(_, counts)| counts[at]).collect::<Vec<_>>());
    let (p, q) = (side(0), side(1));
    let (chi_square, p_value) =
        significance::homogeneity(&kept.iter().map(|(_, counts)| *counts).collect::<Vec<_>>());
    let distances = Distances {
        psi: measure::psi(&p, &q),
        jensen_shannon: measure::jensen_shannon(&p, &q),
        hellinger: measure::hellinger(&p, &q),
        wasserstein: None,
        kolmogorov_smirnov: None,
        chi_square: Some(chi_square),
    };
    let name = |key: &Option<u64>| match key {
        Some(key) => name(one, *key).or_else(|| name(other, *key)).unwrap_or_default(),
        None => "(rare values)".to_owned(),
    };
    let mut bins: Vec<BinShift> = kept
        .iter()
        .zip(p.iter().zip(&q))
        .map(|((key, _), (p, q))| BinShift {
            name: name(key),
            shares: [*p, *q],
        })
        .collect();
    bins.sort_by(|a, b| {
        (b.shares[0] - b.shares[1])
            .abs()
            .total_cmp(&(a.shares[0] - a.shares[1]).abs())
    });
    bins.truncate(TOLD);
    Some(Found {
        distances,
        p_value,
        matters: distances.jensen_shannon >= options.jensen_shannon || distances.psi >= options.psi,
        bins,
    })
}

fn counted(column: &Column) -> Option<Vec<(u64, u64)>> {
    let values = column.values.exact(column.kind.domain())?;
    (values.len() <= MOST && (values.len() as u64) < (column.rows - column.missing).max(20) / 2)
        .then_some(values)
}

fn name(column: &Column, key: u64) -> Option<String> {
    match &column.texts {
        Some(texts) => texts.names.get(&key).map(|name| name.to_string()),
        None if column.kind.domain() == Domain::Hash => None,
        None => Some(column.kind.show(key).to_string()),
    }
}
