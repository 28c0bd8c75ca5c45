//! Where a column of numbers moved: which rows make the change of its mean, on the samples that profiles keep.
//!
//! The change of a mean is the sum of what each segment gives to it: `q·(n − m) + (q − p)·(m − M)`, where a segment has the shares `p`
//! before and `q` now and the means `m` and `n`, and `M` is the mean of all before (Kitagawa 1955, Components of a difference between
//! two rates). A segment that was not there gives `q·(n − M)`, one that is gone `−p·(m − M)`. Told are segments that give much more
//! than their share of the rows.

use std::collections::BTreeMap;

use super::SegmentShift;
use crate::finish::Joint;
use crate::profiler::Profiler;

/// A column of more values segments nothing.
const VALUES: usize = 31;
/// Rows of a segment in the sample, below which its mean says little.
const LEAST: f64 = 30.0;
/// So much of the change a segment gives beyond its share of the rows, to be told.
const BEYOND: f64 = 0.1;
/// A mean that moved by less standard deviations than this has nothing to explain.
const MOVED: f64 = 0.05;
/// Segments that are told.
const TOLD: usize = 5;

/// Sums over the rows of a segment.
#[derive(Clone, Copy, Default)]
struct Sums {
    count: f64,
    sum: f64,
    squares: f64,
}

impl Sums {
    fn add(&mut self, value: f64) {
        self.count += 1.0;
        self.sum += value;
        self.squares += value * value;
    }

    fn mean(&self) -> f64 {
        self.sum / self.count
    }

    fn variance(&self) -> f64 {
        (self.squares / self.count - self.mean() * self.mean()).max(0.0)
    }
}

/// Columns that segment the rows of both tables, with the segment of each row.
pub(super) struct Segmented<'p> {
    tables: [(&'p Profiler, Joint<'p>); 2],
    by: Vec<(String, [Vec<String>; 2])>,
}

impl<'p> Segmented<'p> {
    pub(super) fn of(baseline: &'p Profiler, current: &'p Profiler) -> Self {
        let tables = [baseline, current].map(|table| (table, Joint::of(table)));
        let of_rows = |at: usize, name: &str| {
            let (profiler, joint): &(&Profiler, Joint<'_>) = &tables[at];
            let column = profiler.columns.iter().position(|column| column.name == name)?;
            joint.values(column, &profiler.columns[column], VALUES)
        };
        let by = baseline.columns.iter().filter_map(|column| {
            let of_rows = [of_rows(0, &column.name)?, of_rows(1, &column.name)?];
            Some((column.name.clone(), of_rows))
        });
        Self {
            by: by.collect(),
            tables,
        }
    }

    /// The segments that make the change of a column's mean, those that give the most first.
    pub(super) fn moved(&self, column: &str) -> Vec<SegmentShift> {
        let numbers = |(profiler, joint): &(&Profiler, Joint<'_>)| {
            let at = profiler.columns.iter().position(|one| one.name == column)?;
            let kind = &profiler.columns[at].kind;
            kind.is_numeric().then(|| joint.numbers(at, kind))
        };
        let (Some(before), Some(now)) = (numbers(&self.tables[0]), numbers(&self.tables[1])) else {
            return Vec::new();
        };
        let whole = [&before, &now].map(|values| {
            let mut sums = Sums::default();
            values
                .iter()
                .filter(|value| !value.is_nan())
                .for_each(|value| sums.add(*value));
            sums
        });
        if whole.iter().any(|sums| sums.count < LEAST) {
            return Vec::new();
        }
        let moved = whole[1].mean() - whole[0].mean();
        let error = (whole[0].variance() / whole[0].count + whole[1].variance() / whole[1].count).sqrt();
        if moved.abs() < (3.0 * error).max(MOVED * whole[0].variance().sqrt()) || moved == 0.0 {
            return Vec::new();
        }
        let mut found = Vec::new();
        for (by, of_rows) in self.by.iter().filter(|(by, _)| by != column) {
            let mut segments: BTreeMap<&str, [Sums; 2]> = BTreeMap::new();
            for (at, values) in [&before, &now].into_iter().enumerate() {
                for (value, segment) in values.iter().zip(&of_rows[at]) {
                    if !value.is_nan() {
                        segments.entry(segment).or_default()[at].add(*value);
                    }
                }
            }
            for (value, sums) in segments {
                found.extend(shift(by, value, &sums, &whole, moved));
            }
        }
        let beyond = |shift: &SegmentShift| shift.part - shift.shares[1];
        found.sort_by(|a, b| beyond(b).total_cmp(&beyond(a)));
        found.truncate(TOLD);
        found
    }
}

/// What a segment gives to the change; nothing where that is about its share of the rows, or told by too few of them.
fn shift(by: &str, value: &str, sums: &[Sums; 2], whole: &[Sums; 2], moved: f64) -> Option<SegmentShift> {
    let shares = [sums[0].count / whole[0].count, sums[1].count / whole[1].count];
    let all = whole[0].mean();
    let told = |sums: &Sums| sums.count >= LEAST;
    let given = match (told(&sums[0]), told(&sums[1])) {
        (true, true) => {
            shares[1] * (sums[1].mean() - sums[0].mean()) + (shares[1] - shares[0]) * (sums[0].mean() - all)
        }
        (false, true) if sums[0].count == 0.0 => shares[1] * (sums[1].mean() - all),
        (true, false) if sums[1].count == 0.0 => -shares[0] * (sums[0].mean() - all),
        _ => return None,
    };
    let part = given / moved;
    (part - shares[1] >= BEYOND).then(|| SegmentShift {
        by: by.to_owned(),
        value: value.to_owned(),
        shares,
        means: [&sums[0], &sums[1]].map(|sums| told(sums).then(|| sums.mean())),
        part,
    })
}
