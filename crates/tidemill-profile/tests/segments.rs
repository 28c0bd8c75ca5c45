//! Where a column moved: the rows that make the change of its mean are named, and no others.

use std::sync::Arc;

use arrow_array::{Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};

use tidemill_profile::drift::{DriftOptions, compare};
use tidemill_profile::{Position, Profiler};

/// 3,000 flights: delays repeat from 0 to 60, and in a month of an airport they are longer.
fn table(months: std::ops::RangeInclusive<i64>, longer: impl Fn(i64, &str) -> f64) -> Profiler {
    let (first, count) = (*months.start(), months.count() as i64);
    let airports = ["EWR", "JFK", "LGA"];
    let rows: Vec<(i64, &str, f64)> = (0..3000_i64)
        .map(|row| {
            let (month, airport) = (first + row % count, airports[(row / count) as usize % 3]);
            (
                month,
                airport,
                ((row * 7919) % 61) as f64 + longer(month, airport),
            )
        })
        .collect();
    let schema = Arc::new(Schema::new(vec![
        Field::new("month", DataType::Int64, false),
        Field::new("origin", DataType::Utf8, false),
        Field::new("delay", DataType::Float64, false),
    ]));
    let batch = RecordBatch::try_new(
        Arc::clone(&schema),
        vec![
            Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.0))),
            Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.1))),
            Arc::new(Float64Array::from_iter_values(rows.iter().map(|row| row.2))),
        ],
    )
    .expect("a batch");
    let mut profiler = Profiler::new(&schema);
    profiler
        .update(&batch, Position { part: 0, row: 0 })
        .expect("takes it");
    profiler
}

fn told(profiler: [&Profiler; 2]) -> Vec<(String, String, f64)> {
    let drift = compare(profiler[0], profiler[1], &DriftOptions::default());
    let column = drift
        .columns
        .iter()
        .find(|column| column.column == "delay")
        .expect("there");
    let told = column.segments.iter();
    told.map(|shift| (shift.by.clone(), shift.value.clone(), shift.part))
        .collect()
}

#[test]
fn the_segment_that_moved_is_named_with_its_part_of_the_change() {
    let before = table(1..=3, |_, _| 0.0);
    let summer = table(1..=4, |month, _| if month == 4 { 40.0 } else { 0.0 });
    let found = told([&before, &summer]);
    assert_eq!(
        (found[0].0.as_str(), found[0].1.as_str()),
        ("month", "4"),
        "{found:?}"
    );
    assert!(
        (found[0].2 - 1.0).abs() < 0.05,
        "a quarter of the rows makes all of it: {found:?}"
    );
    assert!(
        found.iter().all(|(by, ..)| by != "origin"),
        "airports are all alike: {found:?}"
    );

    let one = table(1..=3, |_, airport| if airport == "LGA" { 30.0 } else { 0.0 });
    let found = told([&before, &one]);
    assert_eq!(
        (found[0].0.as_str(), found[0].1.as_str()),
        ("origin", "LGA"),
        "{found:?}"
    );
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn what_moves_everywhere_is_explained_by_no_segment() {
    let before = table(1..=3, |_, _| 0.0);
    assert!(told([&before, &table(1..=3, |_, _| 25.0)]).is_empty());
    assert!(told([&before, &table(1..=3, |_, _| 0.0)]).is_empty());
}
