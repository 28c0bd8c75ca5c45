//! Concept drift: whether the target is the same, given the rest, once the labels of new rows have come.
//!
//! With the predictions of a model, its errors before and now are compared: the rate of wrong ones, with Newcombe's interval of a
//! difference (Newcombe 1998, Interval estimation for the difference between independent proportions, method 10), or the mean
//! absolute error, with Welch's. Without predictions, trees learn the target on one half of the baseline; the other half and the new
//! rows are sorted into strata by what the trees expect, and within a stratum the means of the target are compared (Cochran 1954, Some
//! methods for strengthening the common chi-square tests). A stratum holds rows that are alike in all that matters for the target, so
//! that a mix of rows that changed is not taken for a target that changed.

use serde::{Deserialize, Serialize};

use super::boost::{Boost, Loss};
use super::features::Features;
use super::multivariate::upper_normal;
use super::significance::chi_square;
use super::{DriftOptions, Verdict};
use crate::finish::Joint;
use crate::profiler::Profiler;

/// Fewer rows with a target on either side give no verdict.
const LEAST: usize = 200;
/// The two-sided quantile of the normal distribution at 99 %.
const Z: f64 = 2.575_829_303_548_901;
/// The p-value at which chance is ruled out; the interval of 99 % alone would alarm in one report of a hundred.
const SIGNIFICANT: f64 = 0.005;
/// A difference of rates that matters.
const RATE: f64 = 0.02;
/// A difference that matters of a mean absolute error, as a part of the one before.
const ERROR: f64 = 0.05;
/// A difference that matters of means of numbers within strata, in standard deviations.
const DEVIATIONS: f64 = 0.1;
const STRATA: usize = 10;
/// Fewer rows of either side are no stratum.
const IN_STRATUM: usize = 30;
/// Whole numbers of more values are no classes.
const CLASSES: usize = 20;

/// What became of the target, given the rest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Concept {
    /// The target.
    pub target: String,
    /// The predictions, where they were given.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub prediction: Option<String>,
    /// What was compared: `error rate`, `mean absolute error`, `share of CLASS given the other columns` or `mean given the other
    /// columns`.
    pub compared: String,
    /// `drifted`, `same`, or `not_enough_data` below 200 rows with a target on either side.
    pub verdict: Verdict,
    /// Rows with a target that were looked at, of both samples.
    pub rows: [u64; 2],
    /// What was compared, before and now.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub values: Option<[f64; 2]>,
    /// Now less before; without predictions the mean over the strata, by the rows that are in them now.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub difference: Option<f64>,
    /// Where the difference is with a confidence of 99 %.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub interval: Option<[f64; 2]>,
    /// How likely such differences are by chance.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub p_value: Option<f64>,
    /// Without predictions: the strata, by what is expected, from low to high.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub strata: Vec<Stratum>,
}

/// Rows of which about the same is expected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stratum {
    /// What is expected of its rows: a share or a mean, from here to there.
    pub expected: [f64; 2],
    /// Rows before and now.
    pub rows: [u64; 2],
    /// Means of the target before and now.
    pub means: [f64; 2],
}

impl Concept {
    fn of(target: &str, prediction: Option<&str>, compared: String, rows: [usize; 2]) -> Self {
        Self {
            target: target.to_owned(),
            prediction: prediction.map(str::to_owned),
            compared,
            verdict: Verdict::NotEnoughData,
            rows: rows.map(|rows| rows as u64),
            values: None,
            difference: None,
            interval: None,
            p_value: None,
            strata: Vec::new(),
        }
    }
}

/// A column that concept drift needs is not there, or is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// One of the tables lacks it.
    #[error("failed to look at the target: the column `{0}` is not in both tables")]
    Absent(String),
    /// It has too many values for classes, and is no number.
    #[error("failed to look at the target: the column `{0}` is neither a number nor of a few classes")]
    Values(String),
}

/// Compares the target of two tables: the errors of predictions where those are named, else the target given the other columns.
///
/// # Errors
/// A column that is not in both tables, or neither numbers nor a few classes.
pub fn concept(
    baseline: &Profiler,
    current: &Profiler,
    target: &str,
    prediction: Option<&str>,
    options: &DriftOptions,
) -> Result<Concept, Unfit> {
    let truth = [read(baseline, target)?, read(current, target)?];
    match prediction {
        Some(prediction) => {
            let said = [read(baseline, prediction)?, read(current, prediction)?];
            Ok(errors(target, prediction, &truth, &said))
        }
        None => given_the_rest(baseline, current, target, &truth, options),
    }
}

/// A column of a sample: numbers, and names where it has few values.
struct Read {
    numbers: Option<Vec<f64>>,
    names: Option<Vec<String>>,
}

impl Read {
    fn is_there(&self, row: usize) -> bool {
        match (&self.numbers, &self.names) {
            (Some(numbers), _) => !numbers[row].is_nan(),
            (None, Some(names)) => !names[row].is_empty(),
            (None, None) => false,
        }
    }

    fn len(&self) -> usize {
        let names = self.names.as_ref().map_or(0, Vec::len);
        self.numbers.as_ref().map_or(names, Vec::len)
    }

    /// Whether all of its values are of a few classes.
    fn is_classes(&self) -> bool {
        match &self.numbers {
            Some(numbers) => {
                let whole = numbers
                    .iter()
                    .filter(|number| !number.is_nan())
                    .all(|number| number.fract() == 0.0);
                whole && self.names.is_some()
            }
            None => self.names.is_some(),
        }
    }
}

fn read(profiler: &Profiler, name: &str) -> Result<Read, Unfit> {
    let at = profiler.columns.iter().position(|column| column.name == name);
    let at = at
        .filter(|at| *at < profiler.options.sample_columns)
        .ok_or_else(|| Unfit::Absent(name.to_owned()))?;
    let (joint, column) = (Joint::of(profiler), &profiler.columns[at]);
    let read = Read {
        numbers: column.kind.is_numeric().then(|| joint.numbers(at, &column.kind)),
        names: joint.values(at, column, CLASSES),
    };
    match read.numbers.is_some() || read.names.is_some() {
        true => Ok(read),
        false => Err(Unfit::Values(name.to_owned())),
    }
}

/// Compares the errors of predictions.
fn errors(target: &str, prediction: &str, truth: &[Read; 2], said: &[Read; 2]) -> Concept {
    let classes = truth.iter().chain(said).all(Read::is_classes);
    let of = |at: usize| -> Vec<f64> {
        let (truth, said) = (&truth[at], &said[at]);
        let rows = (0..truth.len()).filter(|row| truth.is_there(*row) && said.is_there(*row));
        let error = |row: usize| match (&truth.numbers, &said.numbers, &truth.names, &said.names) {
            (Some(truth), Some(said), ..) if classes => f64::from(u8::from(truth[row] != said[row])),
            (_, _, Some(truth), Some(said)) if classes => f64::from(u8::from(truth[row] != said[row])),
            (Some(truth), Some(said), ..) => (truth[row] - said[row]).abs(),
            _ => f64::NAN,
        };
        rows.map(error).filter(|error| !error.is_nan()).collect()
    };
    let found = [of(0), of(1)];
    let compared = if classes {
        "error rate"
    } else {
        "mean absolute error"
    };
    let rows = [found[0].len(), found[1].len()];
    let mut concept = Concept::of(target, Some(prediction), compared.to_owned(), rows);
    if rows.iter().any(|rows| *rows < LEAST) {
        return concept;
    }
    let means = [mean(&found[0]), mean(&found[1])];
    let difference = means[1] - means[0];
    let (interval, error) = if classes {
        let n = rows.map(|rows| rows as f64);
        let pooled = (means[0] * n[0] + means[1] * n[1]) / (n[0] + n[1]);
        let error = (pooled * (1.0 - pooled) * (1.0 / n[0] + 1.0 / n[1])).sqrt();
        (newcombe(means, n, Z), error)
    } else {
        let error = (variance(&found[0]) / rows[0] as f64 + variance(&found[1]) / rows[1] as f64).sqrt();
        ([difference - Z * error, difference + Z * error], error)
    };
    concept.values = Some(means);
    concept.difference = Some(difference);
    concept.interval = Some(interval);
    concept.p_value = Some(if error > 0.0 {
        2.0 * upper_normal((difference / error).abs())
    } else {
        1.0
    });
    let matters = if classes { RATE } else { ERROR * means[0] };
    let is_told =
        (interval[0] > 0.0 || interval[1] < 0.0) && concept.p_value.is_some_and(|p| p <= SIGNIFICANT);
    concept.verdict = if is_told && difference.abs() >= matters {
        Verdict::Drifted
    } else {
        Verdict::Same
    };
    concept
}

/// Newcombe's interval of the difference of two rates, by the score intervals of both.
fn newcombe(rates: [f64; 2], n: [f64; 2], z: f64) -> [f64; 2] {
    let wilson = |rate: f64, n: f64| {
        let square = z * z;
        let middle = rate + square / (2.0 * n);
        let half = z * (rate * (1.0 - rate) / n + square / (4.0 * n * n)).sqrt();
        [
            (middle - half) / (1.0 + square / n),
            (middle + half) / (1.0 + square / n),
        ]
    };
    let [before, now] = [wilson(rates[0], n[0]), wilson(rates[1], n[1])];
    let difference = rates[1] - rates[0];
    [
        difference - ((rates[1] - now[0]).powi(2) + (before[1] - rates[0]).powi(2)).sqrt(),
        difference + ((now[1] - rates[1]).powi(2) + (rates[0] - before[0]).powi(2)).sqrt(),
    ]
}

/// Compares the target within strata of what trees expect of it.
fn given_the_rest(
    baseline: &Profiler,
    current: &Profiler,
    target: &str,
    truth: &[Read; 2],
    options: &DriftOptions,
) -> Result<Concept, Unfit> {
    let features = Features::of(baseline, current, options, &[target]);
    let classes = truth.iter().all(Read::is_classes);
    // What is learned: a number, or for each class whether a row is of it; of two classes one says all.
    let mut asked: Vec<(String, Vec<f64>)> = Vec::new();
    let [before, _] = features.rows;
    let row_of = |row: usize| if row < before { (0, row) } else { (1, row - before) };
    let whole = features.rows.iter().sum::<usize>();
    let is_there = |row: usize| {
        let (at, row) = row_of(row);
        truth[at].is_there(row)
    };
    if classes {
        let name = |row: usize| {
            let (at, row) = row_of(row);
            truth[at].names.as_ref().map_or("", |names| names[row].as_str())
        };
        let mut names: Vec<&str> = (0..whole).filter(|row| is_there(*row)).map(name).collect();
        names.sort_unstable();
        names.dedup();
        if names.len() == 2 {
            names.remove(0);
        }
        for class in names {
            let of_rows = (0..whole)
                .map(|row| f64::from(u8::from(name(row) == class)))
                .collect();
            asked.push((format!("share of {class} given the other columns"), of_rows));
        }
    } else {
        let numbers = |row: usize| {
            let (at, row) = row_of(row);
            truth[at]
                .numbers
                .as_ref()
                .map_or(f64::NAN, |numbers| numbers[row])
        };
        if truth.iter().any(|truth| truth.numbers.is_none()) {
            return Err(Unfit::Values(target.to_owned()));
        }
        asked.push((
            "mean given the other columns".to_owned(),
            (0..whole).map(numbers).collect(),
        ));
    }
    let there: Vec<usize> = (0..whole).filter(|row| is_there(*row)).collect();
    let looks = asked.len() as f64;
    let results = asked.into_iter().map(|(compared, values)| {
        let mut found = strata(target, compared, &features, &values, &there, classes);
        // As many looks cost as many times.
        found.p_value = found.p_value.map(|p| (p * looks).min(1.0));
        judge(&mut found, classes, deviation(&values, &there));
        found
    });
    let worst = results.min_by(|a, b| {
        // One that drifted, whatever else is more certain and small.
        let key = |found: &Concept| (found.verdict != Verdict::Drifted, found.p_value.unwrap_or(1.0));
        let (a, b) = (key(a), key(b));
        a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
    });
    let nothing = || {
        Concept::of(
            target,
            None,
            "nothing: the target has one value".to_owned(),
            [0, 0],
        )
    };
    Ok(worst.unwrap_or_else(nothing))
}

fn deviation(values: &[f64], rows: &[usize]) -> f64 {
    variance(&rows.iter().map(|row| values[*row]).collect::<Vec<f64>>()).sqrt()
}

fn judge(found: &mut Concept, classes: bool, deviation: f64) {
    let Some(p_value) = found.p_value else { return };
    let [before, now] = found
        .strata
        .iter()
        .fold([0u64; 2], |sum, one| [sum[0] + one.rows[0], sum[1] + one.rows[1]]);
    let moved = |one: &Stratum| (one.means[1] - one.means[0]).abs() * one.rows[1] as f64 / now.max(1) as f64;
    let moved: f64 = found.strata.iter().map(moved).sum();
    let matters = if classes { RATE } else { DEVIATIONS * deviation };
    let told = before > 0 && p_value <= SIGNIFICANT && moved >= matters;
    found.verdict = if told { Verdict::Drifted } else { Verdict::Same };
}

/// The target in strata of what half of the baseline makes one expect, in the other half and in the new rows.
fn strata(
    target: &str,
    compared: String,
    features: &Features,
    values: &[f64],
    there: &[usize],
    classes: bool,
) -> Concept {
    let before = features.rows[0];
    // The rows of a sample are in an order that says nothing of them.
    let learned_from: Vec<usize> = there
        .iter()
        .copied()
        .filter(|row| *row < before && row % 2 == 0)
        .collect();
    let held: Vec<usize> = there
        .iter()
        .copied()
        .filter(|row| *row < before && row % 2 == 1)
        .collect();
    let new: Vec<usize> = there.iter().copied().filter(|row| *row >= before).collect();
    let mut found = Concept::of(
        target,
        None,
        compared,
        [held.len() + learned_from.len(), new.len()],
    );
    if found.rows.iter().any(|rows| *rows < LEAST as u64) || features.columns.is_empty() {
        return found;
    }
    let loss = if classes { Loss::Logistic } else { Loss::Squares };
    let learned = Boost::learn(
        &features.columns,
        values,
        &vec![1.0; values.len()],
        &learned_from,
        loss,
    );
    let expected = |row: usize| {
        let score = learned.score(|feature| features.columns[feature][row]);
        if classes {
            1.0 / (1.0 + (-score).exp())
        } else {
            score
        }
    };
    let mut scored: Vec<(f64, bool, f64)> = held
        .iter()
        .map(|row| (expected(*row), false, values[*row]))
        .collect();
    scored.extend(new.iter().map(|row| (expected(*row), true, values[*row])));
    scored.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut statistic, mut freedom, mut sums, mut error) = (0.0, 0.0, [0.0; 3], 0.0);
    let (mut at, step) = (0, scored.len().div_ceil(STRATA));
    while at < scored.len() {
        // Rows of equal scores are in one stratum.
        let mut end = (at + step).min(scored.len());
        while end < scored.len() && scored[end].0 == scored[end - 1].0 {
            end += 1;
        }
        let of = |new: bool| {
            scored[at..end]
                .iter()
                .filter(|one| one.1 == new)
                .map(|one| one.2)
                .collect::<Vec<f64>>()
        };
        let sides = [of(false), of(true)];
        let range = [scored[at].0, scored[end - 1].0];
        at = end;
        if sides.iter().any(|side| side.len() < IN_STRATUM) {
            continue;
        }
        let n = [sides[0].len() as f64, sides[1].len() as f64];
        let means = [mean(&sides[0]), mean(&sides[1])];
        let variance = if classes {
            let pooled = (means[0] * n[0] + means[1] * n[1]) / (n[0] + n[1]);
            if pooled.min(1.0 - pooled) * n[0].min(n[1]) < 5.0 {
                continue;
            }
            pooled * (1.0 - pooled) * (1.0 / n[0] + 1.0 / n[1])
        } else {
            variance(&sides[0]) / n[0] + variance(&sides[1]) / n[1]
        };
        if variance <= 0.0 {
            continue;
        }
        statistic += (means[1] - means[0]).powi(2) / variance;
        freedom += 1.0;
        sums = [
            sums[0] + n[1],
            sums[1] + n[1] * means[0],
            sums[2] + n[1] * means[1],
        ];
        error += n[1] * n[1] * variance;
        found.strata.push(Stratum {
            expected: range,
            rows: [sides[0].len() as u64, sides[1].len() as u64],
            means,
        });
    }
    if sums[0] > 0.0 {
        let values = [sums[1] / sums[0], sums[2] / sums[0]];
        let (difference, error) = (values[1] - values[0], error.sqrt() / sums[0]);
        found.values = Some(values);
        found.difference = Some(difference);
        found.interval = Some([difference - Z * error, difference + Z * error]);
        found.p_value = Some(chi_square(statistic, freedom));
    }
    found
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (values.len() as f64 - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_a_difference_is_newcombes() {
        // His example: 56 of 70 against 48 of 80, at 95 %.
        let found = newcombe([48.0 / 80.0, 56.0 / 70.0], [80.0, 70.0], 1.959_963_984_540_054);
        assert!(
            (found[0] - 0.0524).abs() < 5e-5 && (found[1] - 0.3339).abs() < 5e-5,
            "{found:?}"
        );
    }
}
