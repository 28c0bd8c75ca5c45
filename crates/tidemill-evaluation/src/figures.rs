//! All figures of a validation, from what the model said.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use tidemill_spec::kinds::{Validation, ValidationTask};
use tidemill_spec::value::Literal;

use crate::arrays::Arrays;
use crate::curve::{self, Bin};
use crate::metric::{self, Answers, Task, code_of, quantile};
use crate::told::Told;

/// The most points of a curve that are kept.
const POINTS: usize = 200;
/// Parts with fewer rows do not count where nothing is said.
const MIN_ROWS: u32 = 30;

/// All figures. What was not asked for, or cannot be computed, is empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Rows that count.
    pub rows: u64,
    /// Each metric.
    pub metrics: IndexMap<String, f64>,
    /// Those of the champion on the same rows.
    pub champion: IndexMap<String, f64>,
    /// The metrics of each fold.
    pub folds: Vec<Fold>,
    /// Share of false positives, share of true ones.
    pub roc: Vec<(f64, f64)>,
    /// Recall and precision.
    pub precision_recall: Vec<(f64, f64)>,
    /// The class that both are of.
    pub positive: Option<String>,
    /// The share of rows of that class.
    pub base_rate: Option<f64>,
    /// How often each class was told of each: truth, then told.
    pub confusion: Vec<Vec<u64>>,
    /// Predicted against observed.
    pub calibration: Vec<Bin>,
    /// What each column is worth.
    pub importance: Vec<Importance>,
    /// The metric that it is worth that of.
    pub importance_of: String,
    /// A metric by part.
    pub slices: Vec<Slice>,
    /// How long requests of one row take.
    pub latency: Option<Latency>,
}

/// The metrics of a fold.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Fold {
    /// Rows in it.
    pub rows: u64,
    /// Each metric.
    pub metrics: IndexMap<String, f64>,
}

/// What a column is worth: how much worse the metric is when the column's values are shuffled.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Importance {
    /// The column.
    pub column: String,
    /// The mean over the repeats.
    pub mean: f64,
    /// The standard deviation over the repeats.
    pub deviation: f64,
}

/// A metric by part of the data.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Slice {
    /// The column.
    pub column: String,
    /// The metric.
    pub metric: String,
    /// Each part.
    pub parts: Vec<Part>,
}

/// A part of the data.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// The column's value.
    pub value: String,
    /// Its rows.
    pub rows: u64,
    /// The metric; none where it cannot be computed.
    pub score: Option<f64>,
    /// It has rows enough to count.
    pub counts: bool,
}

/// How long requests of one row take, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// Half of them take less.
    pub p50_ms: f64,
    /// 99 of 100 take less.
    pub p99_ms: f64,
}

/// Computes all of it.
///
/// # Errors
/// Says which array is missing or of another length than its rows.
pub fn figures(asked: &Validation, told: &Told, arrays: &Arrays<'_>) -> Result<Figures, String> {
    let truth = arrays.get("y").ok_or("the truth is missing")?;
    let said = arrays
        .answers("", truth.len())
        .ok_or("the predictions are missing, or not one a row")?;
    let task = task(asked, told)?;
    let count = told.classes.len();
    let rows = said.finite(truth.len(), count);
    let part = |rows: &[usize]| -> (Vec<f64>, Answers) {
        (rows.iter().map(|row| truth[*row]).collect(), said.of(rows, count))
    };
    let (kept_truth, kept) = part(&rows);
    let mut found = Figures {
        rows: rows.len() as u64,
        metrics: named(metric::all(task, &kept_truth, &kept)),
        latency: latency(told),
        ..Figures::default()
    };
    curves(&mut found, task, told, &kept_truth, &kept);
    if let Some(champion) = arrays.answers("champion/", truth.len()) {
        let rows: Vec<usize> = champion.finite(truth.len(), count);
        let truth: Vec<f64> = rows.iter().map(|row| truth[*row]).collect();
        found.champion = named(metric::all(task, &truth, &champion.of(&rows, count)));
    }
    found.folds = folds(task, told, arrays, &truth);
    found.importance_of = metric::leading(task, &said).to_owned();
    found.importance = importance(task, told, arrays, &truth, &said);
    let is_kept: Vec<bool> = {
        let mut kept = vec![false; truth.len()];
        rows.iter().for_each(|row| kept[*row] = true);
        kept
    };
    for rule in &asked.slices {
        let (Some(codes), Some(names)) = (
            arrays.get(&format!("slice/{}", rule.column)),
            told.slices.get(&rule.column),
        ) else {
            return Err(format!("the parts of column `{}` are missing", rule.column));
        };
        let least = u64::from(rule.min_rows.unwrap_or(MIN_ROWS));
        let of_part = |(code, value): (usize, &String)| {
            let inside =
                |row: &usize| is_kept[*row] && codes.get(*row).is_some_and(|other| code_of(*other) == code);
            let rows: Vec<usize> = (0..truth.len()).filter(inside).collect();
            let (truth, said) = part(&rows);
            Part {
                value: value.clone(),
                rows: rows.len() as u64,
                score: metric::all(task, &truth, &said)
                    .get(rule.metric.as_str())
                    .copied(),
                counts: rows.len() as u64 >= least,
            }
        };
        found.slices.push(Slice {
            column: rule.column.clone(),
            metric: rule.metric.clone(),
            parts: names.iter().enumerate().map(of_part).collect(),
        });
    }
    Ok(found)
}

fn named(metrics: IndexMap<&'static str, f64>) -> IndexMap<String, f64> {
    metrics
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// What the model is measured by.
fn task(asked: &Validation, told: &Told) -> Result<Task, String> {
    if asked.task == ValidationTask::Regression {
        return Ok(Task::Numbers);
    }
    let count = told.classes.len();
    if count == 0 {
        return Err("the classes are missing".into());
    }
    let positive = match &asked.positive {
        None => count - 1,
        Some(wanted) => {
            let wanted = shown(wanted);
            told.classes
                .iter()
                .position(|class| *class == wanted)
                .ok_or_else(|| {
                    format!(
                        "the positive class `{wanted}` is none of the classes {}",
                        told.classes.join(", ")
                    )
                })?
        }
    };
    Ok(Task::Classes {
        count,
        positive,
        threshold: asked.threshold.unwrap_or(0.5),
    })
}

/// A class as the scoring process names it: true is 1, 1.0 is 1.
fn shown(literal: &Literal) -> String {
    match literal {
        Literal::Boolean(value) => u8::from(*value).to_string(),
        Literal::Integer(value) => value.to_string(),
        Literal::Number(value) => value.to_string(),
        Literal::String(value) => value.clone(),
    }
}

fn curves(found: &mut Figures, task: Task, told: &Told, truth: &[f64], said: &Answers) {
    match (task, said) {
        (Task::Numbers, Answers::Values(said)) => found.calibration = curve::groups(truth, said, 10),
        (Task::Classes { count, positive, .. }, said) => {
            let codes: Vec<usize> = truth.iter().map(|code| code_of(*code)).collect();
            found.confusion = metric::confusion(count, &codes, &metric::told(task, said)).0;
            let Answers::Scores(scores) = said else { return };
            let is: Vec<bool> = codes.iter().map(|code| *code == positive).collect();
            let score: Vec<f64> = scores.iter().skip(positive).step_by(count).copied().collect();
            found.roc = curve::thinned(curve::roc(&is, &score).unwrap_or_default(), POINTS);
            found.precision_recall =
                curve::thinned(curve::precision_recall(&is, &score).unwrap_or_default(), POINTS);
            found.positive = told.classes.get(positive).cloned();
            let rate = is.iter().filter(|is| **is).count() as f64 / is.len().max(1) as f64;
            found.base_rate = Some(rate);
            let (is, score) = metric::believed(task, &codes, scores);
            found.calibration = curve::calibration(&is, &score, 10);
        }
        (Task::Numbers, Answers::Scores(_)) => {}
    }
}

fn folds(task: Task, told: &Told, arrays: &Arrays<'_>, truth: &[f64]) -> Vec<Fold> {
    let (Some(rows), Some(fold), Some(count)) =
        (arrays.get("folds/rows"), arrays.get("folds/fold"), told.folds)
    else {
        return Vec::new();
    };
    let Some(said) = arrays.answers("folds/", rows.len()) else {
        return Vec::new();
    };
    let of_fold = |number: u32| {
        let inside = |at: &usize| fold.get(*at).is_some_and(|one| code_of(*one) == number as usize);
        let places: Vec<usize> = (0..rows.len()).filter(inside).collect();
        let truth: Vec<f64> = places
            .iter()
            .filter_map(|at| truth.get(code_of(rows[*at])))
            .copied()
            .collect();
        let said = said.of(&places, told.classes.len());
        Fold {
            rows: places.len() as u64,
            metrics: match truth.len() == places.len() {
                true => named(metric::all(task, &truth, &said)),
                false => IndexMap::new(),
            },
        }
    };
    (0..count.min(1000)).map(of_fold).collect()
}

fn importance(
    task: Task,
    told: &Told,
    arrays: &Arrays<'_>,
    truth: &[f64],
    said: &Answers,
) -> Vec<Importance> {
    let (Some(permuted), Some(rows)) = (told.permuted, arrays.get("permuted/rows")) else {
        return Vec::new();
    };
    let rows: Vec<usize> = rows
        .iter()
        .map(|row| code_of(*row))
        .filter(|row| *row < truth.len())
        .collect();
    let (count, leading) = (told.classes.len(), metric::leading(task, said));
    let truth: Vec<f64> = rows.iter().map(|row| truth[*row]).collect();
    let score = |said: &Answers| metric::all(task, &truth, said).get(leading).copied();
    let Some(whole) = score(&said.of(&rows, count)) else {
        return Vec::new();
    };
    let mut found: Vec<Importance> = told
        .features
        .iter()
        .enumerate()
        .map(|(at, column)| {
            let repeats = 0..permuted.repeats.min(1000);
            let lost: Vec<f64> = repeats
                .filter_map(|repeat| arrays.answers(&format!("permuted/{at}/{repeat}/"), rows.len()))
                .filter_map(|said| score(&said))
                .map(|shuffled| metric::advantage(leading, whole, shuffled))
                .collect();
            let mean = metric::mean(lost.iter().copied());
            let spread = metric::mean(lost.iter().map(|one| (one - mean).powi(2))).sqrt();
            Importance {
                column: column.clone(),
                mean: if mean.is_finite() { mean } else { 0.0 },
                deviation: if spread.is_finite() { spread } else { 0.0 },
            }
        })
        .collect();
    found.sort_by(|a, b| b.mean.total_cmp(&a.mean));
    found
}

fn latency(told: &Told) -> Option<Latency> {
    Some(Latency {
        p50_ms: quantile(&told.latency_ms, 0.5)?,
        p99_ms: quantile(&told.latency_ms, 0.99)?,
    })
}
