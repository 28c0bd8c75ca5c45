//! How columns go together: Pearson, Spearman and Cramér's V, on the sample.

use super::joint::Joint;
use crate::profile::Correlation;
use crate::profiler::Profiler;

/// Pairs that are told, the strongest.
const TOLD: usize = 200;

pub(super) fn all(profiler: &Profiler, joint: &Joint<'_>) -> Vec<Correlation> {
    let columns = profiler.columns.len().min(profiler.options.sample_columns);
    let whole = joint.rows() as u64 == profiler.rows;
    let is_number = |at: &usize| profiler.columns[*at].kind.is_numeric();
    let numbers: Vec<(usize, Vec<f64>, Vec<f64>)> = (0..columns)
        .filter(is_number)
        .map(|at| {
            let values = joint.numbers(at, &profiler.columns[at].kind);
            let ranks = ranks(&values);
            (at, values, ranks)
        })
        .collect();
    let named = |at: usize| profiler.columns[at].name.clone();
    let mut found = Vec::new();
    for (at, (left, values, ranked)) in numbers.iter().enumerate() {
        for (right, others, others_ranked) in &numbers[at + 1..] {
            let Some(pearson) = pearson(values, others) else {
                continue;
            };
            let complete = values.iter().chain(others).all(|value| !value.is_nan());
            // Ranks are among the rows in which both are there.
            let spearman = if complete {
                self::pearson(ranked, others_ranked)
            } else {
                spearman(values, others)
            };
            let error = pearson.error.max(spearman.map_or(0.0, |spearman| spearman.error));
            found.push(Correlation {
                left: named(*left),
                right: named(*right),
                pearson: Some(pearson.r),
                spearman: spearman.map(|spearman| spearman.r),
                cramers_v: None,
                rows: pearson.n as u64,
                standard_error: if whole { 0.0 } else { error },
            });
        }
    }
    found.extend(categories(profiler, joint, columns, whole));
    let strength = |one: &Correlation| {
        let all = [one.pearson, one.spearman, one.cramers_v];
        all.into_iter().flatten().map(f64::abs).fold(0.0, f64::max)
    };
    found.sort_by(|a, b| strength(b).total_cmp(&strength(a)));
    found.truncate(TOLD.max(columns * 10));
    found
}

fn categories(profiler: &Profiler, joint: &Joint<'_>, columns: usize, whole: bool) -> Vec<Correlation> {
    let classes: Vec<_> = (0..columns)
        .filter_map(|at| Some((at, joint.classes(at, &profiler.columns[at])?)))
        .filter(|(_, classes)| classes.names.len() > 1)
        .collect();
    let mut found = Vec::new();
    for (at, (left, here)) in classes.iter().enumerate() {
        for (right, there) in &classes[at + 1..] {
            let both_numbers =
                profiler.columns[*left].kind.is_numeric() && profiler.columns[*right].kind.is_numeric();
            if both_numbers {
                continue;
            }
            let table = here.table(there);
            if let Some((v, n)) = cramers_v(&table) {
                found.push(Correlation {
                    left: profiler.columns[*left].name.clone(),
                    right: profiler.columns[*right].name.clone(),
                    pearson: None,
                    spearman: None,
                    cramers_v: Some(v),
                    rows: n,
                    standard_error: if whole { 0.0 } else { 1.0 / (n as f64).sqrt() },
                });
            }
        }
    }
    found
}

/// Pearson's r with the number of pairs and its standard error.
#[derive(Debug, Clone, Copy)]
struct Pearson {
    r: f64,
    n: usize,
    /// By its influence function, which holds for heavy tails too (Devlin, Gnanadesikan, Kettenring 1975).
    error: f64,
}

/// Pearson's r over the pairs without NaN.
fn pearson(left: &[f64], right: &[f64]) -> Option<Pearson> {
    let both = || left.iter().zip(right).filter(|(a, b)| !a.is_nan() && !b.is_nan());
    let (mut n, mut sum_a, mut sum_b) = (0usize, 0.0, 0.0);
    for (a, b) in both() {
        n += 1;
        sum_a += a;
        sum_b += b;
    }
    let (mean_a, mean_b) = (sum_a / n as f64, sum_b / n as f64);
    let (mut aa, mut bb, mut ab) = (0.0, 0.0, 0.0);
    for (a, b) in both() {
        let (a, b) = (a - mean_a, b - mean_b);
        aa += a * a;
        bb += b * b;
        ab += a * b;
    }
    let r = ab / (aa.sqrt() * bb.sqrt());
    if n <= 2 || !r.is_finite() {
        return None;
    }
    let (sd_a, sd_b) = ((aa / n as f64).sqrt(), (bb / n as f64).sqrt());
    let influence = |(a, b): (&f64, &f64)| {
        let (a, b) = ((a - mean_a) / sd_a, (b - mean_b) / sd_b);
        a * b - r / 2.0 * (a * a + b * b)
    };
    let squares: f64 = both().map(influence).map(|value| value * value).sum();
    Some(Pearson {
        r: r.clamp(-1.0, 1.0),
        n,
        error: squares.sqrt() / n as f64,
    })
}

fn spearman(left: &[f64], right: &[f64]) -> Option<Pearson> {
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for (left, right) in left.iter().zip(right).filter(|(a, b)| !a.is_nan() && !b.is_nan()) {
        a.push(*left);
        b.push(*right);
    }
    pearson(&ranks(&a), &ranks(&b))
}

/// Ranks from one on, the mean rank for equal values; NaN stays.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<u32> = (0..values.len() as u32)
        .filter(|at| !values[*at as usize].is_nan())
        .collect();
    order.sort_unstable_by(|a, b| values[*a as usize].total_cmp(&values[*b as usize]));
    let mut ranks = vec![f64::NAN; values.len()];
    let mut from = 0;
    while from < order.len() {
        let value = values[order[from] as usize];
        let to = from
            + order[from..]
                .iter()
                .take_while(|at| values[**at as usize] == value)
                .count();
        let rank = (from + to + 1) as f64 / 2.0;
        order[from..to].iter().for_each(|at| ranks[*at as usize] = rank);
        from = to;
    }
    ranks
}

/// Cramér's V with Bergsma's correction for bias (J. Korean Stat. Soc. 42, 2013), and the rows of the table.
pub(super) fn cramers_v(table: &[Vec<u64>]) -> Option<(f64, u64)> {
    let rows: Vec<u64> = table.iter().map(|row| row.iter().sum()).collect();
    let width = table.first()?.len();
    let columns: Vec<u64> = (0..width)
        .map(|at| table.iter().map(|row| row[at]).sum())
        .collect();
    let n: u64 = rows.iter().sum();
    if n < 2 {
        return None;
    }
    let mut phi2 = -1.0;
    for (row, row_sum) in table.iter().zip(&rows) {
        for (count, column_sum) in row.iter().zip(&columns).filter(|(count, _)| **count > 0) {
            phi2 += (*count as f64).powi(2) / (*row_sum as f64 * *column_sum as f64);
        }
    }
    let (n, r) = (n as f64, rows.iter().filter(|sum| **sum > 0).count() as f64);
    let k = columns.iter().filter(|sum| **sum > 0).count() as f64;
    let phi2 = (phi2 - (k - 1.0) * (r - 1.0) / (n - 1.0)).max(0.0);
    let (r, k) = (
        r - (r - 1.0).powi(2) / (n - 1.0),
        k - (k - 1.0).powi(2) / (n - 1.0),
    );
    let least = (k - 1.0).min(r - 1.0);
    (least > 0.0).then(|| ((phi2 / least).sqrt().min(1.0), n as u64))
}
