//! Curves over all thresholds, and how far probabilities can be believed.

use serde::{Deserialize, Serialize};

/// A bin of predictions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// Rows in it.
    pub rows: u64,
    /// The mean of what was predicted.
    pub predicted: f64,
    /// The mean of what came true.
    pub observed: f64,
}

/// True and false positives at each threshold, from the highest score on: `(score, true, false)`.
fn steps(is: &[bool], scores: &[f64]) -> Vec<(u64, u64)> {
    let mut order: Vec<usize> = (0..is.len()).collect();
    order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
    let (mut yes, mut no) = (0, 0);
    let mut found = Vec::new();
    for (at, row) in order.iter().enumerate() {
        if is[*row] {
            yes += 1
        } else {
            no += 1
        }
        let next = order.get(at + 1).map(|next| scores[*next]);
        if next != Some(scores[*row]) {
            found.push((yes, no));
        }
    }
    found
}

/// The ROC curve: share of false positives, share of true ones. None where there is one class alone.
pub fn roc(is: &[bool], scores: &[f64]) -> Option<Vec<(f64, f64)>> {
    let steps = steps(is, scores);
    let (yes, no) = *steps.last()?;
    if yes == 0 || no == 0 {
        return None;
    }
    let points = steps
        .into_iter()
        .map(|(right, wrong)| (wrong as f64 / no as f64, right as f64 / yes as f64));
    Some(std::iter::once((0.0, 0.0)).chain(points).collect())
}

/// Recall and precision at each threshold, recall growing. None where the class is not there.
pub fn precision_recall(is: &[bool], scores: &[f64]) -> Option<Vec<(f64, f64)>> {
    let steps = steps(is, scores);
    let (yes, _) = *steps.last()?;
    let point =
        |(right, wrong): (u64, u64)| (right as f64 / yes as f64, right as f64 / (right + wrong) as f64);
    (yes > 0).then(|| steps.into_iter().map(point).collect())
}

/// Predictions from 0 to 1 in bins of equal width, each with its upper edge; empty ones are left out.
pub fn calibration(is: &[bool], scores: &[f64], bins: usize) -> Vec<Bin> {
    let mut sums = vec![(0_u64, 0.0, 0.0); bins];
    for (is, score) in is.iter().zip(scores) {
        let at = (1..bins)
            .filter(|edge| *edge as f64 * (1.0 / bins as f64) < *score)
            .count();
        let sum = &mut sums[at];
        *sum = (sum.0 + 1, sum.1 + score, sum.2 + f64::from(u8::from(*is)));
    }
    let full = sums.into_iter().filter(|sum| sum.0 > 0);
    full.map(|(rows, predicted, observed)| Bin {
        rows,
        predicted: predicted / rows as f64,
        observed: observed / rows as f64,
    })
    .collect()
}

/// Predicted numbers in so many groups of equal size, from the smallest on, against the truth.
pub fn groups(truth: &[f64], said: &[f64], groups: usize) -> Vec<Bin> {
    let mut order: Vec<usize> = (0..truth.len().min(said.len())).collect();
    order.sort_by(|a, b| said[*a].total_cmp(&said[*b]));
    let size = order.len().div_ceil(groups.max(1)).max(1);
    order
        .chunks(size)
        .map(|rows| Bin {
            rows: rows.len() as u64,
            predicted: crate::metric::mean(rows.iter().map(|row| said[*row])),
            observed: crate::metric::mean(rows.iter().map(|row| truth[*row])),
        })
        .collect()
}

/// At most so many points of a curve, its ends among them.
#[must_use]
pub fn thinned(points: Vec<(f64, f64)>, most: usize) -> Vec<(f64, f64)> {
    if points.len() <= most {
        return points;
    }
    let last = points.len() - 1;
    (0..most).map(|at| points[at * last / (most - 1)]).collect()
}
