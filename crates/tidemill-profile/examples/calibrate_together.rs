//! Simulates the classifier of two tables and the comparisons of targets: how many reports alarm where nothing changed, and how many
//! find what did. Prints the tables of docs/data-profile.md.
//! Usage: `cargo run --release -p tidemill-profile --example calibrate_together [REPORTS]`.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use tidemill_profile::drift::{DriftOptions, Verdict, concept, multivariate};
use tidemill_profile::{Position, Profiler};

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

/// What changed.
#[derive(Clone, Copy, Default)]
struct Change {
    /// The first column, in standard deviations.
    shift: f64,
    /// The correlation of the first two columns.
    correlation: f64,
    /// The target, given the rest: what is added to its log odds, and to the number in standard deviations.
    target: f64,
    /// Share of the predictions that became wrong.
    wrong: f64,
}

/// Six columns of several shapes, a class and a number that depend on them, and predictions of both.
fn sample(random: &mut Random, rows: usize, change: Change) -> Profiler {
    let (mut columns, mut classes, mut numbers) = (vec![Vec::new(); 4], Vec::new(), Vec::new());
    let (mut category, mut said_class, mut said_number, mut whole) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rows {
        let one = random.normal();
        let r = change.correlation;
        let two = r * one + (1.0 - r * r).sqrt() * random.normal();
        let one = one + change.shift;
        let three = -random.uniform().ln();
        let four = if random.uniform() < 0.2 {
            f64::NAN
        } else {
            random.normal()
        };
        for (column, value) in columns.iter_mut().zip([one, two, three, four]) {
            column.push(if value.is_nan() { None } else { Some(value) });
        }
        let letter = (random.uniform() * 6.0) as usize;
        category.push(format!("c{letter}"));
        whole.push((random.uniform() * 5.0) as i64);
        let odds = one + 0.5 * two - 0.7 + if letter == 0 { 1.0 } else { 0.0 };
        let class = random.uniform() < 1.0 / (1.0 + (-(odds + change.target)).exp());
        classes.push(if class { "late" } else { "early" });
        let right = random.uniform() >= 0.2 + change.wrong;
        said_class.push(if class == right { "late" } else { "early" });
        let number = 2.0 * one - three + random.normal();
        numbers.push(Some(number + change.target));
        said_number.push(Some(number + (1.0 + change.wrong) * random.normal()));
    }
    let float = |values: Vec<Option<f64>>| -> ArrayRef { Arc::new(Float64Array::from(values)) };
    let text = |values: Vec<&str>| -> ArrayRef { Arc::new(StringArray::from(values)) };
    let mut all: Vec<(&str, ArrayRef)> = Vec::new();
    for (name, values) in ["one", "two", "three", "four"].into_iter().zip(columns) {
        all.push((name, float(values)));
    }
    all.push(("category", Arc::new(StringArray::from(category))));
    all.push(("whole", Arc::new(Int64Array::from(whole))));
    all.push(("class", text(classes)));
    all.push(("number", float(numbers)));
    all.push(("said_class", text(said_class)));
    all.push(("said_number", float(said_number)));
    let batch = RecordBatch::try_from_iter(all);
    let batch = batch.unwrap_or_else(|_| RecordBatch::new_empty(Arc::new(arrow_schema::Schema::empty())));
    let mut profiler = Profiler::new(batch.schema_ref());
    let _ = profiler.update(&batch, Position { part: 0, row: 0 });
    profiler
}

/// What is looked at.
#[derive(Clone, Copy)]
enum Look {
    Together,
    Target(&'static str, Option<&'static str>),
}

/// The share of reports that alarm.
fn alarms(look: Look, reports: usize, rows: [usize; 2], change: Change, seed: u64) -> f64 {
    let options = DriftOptions::default();
    let alarmed = (0..reports).filter(|report| {
        let mut random = Random(seed ^ (*report as u64 + 1).wrapping_mul(0xABCD_EF12_3456_789B));
        let plain = Change {
            shift: 0.0,
            target: 0.0,
            wrong: 0.0,
            correlation: 0.0,
        };
        let (one, other) = (
            sample(&mut random, rows[0], plain),
            sample(&mut random, rows[1], change),
        );
        let verdict = match look {
            Look::Together => multivariate(&one, &other, &options).verdict,
            Look::Target(target, prediction) => match concept(&one, &other, target, prediction, &options) {
                Ok(found) => found.verdict,
                Err(_) => Verdict::NotEnoughData,
            },
        };
        verdict == Verdict::Drifted
    });
    alarmed.count() as f64 / reports as f64
}

fn main() {
    let reports: usize = std::env::args()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(2000);
    let looks: [(&str, Look); 5] = [
        ("all columns together", Look::Together),
        ("errors of classes", Look::Target("class", Some("said_class"))),
        ("errors of numbers", Look::Target("number", Some("said_number"))),
        ("class given the rest", Look::Target("class", None)),
        ("number given the rest", Look::Target("number", None)),
    ];
    let sizes: [[usize; 2]; 5] = [[200, 200], [500, 500], [1000, 1000], [4000, 4000], [4000, 400]];
    let head: String = looks.iter().map(|(name, _)| format!(" {name} |")).collect();
    println!("| rows |{head}\n|---|{}", "---|".repeat(looks.len()));
    for rows in sizes {
        let reports = if rows[0] > 1000 { reports / 4 } else { reports };
        let found: String = looks
            .iter()
            .map(|(_, look)| {
                format!(
                    " {:.2} % |",
                    alarms(*look, reports, rows, Change::default(), rows[1] as u64) * 100.0
                )
            })
            .collect();
        println!("| {} and {}, {reports} reports |{found}", rows[0], rows[1]);
    }
    // Other rows come, and the target is the same given them.
    let mixed = Change {
        shift: 0.5,
        ..Change::default()
    };
    for (name, look) in &looks[3..] {
        println!(
            "\n{name}, where the first column moved by 0.5 alone: {:.2} % alarm",
            alarms(*look, reports / 4, [2000, 2000], mixed, 77) * 100.0
        );
    }
    let changes: [(&str, Look, Change); 8] = [
        (
            "together: first column by 0.2 σ",
            Look::Together,
            Change {
                shift: 0.2,
                ..Change::default()
            },
        ),
        (
            "together: first column by 0.3 σ",
            Look::Together,
            Change {
                shift: 0.3,
                ..Change::default()
            },
        ),
        (
            "together: correlation from 0 to 0.5",
            Look::Together,
            Change {
                correlation: 0.5,
                ..Change::default()
            },
        ),
        (
            "together: correlation from 0 to 0.8",
            Look::Together,
            Change {
                correlation: 0.8,
                ..Change::default()
            },
        ),
        (
            "errors of classes: from 20 % to 30 %",
            Look::Target("class", Some("said_class")),
            Change {
                wrong: 0.1,
                ..Change::default()
            },
        ),
        (
            "errors of numbers: a third larger",
            Look::Target("number", Some("said_number")),
            Change {
                wrong: 0.33,
                ..Change::default()
            },
        ),
        (
            "class given the rest: log odds by 0.7",
            Look::Target("class", None),
            Change {
                target: 0.7,
                ..Change::default()
            },
        ),
        (
            "number given the rest: by 0.7 (0.3 σ)",
            Look::Target("number", None),
            Change {
                target: 0.7,
                ..Change::default()
            },
        ),
    ];
    println!("\n| change | 200 | 500 | 1,000 | 4,000 |\n|---|---|---|---|---|");
    for (name, look, change) in changes {
        let found: String = [200, 500, 1000, 4000]
            .iter()
            .map(|rows| {
                format!(
                    " {:.0} % |",
                    alarms(
                        look,
                        if *rows > 1000 { 50 } else { 200 },
                        [*rows, *rows],
                        change,
                        99
                    ) * 100.0
                )
            })
            .collect();
        println!("| {name} |{found}");
    }
}
