//! Profiles of parts merge to the profile of the whole, in any split and any order.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMillisecondArray,
};
use proptest::prelude::*;
use tidemill_profile::{Asked, Position, Profile, Profiler};

#[derive(Debug, Clone)]
struct Row {
    whole: Option<i64>,
    float: Option<f64>,
    text: Option<String>,
    flag: Option<bool>,
    at: Option<i64>,
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let float = prop_oneof![
        4 => (-50i32..50).prop_map(f64::from),
        2 => any::<f64>(),
        1 => Just(f64::NAN),
        1 => Just(f64::INFINITY),
        1 => Just(-0.0),
    ];
    let whole = prop_oneof![4 => -20i64..20, 1 => any::<i64>()];
    let row = (
        prop::option::weighted(0.8, whole),
        prop::option::weighted(0.8, float),
        prop::option::weighted(0.8, "[a-cä ]{0,4}"),
        prop::option::weighted(0.8, any::<bool>()),
        prop::option::weighted(0.8, -4_000_000_000_000i64..4_000_000_000_000),
    );
    prop::collection::vec(
        row.prop_map(|(whole, float, text, flag, at)| Row {
            whole,
            float,
            text,
            flag,
            at,
        }),
        1..300,
    )
}

fn batch(rows: &[Row]) -> RecordBatch {
    let columns: Vec<(&str, ArrayRef)> = vec![
        (
            "whole",
            Arc::new(rows.iter().map(|row| row.whole).collect::<Int64Array>()),
        ),
        (
            "float",
            Arc::new(rows.iter().map(|row| row.float).collect::<Float64Array>()),
        ),
        (
            "text",
            Arc::new(rows.iter().map(|row| row.text.clone()).collect::<StringArray>()),
        ),
        (
            "flag",
            Arc::new(rows.iter().map(|row| row.flag).collect::<BooleanArray>()),
        ),
        (
            "at",
            Arc::new(
                rows.iter()
                    .map(|row| row.at)
                    .collect::<TimestampMillisecondArray>(),
            ),
        ),
    ];
    RecordBatch::try_from_iter(columns).expect("a batch")
}

/// The rows of a part: each split keeps its place in the whole.
fn state(rows: &[Row], row: u64) -> Profiler {
    let batch = batch(rows);
    let mut profiler = Profiler::new(batch.schema_ref());
    profiler
        .update(&batch, Position { part: 0, row })
        .expect("a batch");
    profiler
}

fn finish(profiler: &Profiler) -> Profile {
    profiler
        .finish(&Asked {
            target: Some("flag".into()),
            by: Some("text".into()),
        })
        .expect("finishes")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_split_in_any_order_is_the_whole(rows in rows(), cuts in prop::collection::vec(0usize..300, 0..6), order in any::<u64>()) {
        let whole = finish(&state(&rows, 0));
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut % rows.len()).chain([0, rows.len()]).collect();
        cuts.sort_unstable();
        cuts.dedup();
        let mut parts: Vec<Profiler> = cuts.windows(2).map(|pair| state(&rows[pair[0]..pair[1]], pair[0] as u64)).collect();
        let count = parts.len() as u64;
        parts.rotate_left((order % count) as usize);
        if order & 1 << 40 > 0 {
            parts.reverse();
        }
        // A stored state is the state.
        let mut merged = Profiler::from_bytes(&parts[0].to_bytes().expect("bytes")).expect("a state");
        for part in &parts[1..] {
            merged.merge(part).expect("the same columns");
        }
        prop_assert_eq!(finish(&merged), whole);
    }
}

/// Values too many to be counted one by one: counts, ends and extremes are equal, sketches within their bounds.
#[test]
fn sketched_columns_merge_within_their_bounds() {
    let n = 120_000;
    let rows: Vec<Row> = (0..n)
        .map(|at: i64| Row {
            whole: Some(at * 7_919 % 1_000_003 * 1_000_003),
            float: Some(((at * 104_729 % 1_299_709) as f64).sqrt()),
            text: Some(format!("name {}", at * 31 % 50_000)),
            flag: Some(at % 3 == 0),
            at: Some(at * 60_000),
        })
        .collect();
    let whole = finish(&state(&rows, 0));
    let mut parts: Vec<Profiler> = (0..12)
        .map(|part| state(&rows[part * 10_000..(part + 1) * 10_000], part as u64 * 10_000))
        .collect();
    parts.rotate_left(5);
    parts.reverse();
    let mut merged = parts.remove(0);
    for part in &parts {
        merged.merge(part).expect("the same columns");
    }
    let merged = finish(&merged);
    for (own, other) in whole.columns.iter().zip(&merged.columns) {
        assert_eq!(own.exact, other.exact, "{}", own.name);
        assert_eq!(
            (&own.min, &own.max, own.count),
            (&other.min, &other.max, other.count),
            "{}",
            own.name
        );
        assert_eq!(
            own.distinct, other.distinct,
            "HyperLogLog does not depend on the order: {}",
            own.name
        );
        assert_eq!(own.monotonic, other.monotonic, "{}", own.name);
        if let (Some(own), Some(other)) = (&own.numbers, &other.numbers) {
            let close = |a: Option<f64>, b: Option<f64>| {
                a.zip(b)
                    .is_none_or(|(a, b)| (a - b).abs() <= 1e-9 * a.abs().max(1.0))
            };
            assert!(close(own.mean, other.mean) && close(own.standard_deviation, other.standard_deviation));
        }
    }
    assert_eq!(
        whole.columns[4].monotonic,
        Some(tidemill_profile::Monotonic::StrictlyIncreasing)
    );
    assert_eq!(whole.columns[4].key, Some(tidemill_profile::Likelihood::Certain));
    assert_eq!(
        whole.correlations, merged.correlations,
        "the sample does not depend on the split"
    );
}
