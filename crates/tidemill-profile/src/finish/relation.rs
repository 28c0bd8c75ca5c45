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
    let numbers: Vec<(usize, Numbers)> = (0..columns)
        .filter(is_number)
        .map(|at| (at, Numbers::of(joint.numbers(at, &profiler.columns[at].kind))))
        .collect();
    let mut pair = Pair::default();
    let named = |at: usize| profiler.columns[at].name.clone();
    let mut found = Vec::new();
    for (at, (left, here)) in numbers.iter().enumerate() {
        for (right, there) in &numbers[at + 1..] {
            pair.take_values(here, there);
            let Some(pearson) = pair.pearson() else {
                continue;
            };
            // Ranks are among the rows in which both are there.
            pair.take_ranks(here, there);
            let spearman = pair.pearson();
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

/// The numbers of a column in the sample, NaN where one is missing, and the place of each among the distinct ones: ranks among some of
/// the rows are then counted, not sorted for.
struct Numbers {
    values: Vec<f64>,
    places: Vec<u32>,
    distinct: usize,
}

/// The place of a missing value.
const NO_PLACE: u32 = u32::MAX;

impl Numbers {
    fn of(values: Vec<f64>) -> Self {
        let mut order: Vec<u32> = (0..values.len() as u32)
            .filter(|at| !values[*at as usize].is_nan())
            .collect();
        order.sort_unstable_by(|a, b| values[*a as usize].total_cmp(&values[*b as usize]));
        let mut places = vec![NO_PLACE; values.len()];
        let (mut distinct, mut last) = (0, f64::NAN);
        for at in order {
            let value = values[at as usize];
            distinct += usize::from(value != last);
            places[at as usize] = distinct as u32 - 1;
            last = value;
        }
        Self {
            values,
            places,
            distinct,
        }
    }

    /// The rank of each place, from one on, among rows of these places; equal values have their mean rank.
    fn ranks(&self, places: impl Iterator<Item = u32>) -> Vec<f64> {
        let mut counts = vec![0u32; self.distinct];
        places.for_each(|place| counts[place as usize] += 1);
        let mut below = 0;
        let rank = |count: u32| {
            let rank = f64::from(2 * below + count + 1) / 2.0;
            below += count;
            rank
        };
        counts.into_iter().map(rank).collect()
    }
}

/// Two columns over the rows in which both have a value. Its room is used again from pair to pair.
#[derive(Default)]
struct Pair {
    left: Vec<f64>,
    right: Vec<f64>,
    rows: Vec<u32>,
}

impl Pair {
    fn take_values(&mut self, left: &Numbers, right: &Numbers) {
        let both = left.places.iter().zip(&right.places).enumerate();
        self.rows.clear();
        self.rows.extend(
            both.filter(|(_, (left, right))| **left != NO_PLACE && **right != NO_PLACE)
                .map(|(row, _)| row as u32),
        );
        let of = |values: &[f64], to: &mut Vec<f64>, rows: &[u32]| {
            to.clear();
            to.extend(rows.iter().map(|row| values[*row as usize]));
        };
        of(&left.values, &mut self.left, &self.rows);
        of(&right.values, &mut self.right, &self.rows);
    }

    /// Ranks in the place of values, of the same rows.
    fn take_ranks(&mut self, left: &Numbers, right: &Numbers) {
        let of = |column: &Numbers, to: &mut Vec<f64>, rows: &[u32]| {
            let places = || rows.iter().map(|row| column.places[*row as usize]);
            let ranks = column.ranks(places());
            to.clear();
            to.extend(places().map(|place| ranks[place as usize]));
        };
        of(left, &mut self.left, &self.rows);
        of(right, &mut self.right, &self.rows);
    }

    fn pearson(&self) -> Option<Pearson> {
        let n = self.left.len();
        let (mean_a, mean_b) = (mean(&self.left), mean(&self.right));
        let sums = self.sum(|a, b| {
            let (a, b) = (a - mean_a, b - mean_b);
            [a * a, b * b, a * b]
        });
        let [aa, bb, ab] = sums;
        let r = ab / (aa.sqrt() * bb.sqrt());
        if n <= 2 || !r.is_finite() {
            return None;
        }
        let (sd_a, sd_b) = ((aa / n as f64).sqrt(), (bb / n as f64).sqrt());
        let [squares] = self.sum(|a, b| {
            let (a, b) = ((a - mean_a) / sd_a, (b - mean_b) / sd_b);
            let influence = a * b - r / 2.0 * (a * a + b * b);
            [influence * influence]
        });
        Some(Pearson {
            r: r.clamp(-1.0, 1.0),
            n,
            error: squares.sqrt() / n as f64,
        })
    }

    /// Sums over the pairs, in lanes that do not wait for each other.
    #[inline]
    fn sum<const N: usize>(&self, of: impl Fn(f64, f64) -> [f64; N]) -> [f64; N] {
        let mut sums = [[0.0; LANES]; N];
        let (left, left_rest) = self.left.as_chunks::<LANES>();
        let (right, right_rest) = self.right.as_chunks::<LANES>();
        for (left, right) in left.iter().zip(right) {
            for lane in 0..LANES {
                let terms = of(left[lane], right[lane]);
                (0..N).for_each(|at| sums[at][lane] += terms[at]);
            }
        }
        for (left, right) in left_rest.iter().zip(right_rest) {
            let terms = of(*left, *right);
            (0..N).for_each(|at| sums[at][0] += terms[at]);
        }
        sums.map(|lanes| lanes.iter().sum())
    }
}

const LANES: usize = 4;

fn mean(values: &[f64]) -> f64 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for chunk in chunks {
        (0..LANES).for_each(|lane| sums[lane] += chunk[lane]);
    }
    (sums.iter().sum::<f64>() + rest.iter().sum::<f64>()) / values.len() as f64
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_among_the_rows_in_which_both_are_there() {
        let left = Numbers::of(vec![3.0, f64::NAN, 1.0, 3.0, 2.0, 9.0]);
        let right = Numbers::of(vec![10.0, 5.0, 30.0, 20.0, f64::NAN, 40.0]);
        let mut pair = Pair::default();
        pair.take_values(&left, &right);
        assert_eq!(pair.left, [3.0, 1.0, 3.0, 9.0]);
        assert_eq!(pair.right, [10.0, 30.0, 20.0, 40.0]);
        pair.take_ranks(&left, &right);
        // scipy.stats.rankdata
        assert_eq!(pair.left, [2.5, 1.0, 2.5, 4.0]);
        assert_eq!(pair.right, [1.0, 3.0, 2.0, 4.0]);
        let found = pair.pearson().expect("a correlation");
        // scipy.stats.spearmanr([3, 1, 3, 9], [10, 30, 20, 40])
        assert!((found.r - 0.316_227_766_016_837_94).abs() < 1e-12, "{}", found.r);
    }
}
