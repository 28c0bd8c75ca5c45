//! Numbers: bins of equal count of the baseline, the whole distribution functions, and their distance in standard deviations.

use super::{BinShift, Distances, DriftOptions, Found, measure, significance};
use crate::finish::Distribution;
use crate::kind::Kind;
use crate::report::number;
use crate::state::{Moments, Values};

/// Bins of equal count.
const BINS: usize = 10;

pub(super) fn compare_values(
    one: &Values,
    other: &Values,
    kind: &Kind,
    other_kind: &Kind,
    options: &DriftOptions,
) -> Option<Found> {
    let (one, other) = (
        Distribution::of_values(one, kind),
        Distribution::of_values(other, other_kind),
    );
    if one.total < options.min_values || other.total < options.min_values {
        return None;
    }
    let edges = edges(&one);
    let (p, q) = (binned(&one, &edges), binned(&other, &edges));
    let moments = Moments::of_counted(one.weighted.iter().copied());
    let (ks, area) = functions(&one, &other);
    let spread = moments.standard_deviation().unwrap_or(0.0);
    // A baseline of one value has no unit of its own; any other value is far away.
    let wasserstein = match area {
        0.0 => 0.0,
        area if spread > 0.0 => area / spread,
        _ => f64::MAX,
    };
    let distances = Distances {
        psi: measure::psi(&p, &q),
        jensen_shannon: measure::jensen_shannon(&p, &q),
        hellinger: measure::hellinger(&p, &q),
        wasserstein: Some(wasserstein),
        kolmogorov_smirnov: Some(ks),
        chi_square: None,
    };
    // Sketches may be off by so much; it is not held against the column.
    let certain = (ks - one.rank_error - other.rank_error).max(0.0);
    Some(Found {
        p_value: significance::kolmogorov_smirnov(certain, one.total, other.total),
        matters: wasserstein >= options.wasserstein
            || distances.psi >= options.psi
            || options
                .jensen_shannon_of_numbers
                .is_some_and(|most| distances.jensen_shannon >= most),
        bins: names(&edges)
            .into_iter()
            .zip(p.iter().zip(&q))
            .map(|(name, (p, q))| BinShift {
                name,
                shares: [*p, *q],
            })
            .collect(),
        distances,
    })
}

/// The inner edges of bins of equal count; equal ones are one.
fn edges(distribution: &Distribution) -> Vec<f64> {
    let shares: Vec<f64> = (1..BINS).map(|at| at as f64 / BINS as f64).collect();
    let mut edges = distribution.quantiles(&shares);
    edges.dedup();
    edges
}

fn binned(distribution: &Distribution, edges: &[f64]) -> Vec<f64> {
    let mut counts = vec![0; edges.len() + 1];
    for (value, weight) in &distribution.weighted {
        counts[edges.partition_point(|edge| edge < value)] += weight;
    }
    measure::shares(&counts)
}

fn names(edges: &[f64]) -> Vec<String> {
    let mut names = Vec::new();
    names.extend(edges.first().map(|edge| format!("up to {}", number(*edge))));
    names.extend(edges.windows(2).map(|pair| format!("to {}", number(pair[1]))));
    names.extend(edges.last().map(|edge| format!("above {}", number(*edge))));
    if names.is_empty() {
        vec!["all".to_owned()]
    } else {
        names
    }
}

/// The greatest difference between the distribution functions, and the area between them.
fn functions(one: &Distribution, other: &Distribution) -> (f64, f64) {
    let (a, b) = (&one.weighted, &other.weighted);
    let (mut i, mut j, mut left, mut right) = (0, 0, 0.0f64, 0.0f64);
    let (mut greatest, mut area, mut last) = (0.0f64, 0.0, f64::NAN);
    while i < a.len() || j < b.len() {
        let here = match (a.get(i), b.get(j)) {
            (Some(a), Some(b)) => a.0.min(b.0),
            (Some(one), None) | (None, Some(one)) => one.0,
            (None, None) => break,
        };
        if !last.is_nan() {
            area += (left - right).abs() * (here - last);
        }
        while a.get(i).is_some_and(|value| value.0 == here) {
            left += a[i].1 as f64 / one.total as f64;
            i += 1;
        }
        while b.get(j).is_some_and(|value| value.0 == here) {
            right += b[j].1 as f64 / other.total as f64;
            j += 1;
        }
        greatest = greatest.max((left - right).abs());
        last = here;
    }
    (greatest, area)
}
