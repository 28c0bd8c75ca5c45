//! All columns together, and a target given the rest: what no column shows alone is found, and what did not change is not.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use tidemill_profile::drift::{DriftOptions, Unfit, Verdict, compare, concept, multivariate};
use tidemill_profile::{Position, Profiler, report};

/// Numbers between 0 and 1 that look random, always the same.
fn noise(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 53) as f64
    }
}

fn table(columns: Vec<(&str, ArrayRef)>) -> Profiler {
    let batch = RecordBatch::try_from_iter(columns).expect("columns of one length");
    let mut profiler = Profiler::new(batch.schema_ref());
    profiler
        .update(&batch, Position { part: 0, row: 0 })
        .expect("it is read");
    profiler
}

fn floats(values: impl Iterator<Item = f64>) -> ArrayRef {
    Arc::new(values.map(Some).collect::<Float64Array>())
}

/// Two columns that go with each other, or against: each alone is the same.
fn pair(rows: usize, sign: f64, seed: u64) -> Profiler {
    let mut next = noise(seed);
    let rows: Vec<[f64; 3]> = (0..rows).map(|_| [next(), next(), next()]).collect();
    let second = |row: &[f64; 3]| {
        let with = if sign > 0.0 { row[0] } else { 1.0 - row[0] };
        (with + 0.2 * row[1]) % 1.0
    };
    table(vec![
        ("first", floats(rows.iter().map(|row| row[0]))),
        ("second", floats(rows.iter().map(second))),
        ("other", floats(rows.iter().map(|row| row[2]))),
    ])
}

#[test]
fn a_relation_that_turned_is_found_and_named_where_no_column_shows_it() {
    let options = DriftOptions::default();
    let (before, same, turned) = (pair(2000, 1.0, 1), pair(2000, 1.0, 2), pair(2000, -1.0, 3));
    let found = multivariate(&before, &same, &options);
    assert_eq!(found.verdict, Verdict::Same, "{found:?}");
    assert!(found.importance.is_empty());
    assert_eq!(compare(&before, &turned, &options).drifted, 0, "no column alone");
    let found = multivariate(&before, &turned, &options);
    assert_eq!(found.verdict, Verdict::Drifted, "{found:?}");
    let by: Vec<&str> = found
        .importance
        .iter()
        .take(2)
        .map(|one| one.column.as_str())
        .collect();
    assert!(by.contains(&"first") && by.contains(&"second"), "{found:?}");
    assert!(found.auc.expect("it is known") > 0.8);
    assert!(report::together(&found).contains("told apart by"));
    let mut drift = compare(&before, &turned, &options);
    drift.multivariate = Some(found);
    assert!(report::drift("t", &drift).contains("All columns together"));
    assert_eq!(
        serde_json::to_value(&drift).expect("JSON")["multivariate"]["verdict"],
        "drifted"
    );
}

#[test]
fn below_two_hundred_rows_there_is_no_verdict() {
    let options = DriftOptions::default();
    let found = multivariate(&pair(199, 1.0, 1), &pair(5000, -1.0, 2), &options);
    assert_eq!(
        (found.verdict, found.rows, found.auc),
        (Verdict::NotEnoughData, [199, 4000], None)
    );
    assert!(report::together(&found).contains("not enough data"));
}

/// A feature, a class and a number that depend on it, and predictions of both.
fn scored(rows: usize, seed: u64, shift: f64, concept: f64, wrong: f64) -> Profiler {
    let mut next = noise(seed);
    let rows: Vec<[f64; 4]> = (0..rows)
        .map(|_| [next() + shift, next(), next(), next()])
        .collect();
    let is_late = |row: &[f64; 4]| row[1] < 0.1 + 0.5 * row[0].min(1.2) + concept;
    let class = |late: bool| if late { "late" } else { "early" };
    let truth: Vec<&str> = rows.iter().map(|row| class(is_late(row))).collect();
    let said: Vec<&str> = rows
        .iter()
        .map(|row| class(is_late(row) != (row[2] < 0.2 + wrong)))
        .collect();
    let number = |row: &[f64; 4]| 3.0 * row[0] + row[1] + 2.0 * concept;
    table(vec![
        ("x", floats(rows.iter().map(|row| row[0]))),
        ("class", Arc::new(StringArray::from(truth))),
        ("said", Arc::new(StringArray::from(said))),
        ("number", floats(rows.iter().map(number))),
        (
            "guess",
            floats(
                rows.iter()
                    .map(|row| number(row) + (1.0 + 2.0 * wrong) * (row[3] - 0.5)),
            ),
        ),
    ])
}

#[test]
fn errors_that_grew_are_found_with_their_interval() {
    let options = DriftOptions::default();
    let (before, worse) = (scored(3000, 1, 0.0, 0.0, 0.0), scored(3000, 2, 0.0, 0.0, 0.1));
    let found = concept(&before, &worse, "class", Some("said"), &options).expect("it is there");
    assert_eq!(
        (found.verdict, found.compared.as_str()),
        (Verdict::Drifted, "error rate")
    );
    let [least, most] = found.interval.expect("known");
    assert!(least < 0.1 && 0.1 < most && most - least < 0.08, "{found:?}");
    assert!((found.values.expect("known")[0] - 0.2).abs() < 0.03);
    let found = concept(
        &before,
        &scored(3000, 3, 0.0, 0.0, 0.0),
        "class",
        Some("said"),
        &options,
    )
    .expect("there");
    assert_eq!(found.verdict, Verdict::Same);
    let found = concept(&before, &worse, "number", Some("guess"), &options).expect("there");
    assert_eq!(
        (found.verdict, found.compared.as_str()),
        (Verdict::Drifted, "mean absolute error"),
        "{found:?}"
    );
    assert!(report::of_target(&found).contains("has drifted"));
}

#[test]
fn a_target_that_changed_is_told_from_rows_that_changed() {
    let options = DriftOptions::default();
    let before = plain(4000, 1, 0.0, 0.0);
    for target in ["class", "number"] {
        // More rows of high x come: more of them are late, and given x nothing has changed.
        let found = concept(&before, &plain(4000, 5, 0.3, 0.0), target, None, &options).expect("there");
        assert_eq!(found.verdict, Verdict::Same, "{target}: {found:?}");
        let found = concept(&before, &plain(4000, 7, 0.0, 0.15), target, None, &options).expect("there");
        assert_eq!(found.verdict, Verdict::Drifted, "{target}: {found:?}");
        assert!(
            found.strata.len() >= 5 && found.difference.expect("known") > 0.1,
            "{found:?}"
        );
    }
}

/// A feature, and a class and a number that depend on it.
fn plain(rows: usize, seed: u64, shift: f64, concept: f64) -> Profiler {
    let mut next = noise(seed);
    let rows: Vec<[f64; 4]> = (0..rows)
        .map(|_| [next() + shift, next(), next(), next()])
        .collect();
    let late: Vec<&str> = rows
        .iter()
        .map(|row| {
            if row[1] < 0.1 + 0.5 * row[0].min(1.2) + concept {
                "late"
            } else {
                "early"
            }
        })
        .collect();
    table(vec![
        ("x", floats(rows.iter().map(|row| row[0]))),
        ("class", Arc::new(StringArray::from(late))),
        (
            "number",
            floats(rows.iter().map(|row| 3.0 * row[0] + row[2] + 2.0 * concept)),
        ),
    ])
}

#[test]
fn columns_that_are_not_there_or_are_free_text_are_named() {
    let options = DriftOptions::default();
    let one = scored(300, 1, 0.0, 0.0, 0.0);
    assert_eq!(
        concept(&one, &one, "gone", None, &options),
        Err(Unfit::Absent("gone".into()))
    );
    let names: ArrayRef = Arc::new(
        (0..300)
            .map(|at| Some(format!("name {at}")))
            .collect::<StringArray>(),
    );
    let texts = table(vec![("name", names), ("x", floats((0..300).map(f64::from)))]);
    assert_eq!(
        concept(&texts, &texts, "name", None, &options),
        Err(Unfit::Values("name".into()))
    );
}
