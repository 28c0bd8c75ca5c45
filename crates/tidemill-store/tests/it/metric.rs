//! Metric points.

use tidemill_store::metric::{self, Point};
use tidemill_store::search::Window;
use tidemill_store::{DatabaseTransaction, Result, Store, StoreError};

use crate::support::*;

fn point(key: &str, value: f64, step: i64) -> Point {
    Point {
        key: key.into(),
        value,
        timestamp: NOW + step,
        step,
    }
}

/// Adds points (key, value, step) to a run of [`WS`].
pub async fn append(tx: &DatabaseTransaction, run_id: &str, points: &[(&str, f64, i64)]) -> Result<()> {
    let points: Vec<_> = points
        .iter()
        .map(|(key, value, step)| point(key, *value, *step))
        .collect();
    metric::append(tx, WS, run_id, &points).await
}

async fn history(store: &Store, key: &str) -> Vec<(i64, f64)> {
    let found = metric::history(store.read(), WS, "r", key, None).await.unwrap();
    found
        .items
        .iter()
        .map(|point| (point.step, point.value))
        .collect()
}

async fn latest(store: &Store) -> Vec<(String, i64, f64)> {
    let mut found = metric::latest(store.read(), WS, &["r".to_owned()]).await.unwrap();
    found
        .remove("r")
        .unwrap_or_default()
        .into_iter()
        .map(|point| (point.key, point.step, point.value))
        .collect()
}

#[tokio::test]
async fn history_is_in_order_and_an_exact_duplicate_is_one_point() {
    on_each(async |store| {
        change!(store, |tx| append(
            tx,
            "r",
            &[
                ("loss", 0.2, 3),
                ("loss", 0.4, 1),
                ("loss", 0.4, 1),
                ("acc", 0.9, 1)
            ]
        )
        .await);
        change!(store, |tx| append(tx, "r", &[("loss", 0.3, 2), ("loss", 0.2, 3)])
            .await);
        change!(store, |tx| append(tx, "r", &[]).await);
        assert_eq!(history(store, "loss").await, [(1, 0.4), (2, 0.3), (3, 0.2)]);
        assert_eq!(history(store, "none").await, []);
        let window = Some(Window { offset: 1, limit: 1 });
        let middle = metric::history(store.read(), WS, "r", "loss", window)
            .await
            .unwrap();
        assert_eq!((middle.items, middle.more), (vec![point("loss", 0.3, 2)], true));
    })
    .await;
}

#[tokio::test]
async fn the_latest_point_has_the_greatest_step_whatever_comes_last() {
    on_each(async |store| {
        change!(store, |tx| append(
            tx,
            "r",
            &[("loss", 0.2, 3), ("loss", 0.4, 1), ("acc", 0.9, -1)]
        )
        .await);
        change!(store, |tx| append(tx, "r", &[("loss", 0.1, 2), ("acc", 0.5, -2)])
            .await);
        assert_eq!(
            latest(store).await,
            [("acc".into(), -1, 0.9), ("loss".into(), 3, 0.2)]
        );
        // Of the same step and time the greatest value counts.
        change!(store, |tx| append(
            tx,
            "r",
            &[("loss", 0.15, 3), ("loss", 0.25, 3)]
        )
        .await);
        assert_eq!(latest(store).await[1], ("loss".into(), 3, 0.25));
    })
    .await;
}

#[tokio::test]
async fn odd_numbers_come_back() {
    on_each(async |store| {
        let odd = [
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::MIN_POSITIVE,
            5e-324,
            0.1 + 0.2,
            -1e308,
        ];
        change!(store, |tx| {
            for (step, value) in odd.iter().enumerate() {
                append(tx, "r", &[("odd", *value, i64::try_from(step).unwrap())]).await?;
            }
            append(tx, "r", &[("far", 1.0, i64::MAX - NOW), ("far", 1.0, -NOW)]).await
        });
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
async fn a_batch_may_be_large() {
    on_each(async |store| {
        let points: Vec<_> = (0..5000).map(|step| point("loss", 0.5, step)).collect();
        change!(store, |tx| metric::append(tx, WS, "r", &points).await);
        let keys: Vec<_> = (0..1000).map(|i| point(&format!("m{i}"), 1.0, 0)).collect();
        change!(store, |tx| metric::append(tx, WS, "r", &keys).await);
        assert_eq!(history(store, "loss").await.len(), 5000);
        assert_eq!(latest(store).await.len(), 1001);
    })
    .await;
}

#[tokio::test]
async fn many_that_append_at_once_lose_nothing() {
    on_each(async |store| {
        let writers = (0..40_i64).map(|step| {
            store.write::<_, StoreError, _>(move |tx| {
                Box::pin(async move {
                    let mut points = [("loss", 0.5, step), ("acc", 0.5, step), ("shared", 1.0, 0)];
                    if step % 2 == 0 {
                        points.reverse();
                    }
                    append(tx, "r", &points).await
                })
            })
        });
        futures::future::try_join_all(writers).await.unwrap();
        assert_eq!(history(store, "loss").await.len(), 40);
        assert_eq!(history(store, "shared").await.len(), 1);
        let latest = latest(store).await;
        assert_eq!((latest[0].1, latest[1].1), (39, 39), "{latest:?}");
    })
    .await;
}
