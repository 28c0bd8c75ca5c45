//! Whether rows of two tables can be told apart at all, by all columns together: a classifier is trained to say which table a row is of
//! (Friedman 2003, On multivariate goodness-of-fit and two-sample testing; Lopez-Paz and Oquab 2017, Revisiting classifier two-sample
//! tests). It finds what no column shows alone, such as a correlation that turned.
//!
//! In each of five folds the trees learn on four fifths of the rows and score the rest. The area under the curve of a fold is a Mann and
//! Whitney statistic: of one population it is 1/2 with the variance `(n + m + 1) / 12nm`. Folds learn from the same rows, and so their mean
//! varies more than that of as many tables would; its variance is corrected as Nadeau and Bengio have it (2003, Inference for the
//! generalization error). The mean has drifted when it is above 1/2 by chance in at most [`SIGNIFICANT`] and large enough to matter,
//! [`MATTERS`]. `examples/calibrate_together.rs` shows how often that happens to samples of one population.

use serde::{Deserialize, Serialize};

use super::boost::{Boost, Loss};
use super::features::Features;
use super::{DriftOptions, Verdict};
use crate::profiler::Profiler;

/// Folds.
const FOLDS: usize = 5;
/// Fewer rows on either side give no verdict.
const LEAST: usize = 200;
/// The p-value at which chance is ruled out.
const SIGNIFICANT: f64 = 0.005;
/// The area under the curve that matters: 1/2 is none.
const MATTERS: f64 = 0.55;
/// Columns that are told.
const TOLD: usize = 10;

/// What a classifier of the two tables found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Multivariate {
    /// `drifted`, `same`, or `not_enough_data` below 200 rows or without a column to look at.
    pub verdict: Verdict,
    /// Rows of both samples that were looked at.
    pub rows: [u64; 2],
    /// Columns that were looked at.
    pub columns: usize,
    /// The area under the curve on rows that were not learned from: 0.5 tells nothing, 1 tells every row.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub auc: Option<f64>,
    /// Its standard error, if the tables were of one population.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub standard_error: Option<f64>,
    /// How likely such an area is by chance.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub p_value: Option<f64>,
    /// Where it has drifted: what the classifier goes by, the most important first.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub importance: Vec<Importance>,
}

/// How much a column tells of which table a row is of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Importance {
    /// The column.
    pub column: String,
    /// What the area under the curve loses when its values are given to other rows of the fold.
    pub auc_lost: f64,
}

/// Compares the samples of two tables by all columns together.
pub fn multivariate(baseline: &Profiler, current: &Profiler, options: &DriftOptions) -> Multivariate {
    let features = Features::of(baseline, current, options, &[]);
    let mut found = Multivariate {
        verdict: Verdict::NotEnoughData,
        rows: features.rows.map(|rows| rows as u64),
        columns: features.names.len(),
        auc: None,
        standard_error: None,
        p_value: None,
        importance: Vec::new(),
    };
    if features.rows.iter().any(|rows| *rows < LEAST) || features.columns.is_empty() {
        return found;
    }
    let folds = Folds::learn(&features);
    let (auc, error) = (folds.auc(&features, None), folds.standard_error());
    let p_value = upper_normal((auc - 0.5) / error);
    found.auc = Some(auc);
    found.standard_error = Some(error);
    found.p_value = Some(p_value);
    found.verdict = Verdict::Same;
    if p_value <= SIGNIFICANT && auc >= MATTERS {
        found.verdict = Verdict::Drifted;
        let lost = |at: usize| auc - folds.auc(&features, Some(at));
        let mut importance: Vec<Importance> = features
            .names
            .iter()
            .enumerate()
            .map(|(at, column)| Importance {
                column: column.clone(),
                auc_lost: lost(at),
            })
            .filter(|one| one.auc_lost > 0.0)
            .collect();
        importance.sort_by(|a, b| b.auc_lost.total_cmp(&a.auc_lost));
        importance.truncate(TOLD);
        found.importance = importance;
    }
    found
}

/// Classifiers, each with the rows that it has not seen.
struct Folds {
    folds: Vec<(Boost, Vec<usize>)>,
    /// Where the rows of the current table begin.
    current: usize,
}

impl Folds {
    fn learn(features: &Features) -> Self {
        let [before, now] = features.rows;
        let whole = before + now;
        let is_current: Vec<f64> = (0..whole).map(|row| f64::from(u8::from(row >= before))).collect();
        // Both tables weigh the same, however many rows each has.
        let weight = [
            whole as f64 / (2.0 * before as f64),
            whole as f64 / (2.0 * now as f64),
        ];
        let weights: Vec<f64> = (0..whole).map(|row| weight[usize::from(row >= before)]).collect();
        // The rows of a sample are in an order that says nothing of them.
        let fold = |row: usize| {
            if row < before {
                row % FOLDS
            } else {
                (row - before) % FOLDS
            }
        };
        let folds = (0..FOLDS).map(|at| {
            let (unseen, seen): (Vec<usize>, Vec<usize>) = (0..whole).partition(|row| fold(*row) == at);
            let learned = Boost::learn(&features.columns, &is_current, &weights, &seen, Loss::Logistic);
            (learned, unseen)
        });
        Self {
            folds: folds.collect(),
            current: before,
        }
    }

    /// The mean area under the curve; with the values of one column given to other rows where it is named.
    fn auc(&self, features: &Features, moved: Option<usize>) -> f64 {
        let areas = self.folds.iter().map(|(learned, unseen)| {
            let scores = unseen.iter().enumerate().map(|(at, row)| {
                let other = unseen[(at + unseen.len() / 2 + unseen.len() / 7) % unseen.len()];
                let score = learned.score(|feature| {
                    let from = if moved == Some(features.of[feature]) {
                        other
                    } else {
                        *row
                    };
                    features.columns[feature][from]
                });
                (score, *row >= self.current)
            });
            area(scores.collect())
        });
        areas.sum::<f64>() / self.folds.len() as f64
    }

    /// Of the mean area, if both tables were of one population.
    fn standard_error(&self) -> f64 {
        let variances = self.folds.iter().map(|(_, unseen)| {
            let now = unseen.iter().filter(|row| **row >= self.current).count() as f64;
            let before = unseen.len() as f64 - now;
            (now + before + 1.0) / (12.0 * now * before)
        });
        let folds = self.folds.len() as f64;
        // Of independent folds it is a part of the folds' mean variance; that they share what they learn from adds the ratio of rows.
        let shared = 1.0 / (folds - 1.0);
        (variances.sum::<f64>() / folds * (1.0 / folds + shared)).sqrt()
    }
}

/// The area under the curve: how often a row of the one has a higher score than one of the other, equal ones by half.
fn area(mut scores: Vec<(f64, bool)>) -> f64 {
    scores.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut ranks, mut positive, mut at) = (0.0, 0.0, 0);
    while at < scores.len() {
        let equal = scores[at..]
            .iter()
            .take_while(|one| one.0 == scores[at].0)
            .count();
        let rank = at as f64 + (equal as f64 + 1.0) / 2.0;
        let hits = scores[at..at + equal].iter().filter(|one| one.1).count() as f64;
        ranks += rank * hits;
        positive += hits;
        at += equal;
    }
    let negative = scores.len() as f64 - positive;
    if positive == 0.0 || negative == 0.0 {
        return 0.5;
    }
    (ranks - positive * (positive + 1.0) / 2.0) / (positive * negative)
}

/// The upper tail of the normal distribution.
pub(super) fn upper_normal(z: f64) -> f64 {
    // The square of a normal variable is chi-square of one degree of freedom.
    let tail = super::significance::chi_square(z * z, 1.0) / 2.0;
    if z >= 0.0 { tail } else { 1.0 - tail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_are_those_of_scikit_learn() {
        // sklearn.metrics.roc_auc_score
        let scores = [(0.1, false), (0.4, false), (0.35, true), (0.8, true)];
        assert!((area(scores.to_vec()) - 0.75).abs() < 1e-12);
        let ties = [(0.5, false), (0.5, true), (0.2, false), (0.9, true), (0.5, true)];
        assert!((area(ties.to_vec()) - 5.0 / 6.0).abs() < 1e-12);
        assert_eq!(area(vec![(1.0, true)]), 0.5);
    }

    #[test]
    fn tails_are_those_of_scipy() {
        // scipy.stats.norm.sf
        for (z, p) in [
            (0.0, 0.5),
            (1.644_853_626_951_472_2, 0.05),
            (-1.0, 0.841_344_746_068_542_9),
        ] {
            assert!((upper_normal(z) - p).abs() < 1e-9, "{z}: {}", upper_normal(z));
        }
    }
}
