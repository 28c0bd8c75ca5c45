//! Drift: whether two tables are samples of one population, column by column, from what profiles keep; no row is read again.
//!
//! A column has drifted when its effect is large enough to matter *and* is told from chance: the p-values of all columns
//! go through Benjamini and Hochberg's procedure at 1 %, so that of two samples of one population at most one report in a
//! hundred alarms, however many columns they have. Below a minimum of values there is no verdict.

mod boost;
mod categories;
mod concept;
mod features;
mod measure;
mod multivariate;
mod numbers;
mod segments;
mod significance;

use serde::{Deserialize, Serialize};

use crate::kind::Kind;
use crate::profiler::Profiler;
use crate::state::Column;

pub use concept::{Concept, Stratum, Unfit, concept};
pub use multivariate::{Importance, Multivariate, multivariate};

/// What is asked of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DriftOptions {
    /// Fewer values on either side give no verdict.
    pub min_values: u64,
    /// The false discovery rate over all columns.
    pub false_discovery_rate: f64,
    /// Normalised Wasserstein distance of numbers that matters.
    pub wasserstein: f64,
    /// Population stability index that matters.
    pub psi: f64,
    /// Jensen–Shannon distance of categories that matters.
    pub jensen_shannon: f64,
    /// Jensen–Shannon distance of numbers that matters; it does not count where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jensen_shannon_of_numbers: Option<f64>,
    /// Difference between the shares of missing values that matters.
    pub missing: f64,
    /// Compare dates, instants and keys too, which always differ.
    pub time: bool,
}

impl Default for DriftOptions {
    fn default() -> Self {
        Self {
            min_values: 100,
            false_discovery_rate: 0.01,
            wasserstein: 0.1,
            psi: 0.2,
            jensen_shannon: 0.1,
            jensen_shannon_of_numbers: None,
            missing: 0.05,
            time: false,
        }
    }
}

/// How a table differs from another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// Rows of the baseline and of the other.
    pub rows: [u64; 2],
    /// How many columns have drifted.
    pub drifted: usize,
    /// Columns of the baseline that the other has not.
    pub gone: Vec<String>,
    /// Columns that the baseline has not.
    pub new: Vec<String>,
    /// Columns of another type: their types before and after.
    pub retyped: Vec<(String, String, String)>,
    /// The columns of both, those that have drifted first.
    pub columns: Vec<ColumnDrift>,
    /// All columns together, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub multivariate: Option<Multivariate>,
    /// The target given the rest, where one was named.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub concept: Option<Concept>,
}

/// What became of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is of another distribution.
    Drifted,
    /// Nothing that matters can be told from chance.
    Same,
    /// Too few values on one side.
    NotEnoughData,
    /// A date, an instant or a key, which always differs.
    LeftOut,
}

impl Verdict {
    /// The word, as JSON has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Drifted => "drifted",
            Self::Same => "same",
            Self::NotEnoughData => "not_enough_data",
            Self::LeftOut => "left_out",
        }
    }
}

/// How a column differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnDrift {
    /// The column.
    pub column: String,
    /// What was compared: `numbers`, `categories` or `lengths`.
    pub compared: String,
    /// What became of it.
    pub verdict: Verdict,
    /// Values on both sides.
    pub values: [u64; 2],
    /// Shares of missing values on both sides.
    pub missing: [f64; 2],
    /// The distances, where there are values enough.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub distances: Option<Distances>,
    /// The least of the p-values of its distribution and of its missing values.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub p_value: Option<f64>,
    /// The same after Benjamini and Hochberg's procedure over all columns.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub q_value: Option<f64>,
    /// The distributions side by side, as shares.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub bins: Vec<BinShift>,
    /// Of numbers that have drifted: the rows that make the change of their mean, on samples; none where all move alike.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub segments: Vec<SegmentShift>,
}

/// Rows that give more to the change of a mean than their share.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SegmentShift {
    /// The column that segments the rows.
    pub by: String,
    /// Its value in them; empty where it is missing.
    pub value: String,
    /// Their shares of the rows.
    pub shares: [f64; 2],
    /// Their means; none where they are too few.
    pub means: [Option<f64>; 2],
    /// Their part of the change of the mean; above 1 where others moved the other way.
    pub part: f64,
}

impl ColumnDrift {
    /// The bin or the category whose share changed the most.
    pub fn moved(&self) -> Option<&BinShift> {
        let shift = |bin: &BinShift| (bin.shares[0] - bin.shares[1]).abs();
        self.bins.iter().max_by(|a, b| shift(a).total_cmp(&shift(b)))
    }
}

/// Distances between two distributions; 0 is none.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Distances {
    /// Population stability index over ten bins of equal count, or over categories.
    pub psi: f64,
    /// Jensen–Shannon distance over the same: the root of the divergence with logarithms of base two, 0 to 1.
    pub jensen_shannon: f64,
    /// Hellinger distance over the same, 0 to 1.
    pub hellinger: f64,
    /// Of numbers: Wasserstein's distance in standard deviations of the baseline.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub wasserstein: Option<f64>,
    /// Of numbers: the greatest difference between the distribution functions.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kolmogorov_smirnov: Option<f64>,
    /// Of categories: the statistic of the chi-square test of homogeneity.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub chi_square: Option<f64>,
}

/// A bin or a category on both sides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BinShift {
    /// The interval or the category.
    pub name: String,
    /// Shares of the values.
    pub shares: [f64; 2],
}

/// What a comparison of values found.
struct Found {
    distances: Distances,
    p_value: f64,
    matters: bool,
    bins: Vec<BinShift>,
}

/// Compares a table with its baseline.
pub fn compare(baseline: &Profiler, current: &Profiler, options: &DriftOptions) -> Drift {
    let find = |of: &Profiler, name: &str| of.columns.iter().position(|column| column.name == name);
    let lacking = |of: &Profiler, other: &Profiler| {
        let names = of.names().filter(|name| find(other, name).is_none());
        names.map(str::to_owned).collect::<Vec<_>>()
    };
    let (mut columns, mut matters, mut retyped) = (Vec::new(), Vec::new(), Vec::new());
    for column in &baseline.columns {
        let Some(other) = find(current, &column.name).map(|at| &current.columns[at]) else {
            continue;
        };
        if !alike(&column.kind, &other.kind) {
            retyped.push((
                column.name.clone(),
                column.kind.word().to_owned(),
                other.kind.word().to_owned(),
            ));
            continue;
        }
        let (drift, found) = self::column(column, other, options);
        columns.push(drift);
        matters.push(found);
    }
    judge(&mut columns, &matters, options);
    let drifted = columns
        .iter()
        .filter(|column| column.verdict == Verdict::Drifted)
        .count();
    if columns.iter().any(explained) {
        let segmented = segments::Segmented::of(baseline, current);
        for column in columns.iter_mut().filter(|column| explained(column)) {
            column.segments = segmented.moved(&column.column);
        }
    }
    columns.sort_by(|a, b| {
        (a.verdict, a.q_value.unwrap_or(1.0))
            .partial_cmp(&(b.verdict, b.q_value.unwrap_or(1.0)))
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    Drift {
        rows: [baseline.rows, current.rows],
        drifted,
        gone: lacking(baseline, current),
        new: lacking(current, baseline),
        retyped,
        columns,
        multivariate: None,
        concept: None,
    }
}

fn explained(column: &ColumnDrift) -> bool {
    column.verdict == Verdict::Drifted && column.compared == "numbers"
}

/// Numbers are numbers, whatever their width; a column of nothing but missing values fits any.
fn alike(one: &Kind, other: &Kind) -> bool {
    let group = |kind: &Kind| match kind {
        Kind::Integer | Kind::Unsigned | Kind::Float | Kind::Decimal(_) => "number",
        Kind::Date | Kind::Timestamp(..) => "time",
        other => other.word(),
    };
    group(one) == group(other) || matches!(one, Kind::Empty) || matches!(other, Kind::Empty)
}

/// The distances of a column, and whether its effect matters.
fn column(one: &Column, other: &Column, options: &DriftOptions) -> (ColumnDrift, bool) {
    let values = [one.rows - one.missing, other.rows - other.missing];
    let share = |column: &Column| {
        if column.rows == 0 {
            0.0
        } else {
            column.missing as f64 / column.rows as f64
        }
    };
    let missing = [share(one), share(other)];
    let mut drift = ColumnDrift {
        column: one.name.clone(),
        compared: String::new(),
        verdict: Verdict::Same,
        values,
        missing,
        distances: None,
        p_value: None,
        q_value: None,
        bins: Vec::new(),
        segments: Vec::new(),
    };
    if !options.time && (is_time_like(one) || is_time_like(other)) {
        drift.verdict = Verdict::LeftOut;
        return (drift, false);
    }
    if one.rows.min(other.rows) < options.min_values {
        drift.verdict = Verdict::NotEnoughData;
        return (drift, false);
    }
    let mut p_value = significance::two_shares([one.missing, other.missing], [one.rows, other.rows]);
    let mut matters = (missing[0] - missing[1]).abs() >= options.missing;
    if !matters {
        p_value = 1.0;
    }
    if values[0].min(values[1]) >= options.min_values {
        let (compared, found) = compared(one, other, options);
        compared.clone_into(&mut drift.compared);
        if let Some(found) = found {
            drift.distances = Some(found.distances);
            drift.bins = found.bins;
            // Two looks at a column cost twice.
            p_value = (2.0 * p_value.min(found.p_value)).min(1.0);
            matters |= found.matters;
        }
    }
    drift.p_value = Some(p_value);
    (drift, matters)
}

/// Fewer values than these rise by chance: three do in one of six tables.
const RISES: u64 = 20;

/// Dates, instants and what numbers the rows.
fn is_time_like(column: &Column) -> bool {
    let counts = column.kind.is_time() || matches!(column.kind, Kind::Binary | Kind::Other);
    counts
        || column
            .order
            .monotonic()
            .is_some_and(|order| matches!(order, crate::Monotonic::StrictlyIncreasing))
            && column.rows >= RISES
}

fn compared(one: &Column, other: &Column, options: &DriftOptions) -> (&'static str, Option<Found>) {
    if one.kind == Kind::Text || one.kind == Kind::Boolean {
        if let Some(found) = categories::compare(one, other, options) {
            return ("categories", Some(found));
        }
        let lengths = one
            .texts
            .as_ref()
            .zip(other.texts.as_ref())
            .map(|(one, other)| (&one.lengths, &other.lengths));
        return (
            "lengths",
            lengths.and_then(|(one, other)| {
                numbers::compare_values(one, other, &Kind::Integer, &Kind::Integer, options)
            }),
        );
    }
    (
        "numbers",
        numbers::compare_values(&one.values, &other.values, &one.kind, &other.kind, options),
    )
}

/// Benjamini and Hochberg's procedure, and the verdicts.
fn judge(columns: &mut [ColumnDrift], matters: &[bool], options: &DriftOptions) {
    let mut order: Vec<usize> = (0..columns.len())
        .filter(|at| columns[*at].p_value.is_some())
        .collect();
    let p = |columns: &[ColumnDrift], at: usize| columns[at].p_value.unwrap_or(1.0);
    order.sort_by(|a, b| p(columns, *a).total_cmp(&p(columns, *b)));
    let (count, mut least) = (order.len() as f64, 1.0f64);
    for (rank, at) in order.iter().enumerate().rev() {
        least = least.min(p(columns, *at) * count / (rank + 1) as f64);
        columns[*at].q_value = Some(least);
        if matters[*at] && least <= options.false_discovery_rate {
            columns[*at].verdict = Verdict::Drifted;
        }
    }
}
