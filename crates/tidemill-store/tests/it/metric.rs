//! Metric points: each question is asked while the points are in the tail, and again when they are in their series.

use tidemill_store::metric::{self, Point};
use tidemill_store::search::Window;
use tidemill_store::{ConnectionTrait as _, Store, purge, run};
use tidemill_testdb::databases;

use crate::support::{self, *};

fn point(key: &str, value: f64, step: i64) -> Point {
    Point {
        key: key.into(),
        value,
        timestamp: NOW + step,
        step,
    }
}

/// Adds points (key, value, step) to a run of [`WS`].
pub async fn append(store: &Store, run_id: &str, points: &[(&str, f64, i64)]) {
    let points: Vec<_> = points
        .iter()
        .map(|(key, value, step)| point(key, *value, *step))
        .collect();
    store.append_points(WS, run_id, points).await.unwrap();
}

/// The rows of a table.
async fn count(store: &Store, table: &str) -> usize {
    let select = sea_orm::Statement::from_string(store.backend(), format!("SELECT 1 FROM {table}"));
    store.read().query_all_raw(select).await.unwrap().len()
}

async fn history(store: &Store, key: &str) -> Vec<(i64, f64)> {
    let found = store.metric_history(WS, "r", key, None).await.unwrap();
    found
        .items
        .iter()
        .map(|point| (point.step, point.value))
        .collect()
}

async fn latest(store: &Store) -> Vec<(String, i64, f64)> {
    let mut found = store.latest_metrics(WS, &["r".to_owned()]).await.unwrap();
    found
        .remove("r")
        .unwrap_or_default()
        .into_iter()
        .map(|point| (point.key, point.step, point.value))
        .collect()
}

/// Runs a test on each database, with the runs that the tests append to.
async fn on_each(test: impl AsyncFn(&Store)) {
    support::on_each(async |store| {
        make_runs(store).await;
        test(store).await;
    })
    .await;
}

async fn make_runs(store: &Store) {
    for run_id in ["r", "other"] {
        crate::run::make(store, run_id).await;
    }
}

/// Runs a test twice on each database: with points in the tail, and moved after each step.
async fn in_both_places(test: impl AsyncFn(&Store, &dyn Fn() -> Settling)) {
    on_each(async |store| test(store, &|| Settling(None)).await).await;
    on_each(async |store| {
        let settled = store.clone();
        test(store, &move || Settling(Some(settled.clone()))).await;
    })
    .await;
}

/// Moves the points, or leaves them where they are.
struct Settling(Option<Store>);

impl Settling {
    async fn done(self) {
        if let Some(store) = self.0 {
            store.settle_points().await.unwrap();
        }
    }
}

#[tokio::test]
async fn history_is_in_order_and_an_exact_duplicate_is_one_point() {
    in_both_places(async |store, settle| {
        let first = [
            ("loss", 0.2, 3),
            ("loss", 0.4, 1),
            ("loss", 0.4, 1),
            ("acc", 0.9, 1),
        ];
        append(store, "r", &first).await;
        settle().done().await;
        append(store, "r", &[("loss", 0.3, 2), ("loss", 0.2, 3)]).await;
        append(store, "r", &[]).await;
        settle().done().await;
        assert_eq!(history(store, "loss").await, [(1, 0.4), (2, 0.3), (3, 0.2)]);
        assert_eq!(history(store, "none").await, []);
        let window = Some(Window { offset: 1, limit: 1 });
        let middle = store.metric_history(WS, "r", "loss", window).await.unwrap();
        assert_eq!((middle.items, middle.more), (vec![point("loss", 0.3, 2)], true));
    })
    .await;
}

#[tokio::test]
async fn the_latest_point_has_the_greatest_step_whatever_comes_last() {
    in_both_places(async |store, settle| {
        append(
            store,
            "r",
            &[("loss", 0.2, 3), ("loss", 0.4, 1), ("acc", 0.9, -1)],
        )
        .await;
        settle().done().await;
        append(store, "r", &[("loss", 0.1, 2), ("acc", 0.5, -2)]).await;
        settle().done().await;
        assert_eq!(
            latest(store).await,
            [("acc".into(), -1, 0.9), ("loss".into(), 3, 0.2)]
        );
        // Of the same step and time the greatest value counts.
        append(store, "r", &[("loss", 0.15, 3), ("loss", 0.25, 3)]).await;
        settle().done().await;
        assert_eq!(latest(store).await[1], ("loss".into(), 3, 0.25));
    })
    .await;
}

/// MLflow compares NaN as zero, and strictly: of NaN and zero at one step and time, the one that was logged first stays.
#[tokio::test]
async fn nan_is_zero_when_the_latest_point_is_looked_for_and_of_two_that_tie_the_first_stays() {
    in_both_places(async |store, settle| {
        append(store, "r", &[("first nan", f64::NAN, 1), ("first nan", 0.0, 1)]).await;
        append(store, "r", &[("first zero", 0.0, 1)]).await;
        append(store, "r", &[("below", -1.0, 1), ("above", f64::NAN, 1)]).await;
        settle().done().await;
        append(
            store,
            "r",
            &[
                ("first zero", f64::NAN, 1),
                ("below", f64::NAN, 1),
                ("above", 1.0, 1),
            ],
        )
        .await;
        settle().done().await;
        let found = latest(store).await;
        let of = |key: &str| found.iter().find(|(name, _, _)| name == key).map(|found| found.2);
        assert_eq!(of("first zero"), Some(0.0));
        assert_eq!(of("above"), Some(1.0));
        assert!(of("first nan").is_some_and(f64::is_nan));
        assert!(of("below").is_some_and(f64::is_nan));
    })
    .await;
    // One part in its series, the other in the tail.
    on_each(async |store| {
        append(store, "r", &[("m", f64::NAN, 1)]).await;
        store.settle_points().await.unwrap();
        append(store, "r", &[("m", 0.0, 1)]).await;
        assert!(latest(store).await[0].2.is_nan());
    })
    .await;
}

#[tokio::test]
async fn odd_numbers_come_back() {
    in_both_places(async |store, settle| {
        let odd = [
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::MIN_POSITIVE,
            5e-324,
            0.1 + 0.2,
            -1e308,
        ];
        for (step, value) in odd.iter().enumerate() {
            append(store, "r", &[("odd", *value, i64::try_from(step).unwrap())]).await;
        }
        append(store, "r", &[("far", 1.0, i64::MAX - NOW), ("far", 1.0, -NOW)]).await;
        settle().done().await;
        let read: Vec<f64> = history(store, "odd")
            .await
            .into_iter()
            .map(|(_, value)| value)
            .collect();
        assert!(read[0].is_nan());
        assert_eq!(
            read[1..],
            [f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324, 0.1 + 0.2, -1e308]
        );
        assert_eq!(history(store, "far").await, [(-NOW, 1.0), (i64::MAX - NOW, 1.0)]);
    })
    .await;
}

#[tokio::test]
async fn a_long_series_comes_back_whole_and_in_parts_also_when_points_come_late() {
    in_both_places(async |store, settle| {
        let points = |steps: std::ops::Range<i64>, by: usize| {
            let steps = steps.step_by(by).map(|step| point("loss", 0.5, step));
            steps.collect::<Vec<_>>()
        };
        // Every second point first, the others after it; then all of them once more.
        store.append_points(WS, "r", points(0..50_000, 2)).await.unwrap();
        settle().done().await;
        store.append_points(WS, "r", points(1..50_000, 2)).await.unwrap();
        settle().done().await;
        store
            .append_points(WS, "r", points(20_000..30_000, 1))
            .await
            .unwrap();
        settle().done().await;
        let all = history(store, "loss").await;
        assert_eq!(all.len(), 50_000);
        assert!((0..).zip(&all).all(|(step, point)| *point == (step, 0.5)));
        for (offset, limit) in [(0, 10), (8_190, 20), (25_000, 20_000), (49_990, 100), (60_000, 5)] {
            let window = Some(Window { offset, limit });
            let part = store.metric_history(WS, "r", "loss", window).await.unwrap();
            let end = (offset + limit).min(50_000);
            let expected: Vec<_> = (offset..end).map(|step| i64::try_from(step).unwrap()).collect();
            assert_eq!(part.items.iter().map(|p| p.step).collect::<Vec<_>>(), expected);
            assert_eq!(part.more, end < 50_000, "{offset} {limit}");
        }
    })
    .await;
}

#[tokio::test]
async fn of_two_that_log_far_apart_neither_leaves_many_small_chunks() {
    on_each(async |store| {
        let points =
            |steps: std::ops::Range<i64>| steps.map(|step| point("loss", 0.5, step)).collect::<Vec<_>>();
        let ahead = 1_000_000..1_040_000;
        store.append_points(WS, "r", points(ahead.clone())).await.unwrap();
        store.settle_points().await.unwrap();
        let chunks = count(store, "metric_chunk").await;
        for part in 0..60 {
            store
                .append_points(WS, "r", points(part * 200..part * 200 + 200))
                .await
                .unwrap();
            store.settle_points().await.unwrap();
        }
        assert!(count(store, "metric_chunk").await <= chunks + 3);
        let all = history(store, "loss").await;
        let expected: Vec<_> = (0..12_000).chain(ahead).map(|step| (step, 0.5)).collect();
        assert_eq!(all, expected);
        // And in the middle of those that are there.
        let between = (0..3000)
            .map(|step| Point {
                value: 0.25,
                ..point("loss", 0.0, 1_003_000 + step)
            })
            .collect();
        store.append_points(WS, "r", between).await.unwrap();
        store.settle_points().await.unwrap();
        assert_eq!(history(store, "loss").await.len(), all.len() + 3000);
    })
    .await;
}

#[tokio::test]
async fn many_series_of_one_batch_are_all_there() {
    in_both_places(async |store, settle| {
        let keys: Vec<_> = (0..1000).map(|i| point(&format!("m{i}"), 1.0, 0)).collect();
        store.append_points(WS, "r", keys).await.unwrap();
        settle().done().await;
        assert_eq!(latest(store).await.len(), 1000);
    })
    .await;
}

#[tokio::test]
async fn many_that_append_while_points_move_lose_nothing() {
    on_each(async |store| {
        let writers = (0..200_i64).map(async |step| {
            append(store, "r", &[("loss", 0.5, step), ("shared", 1.0, 0)]).await;
            if step % 20 == 0 {
                store.settle_points().await.unwrap();
            }
            // What was acknowledged is seen, wherever it is.
            assert!(history(store, "loss").await.contains(&(step, 0.5)));
        });
        futures::future::join_all(writers).await;
        assert_eq!(history(store, "loss").await.len(), 200);
        assert_eq!(history(store, "shared").await.len(), 1);
        assert_eq!(latest(store).await[0].1, 199);
    })
    .await;
}

#[tokio::test]
async fn points_in_the_tail_are_there_when_the_database_is_opened_again() {
    for database in databases() {
        eprintln!("on {}", database.kind);
        let store = open(&database).await;
        make_workspace(&store, WS).await;
        make_runs(&store).await;
        append(&store, "r", &[("loss", 0.5, 1), ("loss", f64::NAN, 2)]).await;
        // Without closing it, as when the server is killed.
        let again = open(&database).await;
        assert_eq!(history(&again, "loss").await.len(), 2);
        again.settle_points().await.unwrap();
        assert_eq!(history(&again, "loss").await.len(), 2);
        append(&again, "r", &[("loss", 0.25, 3)]).await;
        again.close().await.unwrap();
        let once_more = open(&database).await;
        assert_eq!(latest(&once_more).await, [("loss".into(), 3, 0.25)]);
        drop(store);
    }
}

#[tokio::test]
async fn a_run_that_is_deleted_leaves_no_points() {
    on_each(async |store| {
        let points = (0..40_000).map(|step| point("loss", 0.5, step)).collect();
        store.append_points(WS, "r", points).await.unwrap();
        append(store, "other", &[("loss", 0.5, 1)]).await;
        store.settle_points().await.unwrap();
        change!(store, |tx| metric::delete_run(tx, WS, "r").await);
        assert_eq!(history(store, "loss").await, []);
        for (table, left) in [("metric_chunk", 0), ("metric_tail", 0), ("metric_series", 1)] {
            assert_eq!(count(store, table).await, left, "{table}");
        }
    })
    .await;
}

#[tokio::test]
async fn points_that_are_on_their_way_to_a_run_that_is_purged_go_with_it() {
    on_each(async |store| {
        append(store, "r", &[("loss", 0.5, 1)]).await;
        store.settle_points().await.unwrap();
        append(store, "r", &[("loss", 0.25, 2), ("new", 1.0, 1)]).await;
        append(store, "other", &[("loss", 0.5, 1)]).await;
        change!(store, |tx| {
            run::set_deleted(tx, WS, "r", Some(NOW)).await?;
            purge::remove_run(tx, WS, "r", NOW).await.map(drop)
        });
        store.settle_points().await.unwrap();
        assert_eq!(history(store, "loss").await, []);
        for (table, left) in [("metric_chunk", 0), ("metric_tail", 0), ("metric_series", 1)] {
            assert_eq!(count(store, table).await, left, "{table}");
        }
    })
    .await;
}
