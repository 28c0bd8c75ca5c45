//! The distribution of a column: its values with their counts, or the weighted values of a sketch that stand for them.

use crate::kind::{Domain, Kind};
use crate::profile::Histogram;
use crate::state::{Column, Values};

/// Values with weights, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Distribution {
    /// `(value, weight)` of finite numbers; days of dates and seconds of instants.
    pub weighted: Vec<(f64, u64)>,
    /// The sum of the weights.
    pub total: u64,
    /// A rank may be off by this share; 0 where each value was counted.
    pub rank_error: f64,
}

impl Distribution {
    /// That of a column whose values have an order.
    pub fn of(column: &Column) -> Option<Self> {
        (column.kind.domain() != Domain::Hash).then(|| Self::of_values(&column.values, &column.kind))
    }

    /// That of values.
    pub fn of_values(values: &Values, kind: &Kind) -> Self {
        let (keys, rank_error) = match values {
            Values::Sketched(sketched) => (sketched.quantiles.weighted(), sketched.quantiles.rank_error()),
            counted => (counted.exact(kind.domain()).unwrap_or_default(), 0.0),
        };
        let weighted: Vec<(f64, u64)> = keys
            .into_iter()
            .map(|(key, weight)| (kind.number(key), weight))
            .filter(|(value, _)| value.is_finite())
            .collect();
        let total = weighted.iter().map(|(_, weight)| weight).sum();
        Self {
            weighted,
            total,
            rank_error,
        }
    }

    /// Quantiles by linear interpolation between the two values around each, as numpy has it.
    pub fn quantiles(&self, shares: &[f64]) -> Vec<f64> {
        let mut found = Vec::with_capacity(shares.len());
        let (mut at, mut before) = (0, 0u64);
        for share in shares {
            let place = share * (self.total.saturating_sub(1)) as f64;
            let low = place.floor() as u64;
            while at < self.weighted.len() && before + self.weighted[at].1 <= low {
                before += self.weighted[at].1;
                at += 1;
            }
            let Some((value, weight)) = self.weighted.get(at) else {
                break;
            };
            let next = if low + 1 < before + weight {
                *value
            } else {
                self.weighted.get(at + 1).map_or(*value, |next| next.0)
            };
            found.push(value + (next - value) * (place - low as f64));
        }
        found
    }

    /// The counts of whole numbers: up to `bins` bins, each of so many whole numbers.
    pub fn histogram_of_wholes(&self, low: f64, high: f64, bins: usize) -> Option<Histogram> {
        let span = high - low + 1.0;
        if !span.is_finite() || span > 1e15 {
            return self.histogram(low, high, bins);
        }
        let width = (span / bins as f64).ceil();
        let count = (span / width).ceil();
        self.histogram(low, low + width * count, count as usize)
    }

    /// The counts in bins of one width from `low` to `high`.
    pub fn histogram(&self, low: f64, high: f64, bins: usize) -> Option<Histogram> {
        if self.weighted.is_empty() || !(high - low).is_finite() {
            return None;
        }
        let (low, high) = if low == high {
            (low - 0.5, high + 0.5)
        } else {
            (low, high)
        };
        let width = (high - low) / bins as f64;
        let mut edges: Vec<f64> = (0..bins).map(|at| low + width * at as f64).collect();
        edges.push(high);
        let mut counts = vec![0; bins];
        for (value, weight) in &self.weighted {
            let bin = edges.partition_point(|edge| edge <= value).clamp(1, bins) - 1;
            counts[bin] += weight;
        }
        Some(Histogram {
            edges,
            labels: Vec::new(),
            counts,
            error: 2.0 * self.rank_error,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_numpys() {
        let distribution = Distribution {
            weighted: vec![(1.0, 2), (4.0, 1), (10.0, 2)],
            total: 5,
            rank_error: 0.0,
        };
        // numpy.quantile([1, 1, 4, 10, 10], …)
        let found = distribution.quantiles(&[0.0, 0.25, 0.3, 0.5, 0.6, 1.0]);
        for (found, wanted) in found.iter().zip([1.0, 1.0, 1.6, 4.0, 6.4, 10.0]) {
            assert!((found - wanted).abs() < 1e-12, "{found} {wanted}");
        }
    }
}
