//! Fills a fresh database for benches: `seed FILE runs COUNT` makes runs of 10 metrics and 3 tags in experiment 1, of which
//! one in a hundred has `team = 'rare'`; `seed FILE points COUNT` makes one run, `long`, with one metric.

use std::path::Path;

use tidemill_store::metric::Point;
use tidemill_store::{Store, StoreError, StoreOptions, experiment, run, workspace};

const WS: &str = "default";
const NOW: i64 = 1_700_000_000_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().collect();
    let [_, file, what, count] = args.as_slice() else {
        return Err("usage: seed FILE runs|points COUNT".into());
    };
    let store = Store::open(&StoreOptions::sqlite(Path::new(file))).await?;
    store
        .write::<_, StoreError, _>(|tx| {
            Box::pin(async move {
                let row = workspace::Model {
                    name: WS.into(),
                    group_name: "default".into(),
                    display_name: WS.into(),
                    spec: "{}".into(),
                    revision: 1,
                    created_at: NOW,
                    updated_at: NOW,
                };
                workspace::put(tx, row).await?;
                experiment::ensure_default(tx, WS, NOW).await?;
                experiment::ensure(tx, WS, "bench", NOW).await.map(drop)
            })
        })
        .await?;
    let count: i64 = count.parse()?;
    match what.as_str() {
        "runs" => runs(&store, count).await?,
        "points" => points(&store, count).await?,
        _ => return Err("expected `runs` or `points`".into()),
    }
    store.close().await?;
    Ok(())
}

/// Runs that share a transaction.
const GROUP: i64 = 1000;

async fn runs(store: &Store, count: i64) -> Result<(), StoreError> {
    for start in (0..count).step_by(1000) {
        let ids = start..(start + GROUP).min(count);
        let rows = ids.clone();
        store
            .write::<_, StoreError, _>(move |tx| {
                Box::pin(async move {
                    for at in rows {
                        let team = if at % 100 == 7 { "rare" } else { "usual" };
                        let tags = [("team", team), ("phase", "train"), ("host", "node")];
                        let tags = tags.map(|(key, value)| (key.to_owned(), value.to_owned()));
                        run::insert(tx, row(&id(at), at), &tags).await?;
                    }
                    Ok(())
                })
            })
            .await?;
        let appends = ids.map(|at| {
            let points = (0..10).map(|key| Point {
                key: format!("m{key}"),
                value: noise(at * 10 + key),
                timestamp: NOW + at,
                step: 0,
            });
            let (id, points) = (id(at), points.collect());
            async move { store.append_points(WS, &id, points).await }
        });
        futures::future::try_join_all(appends).await?;
    }
    Ok(())
}

/// A number between 0 and 1 that looks random.
#[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
fn noise(at: i64) -> f64 {
    let mixed = at.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 11) as f64 / (1_u64 << 53) as f64
}

/// 32 hex digits in no order, as clients make them.
fn id(at: i64) -> String {
    let mixed = at.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15);
    format!("{mixed:016x}{at:016x}")
}

async fn points(store: &Store, count: i64) -> Result<(), StoreError> {
    store
        .write::<_, StoreError, _>(|tx| {
            Box::pin(async move { run::insert(tx, row("long", 0), &[]).await.map(drop) })
        })
        .await?;
    for start in (0..count).step_by(10_000) {
        let points = (start..(start + 10_000).min(count)).map(|step| Point {
            key: "loss".to_owned(),
            value: noise(step),
            timestamp: NOW + step * 100,
            step,
        });
        store.append_points(WS, "long", points.collect()).await?;
    }
    Ok(())
}

fn row(run_id: &str, age: i64) -> run::Model {
    run::Model {
        workspace: WS.into(),
        run_id: run_id.into(),
        experiment_id: 1,
        name: format!("run {run_id}"),
        user_id: "bench".into(),
        status: "FINISHED".into(),
        start_time: NOW + age,
        end_time: Some(NOW + age + 1000),
        lifecycle_stage: experiment::ACTIVE.into(),
        deleted_at: None,
        artifact_uri: format!("mlflow-artifacts:/1/{run_id}/artifacts"),
        job: None,
    }
}
