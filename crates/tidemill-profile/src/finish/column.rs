//! A column.

use std::cmp::Reverse;

use indexmap::IndexMap;
use serde_json::Value;

use super::{Distribution, text, time};
use crate::kind::{Domain, Kind};
use crate::profile::{ColumnProfile, Estimate, Likelihood, Numbers, Top};
use crate::state::{Column, Moments, Values};

/// Values that are named.
const TOP: usize = 10;
/// A column of more values has no list of them.
const CATEGORIES: usize = 100;
/// Bins of a histogram.
pub(super) const BINS: usize = 20;
/// Quantiles that are given.
const SHARES: [(&str, f64); 9] = [
    ("0.01", 0.01),
    ("0.05", 0.05),
    ("0.1", 0.1),
    ("0.25", 0.25),
    ("0.5", 0.5),
    ("0.75", 0.75),
    ("0.9", 0.9),
    ("0.95", 0.95),
    ("0.99", 0.99),
];

pub(super) fn finish(column: &Column) -> ColumnProfile {
    let kind = &column.kind;
    let counted = column.values.exact(kind.domain());
    let count = column.rows - column.missing;
    let distinct = distinct(&column.values, counted.as_deref());
    let (top, top_lacking) = top(column, counted.as_deref());
    let monotonic = column
        .order
        .monotonic()
        .filter(|_| distinct.value > 1.0 && kind.domain() != Domain::Hash);
    let ends = if kind.domain() == Domain::Hash {
        None
    } else {
        ends(&column.values, counted.as_deref())
    };
    let strict = matches!(
        monotonic,
        Some(crate::Monotonic::StrictlyIncreasing | crate::Monotonic::StrictlyDecreasing)
    );
    let key = key(column, &distinct, counted.is_some(), strict);
    let mut profile = ColumnProfile {
        name: column.name.clone(),
        kind: kind.word().to_owned(),
        arrow_type: column.data_type.clone(),
        count,
        missing: column.missing,
        exact: counted.is_some(),
        constant: distinct.value == 1.0 && column.nan == 0,
        distinct,
        key,
        monotonic,
        min: ends.map(|(min, _)| kind.show(min)),
        max: ends.map(|(_, max)| kind.show(max)),
        numbers: None,
        histogram: None,
        categories: categories(column, counted.as_deref()),
        top,
        top_lacking,
        time: None,
        text: None,
    };
    if kind.is_numeric() {
        (profile.numbers, profile.histogram) = numbers(&column.values, kind, column.nan);
    }
    if kind.is_time() {
        profile.time = ends.is_some().then(|| time::finish(column));
        profile.histogram = time::histogram(column, ends);
    }
    if let Some(texts) = &column.texts {
        (profile.numbers, profile.histogram) = numbers(&texts.lengths, &Kind::Integer, 0);
        profile.text = (count > 0).then(|| text::finish(texts));
    }
    profile
}

/// Figures and histogram of numbers.
fn numbers(values: &Values, kind: &Kind, nan: u64) -> (Option<Numbers>, Option<crate::profile::Histogram>) {
    let distribution = Distribution::of_values(values, kind);
    let ((moments, mean), zeros, negative, infinite) = match values {
        Values::Sketched(sketched) => (
            (sketched.moments, sketched.moments.mean),
            sketched.zeros,
            sketched.negative,
            sketched.infinite,
        ),
        counted => {
            let all = counted.exact(kind.domain()).unwrap_or_default();
            let sum = |wanted: fn(f64) -> bool| -> u64 {
                all.iter()
                    .filter(|(key, _)| wanted(kind.number(*key)))
                    .map(|(_, count)| count)
                    .sum()
            };
            (
                counted_moments(&all, kind, &distribution),
                sum(|value| value == 0.0),
                sum(|value| value < 0.0),
                sum(f64::is_infinite),
            )
        }
    };
    let shares = SHARES.map(|(_, share)| share);
    let quantiles: IndexMap<_, _> = SHARES
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .zip(distribution.quantiles(&shares))
        .collect();
    let numbers = Numbers {
        nan,
        zeros,
        negative,
        infinite,
        mean: (moments.n > 0.0).then_some(mean).filter(|mean| mean.is_finite()),
        standard_deviation: moments.standard_deviation(),
        skewness: moments.skewness(),
        kurtosis: moments.kurtosis(),
        quantiles,
        rank_error: distribution.rank_error,
    };
    let low = distribution.weighted.first().map(|(value, _)| *value);
    let high = distribution.weighted.last().map(|(value, _)| *value);
    let (low, high) = match values {
        // A sketch may have lost its ends; the column has not.
        Values::Sketched(sketched) if sketched.infinite == 0 => {
            (Some(kind.number(sketched.min)), Some(kind.number(sketched.max)))
        }
        _ => (low, high),
    };
    let histogram = low.zip(high).and_then(|(low, high)| match kind {
        Kind::Integer | Kind::Unsigned | Kind::List => distribution.histogram_of_wholes(low, high, BINS),
        _ => distribution.histogram(low, high, BINS),
    });
    (Some(numbers), histogram)
}

/// Whole numbers above this are not told apart as floating point.
const TOLD_APART: f64 = 9_007_199_254_740_992.0;

/// The moments of counted values, and their mean. Those of large whole numbers are taken of their distances from the least one: the keys
/// of whole numbers are as far apart as the numbers are.
fn counted_moments(all: &[(u64, u64)], kind: &Kind, distribution: &Distribution) -> (Moments, f64) {
    let is_whole = matches!(kind, Kind::Integer | Kind::Unsigned);
    let is_large = |key: u64| kind.number(key).abs() > TOLD_APART;
    match (all.first(), all.last()) {
        (Some((least, _)), Some((greatest, _))) if is_whole && (is_large(*least) || is_large(*greatest)) => {
            let moments = Moments::of_counted(all.iter().map(|(key, count)| ((key - least) as f64, *count)));
            (moments, kind.number(*least) + moments.mean)
        }
        _ => {
            let moments = Moments::of_counted(distribution.weighted.iter().copied());
            (moments, moments.mean)
        }
    }
}

fn distinct(values: &Values, counted: Option<&[(u64, u64)]>) -> Estimate {
    match (values, counted) {
        (Values::Sketched(sketched), _) => {
            let estimate = sketched.distinct.estimate().round();
            let value = estimate.min(sketched.n as f64);
            Estimate {
                value,
                standard_error: estimate * sketched.distinct.relative_error(),
            }
        }
        (_, counted) => Estimate {
            value: counted.map_or(0, <[_]>::len) as f64,
            standard_error: 0.0,
        },
    }
}

/// No two rows have the same value, and each has one.
fn key(column: &Column, distinct: &Estimate, exact: bool, strict: bool) -> Option<Likelihood> {
    let values = column.rows;
    if column.missing > 0
        || column.nan > 0
        || values < 2
        || matches!(column.kind, Kind::List | Kind::Empty | Kind::Other)
    {
        return None;
    }
    if (exact && distinct.value == values as f64) || (strict && distinct.value > 1.0) {
        return Some(Likelihood::Certain);
    }
    let far = (values as f64 - distinct.value).abs();
    // A value that was seen twice is no key.
    let twice = match &column.values {
        Values::Sketched(sketched) => sketched.frequent.iter().any(|(_, count)| count > 1),
        _ => true,
    };
    (!exact && !twice && far <= 3.0 * distinct.standard_error).then_some(Likelihood::Likely)
}

fn ends(values: &Values, counted: Option<&[(u64, u64)]>) -> Option<(u64, u64)> {
    match (values, counted) {
        (Values::Sketched(sketched), _) => Some((sketched.min, sketched.max)),
        (_, Some(counted)) => Some((counted.first()?.0, counted.last()?.0)),
        _ => None,
    }
}

/// All values of a text or truth that has few, in order.
fn categories(column: &Column, counted: Option<&[(u64, u64)]>) -> Option<Vec<Value>> {
    let counted = counted.filter(|values| values.len() <= CATEGORIES)?;
    let mut values: Vec<Value> = match (&column.kind, &column.texts) {
        (Kind::Boolean, _) => counted.iter().map(|(key, _)| column.kind.show(*key)).collect(),
        (_, Some(texts)) => {
            let names = counted
                .iter()
                .map(|(key, _)| texts.names.get(key).map(|name| Value::String(name.to_string())));
            names.collect::<Option<_>>()?
        }
        _ => return None,
    };
    values.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    Some(values)
}

/// The most frequent values, and what each count may lack.
fn top(column: &Column, counted: Option<&[(u64, u64)]>) -> (Vec<Top>, u64) {
    let (mut all, lacking) = match (&column.values, counted) {
        (Values::Sketched(sketched), _) => {
            let seen = sketched.frequent.iter().filter(|(_, count)| *count > 1);
            (seen.collect::<Vec<_>>(), sketched.frequent.lacking())
        }
        (_, counted) => (counted.unwrap_or_default().to_vec(), 0),
    };
    if matches!(column.kind, Kind::Binary | Kind::Other | Kind::Empty) {
        return (Vec::new(), 0);
    }
    all.sort_by_key(|(key, count)| (Reverse(*count), *key));
    let show = |(key, count): (u64, u64)| {
        let value = match &column.texts {
            Some(texts) => Value::String(texts.names.get(&key)?.to_string()),
            None => column.kind.show(key),
        };
        Some(Top { value, count })
    };
    (all.into_iter().filter_map(show).take(TOP).collect(), lacking)
}
