//! Every statistic against numpy, scipy and pandas on real tables: exact where the profile says so, within its bound elsewhere.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tidemill_profile::{Asked, ColumnProfile, Profile};
use tidemill_table::{ReadOptions, open, profile};

const SHARES: [f64; 9] = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99];

/// The Python of the tools that tests are driven by.
fn python() -> std::path::PathBuf {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/test-tools.sh");
    let done = Command::new(scripts)
        .arg("tables")
        .status()
        .expect("scripts/test-tools.sh can be run");
    assert!(
        done.success(),
        "scripts/test-tools.sh tables failed: its output says why"
    );
    let tools = std::env::var_os("TIDEMILL_TEST_TOOLS").map_or_else(
        || {
            let cache = std::env::var_os("XDG_CACHE_HOME").map_or_else(
                || Path::new(&std::env::var_os("HOME").expect("a home")).join(".cache"),
                Into::into,
            );
            cache.join("tidemill/test-tools")
        },
        Into::into,
    );
    tools.join("tables/bin/python")
}

#[test]
fn every_statistic_is_that_of_numpy_scipy_and_pandas() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference.py");
    let done = Command::new(python())
        .arg(script)
        .arg(folder.path())
        .status()
        .expect("python runs");
    assert!(done.success());
    let mut tables = 0;
    for entry in std::fs::read_dir(folder.path()).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "parquet") {
            let expected: Value =
                serde_json::from_slice(&std::fs::read(path.with_extension("json")).expect("figures"))
                    .expect("JSON");
            let tables_at = open(&path, &ReadOptions::default()).expect("a table");
            let found = profile(&tables_at)
                .expect("a profile")
                .finish(&Asked::default())
                .expect("finishes");
            compare(
                &path.file_stem().expect("a name").to_string_lossy(),
                &found,
                &expected,
            );
            tables += 1;
        }
    }
    assert_eq!(tables, 27);
}

fn compare(table: &str, found: &Profile, expected: &Value) {
    assert_eq!(found.rows, expected["rows"], "{table}");
    let duplicates = expected["duplicates"].as_f64().expect("a number");
    let bound = 4.0 * found.duplicate_rows.standard_error;
    assert!(
        (found.duplicate_rows.value - duplicates).abs() <= bound,
        "{table}: {:?} duplicates",
        found.duplicate_rows
    );
    for column in &found.columns {
        column_is(
            &format!("{table}.{}", column.name),
            column,
            &expected["columns"][&column.name],
        );
    }
    let mut pairs = 0;
    for one in &found.correlations {
        let bound = 4.5 * one.standard_error + 1e-9;
        for (name, value) in [("pearson", one.pearson), ("spearman", one.spearman)] {
            let Some(value) = value else { continue };
            let wanted = expected[name][&one.left][&one.right]
                .as_f64()
                .expect("pandas has it");
            assert!(
                (value - wanted).abs() <= bound,
                "{table}: {name} of {} and {}: {value}, {wanted}",
                one.left,
                one.right
            );
            pairs += 1;
        }
    }
    // Every pair of columns of numbers that vary, here of a few tables.
    if let Some(wanted) = [("iris", 10), ("wine", 91), ("diabetes", 55)]
        .iter()
        .find(|(name, _)| *name == table)
    {
        assert_eq!(pairs, 2 * wanted.1, "{table}");
    }
    for pair in &found.missing_together {
        assert_eq!(
            pair.rows, expected["missing_together"][&pair.left][&pair.right],
            "{table}: {pair:?}"
        );
    }
}

fn column_is(name: &str, column: &ColumnProfile, expected: &Value) {
    let number = |field: &str| {
        expected[field]
            .as_f64()
            .unwrap_or_else(|| panic!("{name} has no {field}"))
    };
    assert_eq!(column.missing, expected["missing"], "{name}");
    let distinct = number("distinct");
    assert!(
        (column.distinct.value - distinct).abs() <= 4.0 * column.distinct.standard_error,
        "{name}: {:?}, {distinct}",
        column.distinct
    );
    for (at, count) in expected["top"].as_array().expect("counts").iter().enumerate() {
        let count = count.as_u64().expect("a count");
        if count > column.top_lacking.max(1) {
            let found = column
                .top
                .get(at)
                .unwrap_or_else(|| panic!("{name} has no top {at}"))
                .count;
            assert!(
                found <= count && count <= found + column.top_lacking,
                "{name}: top {at} is {found}, {count}"
            );
        }
    }
    if let (Some(time), Some(weekdays)) = (&column.time, expected["weekdays"].as_array()) {
        assert_eq!(
            &time
                .weekdays
                .iter()
                .map(|count| Value::from(*count))
                .collect::<Vec<_>>(),
            weekdays,
            "{name}"
        );
    }
    let (Some(numbers), Value::Object(expected)) = (&column.numbers, &expected["numbers"]) else {
        return;
    };
    for (field, value, tolerance) in [
        ("mean", numbers.mean, 1e-9),
        ("standard_deviation", numbers.standard_deviation, 1e-9),
        ("skewness", numbers.skewness, 1e-6),
        ("kurtosis", numbers.kurtosis, 1e-6),
    ] {
        let Some(wanted) = expected[field].as_f64() else {
            continue;
        };
        let value = value.or_else(|| (wanted.abs() < 1e-12).then_some(0.0));
        let value = value.unwrap_or_else(|| panic!("{name} has no {field}, {wanted}"));
        assert!(
            (value - wanted).abs() <= tolerance * wanted.abs().max(1.0),
            "{name}: {field} is {value}, {wanted}"
        );
    }
    assert_eq!(numbers.zeros, expected["zeros"], "{name}");
    assert_eq!(numbers.negative, expected["negative"], "{name}");
    let quantiles: Vec<f64> = numbers.quantiles.values().copied().collect();
    let wanted: Vec<f64> = serde_json::from_value(expected["quantiles"].clone()).expect("numbers");
    if numbers.rank_error == 0.0 {
        for (found, wanted) in quantiles.iter().zip(&wanted) {
            assert!(
                (found - wanted).abs() <= 1e-9 * wanted.abs().max(1.0),
                "{name}: {quantiles:?}, {wanted:?}"
            );
        }
    } else {
        let sorted: Vec<f64> = serde_json::from_value(expected["sorted"].clone()).expect("numbers");
        for (found, share) in quantiles.iter().zip(SHARES) {
            let rank = sorted.partition_point(|value| value < found) as f64 / sorted.len() as f64;
            assert!(
                (rank - share).abs() <= 2.0 * numbers.rank_error,
                "{name}: the rank of {share} is {rank}"
            );
        }
    }
    let histogram = column.histogram.as_ref().expect("a histogram");
    let counts: Vec<u64> = serde_json::from_value(expected["counts"].clone()).expect("counts");
    let whole: u64 = counts.iter().sum();
    for (at, (found, wanted)) in histogram.counts.iter().zip(&counts).enumerate() {
        // A value on an edge may fall on either side by the rounding of the edge.
        let bound = histogram.error * whole as f64;
        assert!(
            found.abs_diff(*wanted) as f64 <= bound,
            "{name}: bin {at} holds {found}, {wanted}; {:?} {:?}",
            histogram.edges,
            expected["edges"]
        );
    }
}
