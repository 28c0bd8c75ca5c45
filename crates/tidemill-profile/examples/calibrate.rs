//! Simulates reports of drift: how many alarm on two samples of one population, and how many find a shift. Prints the tables
//! of docs/data-profile.md. Usage: `cargo run --release -p tidemill-profile --example calibrate [REPORTS]`.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray};
use tidemill_profile::drift::{DriftOptions, Verdict, compare};
use tidemill_profile::{Position, Profiler};

const SIZES: [usize; 6] = [100, 200, 500, 1000, 5000, 20_000];
const SHIFTS: [f64; 5] = [0.1, 0.2, 0.3, 0.5, 1.0];

/// Pseudo-random numbers (SplitMix64).
struct Random(u64);

impl Random {
    fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^ (word >> 31)
    }

    fn uniform(&mut self) -> f64 {
        ((self.word() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

/// A table of ten columns of many shapes; the first is moved by `shift` of its standard deviations.
fn sample(random: &mut Random, rows: usize, shift: f64) -> Profiler {
    let mut floats = |draw: &dyn Fn(&mut Random) -> f64| -> ArrayRef {
        Arc::new((0..rows).map(|_| Some(draw(random))).collect::<Float64Array>())
    };
    let mut columns: Vec<(&str, ArrayRef)> = vec![
        ("normal", floats(&|random| random.normal() + shift)),
        ("heavy", floats(&|random| random.normal().exp().powi(2))),
        ("exponential", floats(&|random| -random.uniform().ln())),
        ("rounded", floats(&|random| (random.normal() * 3.0).round())),
    ];
    let whole = |random: &mut Random, most: f64| (random.uniform() * most) as i64;
    columns.push((
        "whole",
        Arc::new(
            (0..rows)
                .map(|_| Some(whole(random, 7.0)))
                .collect::<Int64Array>(),
        ),
    ));
    let zeros = |random: &mut Random| {
        if random.uniform() < 0.9 {
            0.0
        } else {
            random.normal()
        }
    };
    columns.push((
        "zeros",
        Arc::new((0..rows).map(|_| Some(zeros(random))).collect::<Float64Array>()),
    ));
    let missing = |random: &mut Random| (random.uniform() < 0.8).then(|| random.normal());
    columns.push((
        "missing",
        Arc::new((0..rows).map(|_| missing(random)).collect::<Float64Array>()),
    ));
    columns.push((
        "flag",
        Arc::new(
            (0..rows)
                .map(|_| Some(random.uniform() < 0.03))
                .collect::<BooleanArray>(),
        ),
    ));
    // Categories of one frequency, and of a long tail.
    let even = |random: &mut Random| format!("c{}", whole(random, 12.0));
    columns.push((
        "even",
        Arc::new((0..rows).map(|_| Some(even(random))).collect::<StringArray>()),
    ));
    let tail = |random: &mut Random| format!("c{}", (1.0 / random.uniform()).min(500.0) as i64);
    columns.push((
        "tail",
        Arc::new((0..rows).map(|_| Some(tail(random))).collect::<StringArray>()),
    ));
    let batch = RecordBatch::try_from_iter(columns);
    let batch = batch.unwrap_or_else(|_| RecordBatch::new_empty(Arc::new(arrow_schema::Schema::empty())));
    let mut profiler = Profiler::new(batch.schema_ref());
    let _ = profiler.update(&batch, Position { part: 0, row: 0 });
    profiler
}

/// The share of reports in which any column alarms, and in which the first one does.
fn alarms(reports: usize, rows: [usize; 2], shift: f64, seed: u64) -> (f64, f64) {
    let (mut any, mut first) = (0, 0);
    for report in 0..reports {
        let mut random = Random(seed ^ (report as u64).wrapping_mul(0xABCD_EF12_3456_789B));
        let (one, other) = (
            sample(&mut random, rows[0], 0.0),
            sample(&mut random, rows[1], shift),
        );
        let drift = compare(&one, &other, &DriftOptions::default());
        any += usize::from(drift.drifted > 0);
        let is_first = |column: &&tidemill_profile::drift::ColumnDrift| column.column == "normal";
        let moved = drift
            .columns
            .iter()
            .find(is_first)
            .is_some_and(|column| column.verdict == Verdict::Drifted);
        first += usize::from(moved);
    }
    (any as f64 / reports as f64, first as f64 / reports as f64)
}

fn main() {
    let reports: usize = std::env::args()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(10_000);
    println!("| values | alarms of {reports} reports of one population |\n|---|---|");
    for size in SIZES {
        let reports = if size > 1000 { reports / 10 } else { reports };
        println!(
            "| {size} and {size} | {:.2} % of {reports} |",
            alarms(reports, [size, size], 0.0, size as u64).0 * 100.0
        );
    }
    println!(
        "| 20000 and 500 | {:.2} % of {} |",
        alarms(reports / 10, [20_000, 500], 0.0, 7).0 * 100.0,
        reports / 10
    );
    let head: String = SHIFTS.iter().map(|shift| format!(" {shift} σ |")).collect();
    println!("\n| values |{head}\n|---|{}", "---|".repeat(SHIFTS.len()));
    for size in SIZES {
        let found: String = SHIFTS
            .iter()
            .map(|shift| {
                format!(
                    " {:.0} % |",
                    alarms(if size > 1000 { 100 } else { 500 }, [size, size], *shift, 99).1 * 100.0
                )
            })
            .collect();
        println!("| {size} |{found}");
    }
}
