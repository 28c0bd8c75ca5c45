//! The rows by the values of a column, on the sample: where groups differ in what is missing, in their means, and in a
//! target.

use indexmap::IndexMap;

use super::joint::{Classes, Joint};
use super::target;
use crate::profile::{Estimate, Segment, Segments};
use crate::profiler::Profiler;
use crate::state::MISSING;

/// Segments that are told.
const TOLD: usize = 20;
/// A group below this size has no rate that could be compared.
const LEAST: u64 = 30;

pub(super) fn finish(profiler: &Profiler, joint: &Joint<'_>, by: usize, target: Option<usize>) -> Segments {
    let column = &profiler.columns[by];
    let classes = joint.classes(by, column);
    let classes = classes.unwrap_or(Classes {
        names: Vec::new(),
        of_rows: vec![None; joint.rows()],
    });
    let counts = classes.counts();
    let means = target::means(profiler, joint, by, &classes);
    let missing = missing(profiler, joint, by, &classes);
    let outcome = target.map(|target| Outcome::of(profiler, joint, target));
    let rates = outcome.as_ref().map(|outcome| outcome.rates(&classes));
    let mut order: Vec<usize> = (0..classes.names.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(counts[*at]));
    let segments = order.into_iter().take(TOLD).map(|at| Segment {
        value: classes.names[at].clone(),
        rows: counts[at],
        target: rates.as_ref().and_then(|rates| rates[at]),
        means: target::of_class(&means, at),
        missing: target::of_class(&missing, at)
            .into_iter()
            .filter(|(_, share)| *share > 0.0)
            .collect::<IndexMap<_, _>>(),
    });
    let segments: Vec<Segment> = segments.collect();
    let rates: Vec<f64> = segments
        .iter()
        .filter(|one| one.rows >= LEAST)
        .filter_map(|one| Some(one.target?.value))
        .collect();
    let positive = outcome.and_then(|outcome| outcome.positive);
    let (low, high) = rates
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), rate| {
            (low.min(*rate), high.max(*rate))
        });
    let compared = positive.is_some() && rates.len() > 1;
    Segments {
        column: column.name.clone(),
        segments,
        parity_difference: compared.then_some(high - low),
        parity_ratio: (compared && high > 0.0).then(|| low / high),
        positive,
    }
}

/// The target as a number for each row: its value, or whether it is of the second class.
struct Outcome {
    of_rows: Vec<f64>,
    positive: Option<String>,
}

impl Outcome {
    fn of(profiler: &Profiler, joint: &Joint<'_>, target: usize) -> Self {
        let column = &profiler.columns[target];
        let classes = joint.classes(target, column);
        match classes.filter(|classes| classes.names.len() == 2) {
            Some(classes) => {
                // The greater number, true, or the rarer text.
                let is_second = |class: &Option<usize>| class.map_or(f64::NAN, |class| class as f64);
                Self {
                    of_rows: classes.of_rows.iter().map(is_second).collect(),
                    positive: Some(classes.names[1].clone()),
                }
            }
            None if column.kind.is_numeric() => Self {
                of_rows: joint.numbers(target, &column.kind),
                positive: None,
            },
            None => Self {
                of_rows: vec![f64::NAN; joint.rows()],
                positive: None,
            },
        }
    }

    fn rates(&self, classes: &Classes) -> Vec<Option<Estimate>> {
        let mut sums = vec![(0.0, 0.0, 0.0); classes.names.len()];
        for (value, class) in self.of_rows.iter().zip(&classes.of_rows) {
            if let Some(class) = class.filter(|_| !value.is_nan()) {
                sums[class].0 += 1.0;
                sums[class].1 += value;
                sums[class].2 += value * value;
            }
        }
        let estimate = |(n, sum, squares): (f64, f64, f64)| {
            let mean = sum / n;
            let variance = (squares / n - mean * mean).max(0.0);
            (n > 0.0).then(|| Estimate {
                value: mean,
                standard_error: (variance / n).sqrt(),
            })
        };
        sums.into_iter().map(estimate).collect()
    }
}

fn missing(profiler: &Profiler, joint: &Joint<'_>, by: usize, classes: &Classes) -> Vec<(String, Vec<f64>)> {
    let columns = profiler.columns.len().min(profiler.options.sample_columns);
    let counts = classes.counts();
    let lacking = (0..columns).filter(|at| *at != by && profiler.columns[*at].missing > 0);
    lacking
        .map(|at| {
            let mut sums = vec![0u64; counts.len()];
            for (key, class) in joint.keys(at).into_iter().zip(&classes.of_rows) {
                if let Some(class) = class.filter(|_| key == MISSING) {
                    sums[class] += 1;
                }
            }
            let share = |(sum, count): (u64, &u64)| sum as f64 / *count as f64;
            (
                profiler.columns[at].name.clone(),
                sums.into_iter().zip(&counts).map(share).collect(),
            )
        })
        .collect()
}
