//! Metric points of runs, behind three operations: append, history, latest. Nothing else knows how they are laid out.
//!
//! A point is stored once: an exact duplicate is dropped. NaN is kept as a flag; infinities as the greatest numbers.
//! The latest point of a metric is the one with the greatest (step, timestamp, value).

use std::collections::HashMap;

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Order, Query};
use sea_orm::{ConnectionTrait, QueryResult};

use crate::Result;
use crate::search::{Found, Window};

/// One point of a metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// The metric.
    pub key: String,
    /// NaN, infinities and all.
    pub value: f64,
    /// UTC milliseconds.
    pub timestamp: i64,
    /// The step of the training.
    pub step: i64,
}

/// A value as it is kept.
pub(crate) fn stored(value: f64) -> (f64, bool) {
    if value.is_nan() {
        (0.0, true)
    } else if value.is_infinite() {
        (if value > 0.0 { f64::MAX } else { f64::MIN }, false)
    } else {
        (value, false)
    }
}

/// A value as it is shown.
pub(crate) fn shown(value: f64, is_nan: bool) -> f64 {
    if is_nan { f64::NAN } else { value }
}

/// Rows of one statement: SQLite binds 32,766 values at most.
const ROWS: usize = 2000;

/// Adds points to a run and moves its latest ones.
pub async fn append(
    db: &impl ConnectionTrait,
    workspace: &str,
    run_id: &str,
    points: &[Point],
) -> Result<()> {
    if points.is_empty() {
        return Ok(());
    }
    let columns = [
        "workspace",
        "run_id",
        "key",
        "timestamp",
        "step",
        "value",
        "is_nan",
    ];
    for points in points.chunks(ROWS) {
        let mut insert = Query::insert();
        insert
            .into_table("metric")
            .columns(columns)
            .on_conflict(OnConflict::new().do_nothing().to_owned());
        for Point {
            key,
            value,
            timestamp,
            step,
        } in points
        {
            let (value, is_nan) = stored(*value);
            insert.values_panic([
                workspace.into(),
                run_id.into(),
                key.as_str().into(),
                (*timestamp).into(),
                (*step).into(),
                value.into(),
                is_nan.into(),
            ]);
        }
        db.execute(&insert).await?;
    }
    let mut latest: indexmap::IndexMap<&str, (i64, i64, f64, bool)> = indexmap::IndexMap::new();
    for Point {
        key,
        value,
        timestamp,
        step,
    } in points
    {
        let (value, is_nan) = stored(*value);
        let new = (*step, *timestamp, value, is_nan);
        latest
            .entry(key)
            .and_modify(|old| {
                if (new.0, new.1, new.2) > (old.0, old.1, old.2) {
                    *old = new;
                }
            })
            .or_insert(new);
    }
    // In the order of the keys, so that two servers lock rows in the same order.
    latest.sort_unstable_keys();
    let tuple = |table: &'static str| {
        Expr::tuple(["step", "timestamp", "value"].map(|column| Expr::col((table, column))))
    };
    let mut insert = Query::insert();
    insert.into_table("latest_metric").columns(columns).on_conflict(
        OnConflict::columns(["workspace", "run_id", "key"])
            .update_columns(["timestamp", "step", "value", "is_nan"])
            .action_and_where(tuple("excluded").gt(tuple("latest_metric")))
            .to_owned(),
    );
    for (key, (step, timestamp, value, is_nan)) in latest {
        insert.values_panic([
            workspace.into(),
            run_id.into(),
            key.into(),
            timestamp.into(),
            step.into(),
            value.into(),
            is_nan.into(),
        ]);
    }
    db.execute(&insert).await?;
    Ok(())
}

/// The points of one metric of a run, by time, step and value.
pub async fn history(
    db: &impl ConnectionTrait,
    workspace: &str,
    run_id: &str,
    key: &str,
    window: Option<Window>,
) -> Result<Found<Point>> {
    let mut select = Query::select();
    select
        .columns(["key", "timestamp", "step", "value", "is_nan"])
        .from("metric")
        .and_where(Expr::col("workspace").eq(workspace))
        .and_where(Expr::col("run_id").eq(run_id))
        .and_where(Expr::col("key").eq(key));
    for column in ["timestamp", "step", "value"] {
        select.order_by(column, Order::Asc);
    }
    if let Some(window) = window {
        window.apply(&mut select);
    }
    let mut items = db
        .query_all(&select)
        .await?
        .iter()
        .map(point)
        .collect::<Result<Vec<_>>>()?;
    let more = window.is_some_and(|window| window.cut(&mut items));
    Ok(Found { items, more })
}

/// The latest point of each metric of several runs, by key.
pub async fn latest(
    db: &impl ConnectionTrait,
    workspace: &str,
    run_ids: &[String],
) -> Result<HashMap<String, Vec<Point>>> {
    let mut found: HashMap<String, Vec<Point>> = HashMap::new();
    for run_ids in run_ids.chunks(500) {
        let mut select = Query::select();
        select
            .columns(["run_id", "key", "timestamp", "step", "value", "is_nan"])
            .from("latest_metric")
            .and_where(Expr::col("workspace").eq(workspace))
            .and_where(Expr::col("run_id").is_in(run_ids))
            .order_by("key", Order::Asc);
        for row in db.query_all(&select).await? {
            found
                .entry(row.try_get("", "run_id")?)
                .or_default()
                .push(point(&row)?);
        }
    }
    Ok(found)
}

fn point(row: &QueryResult) -> Result<Point> {
    Ok(Point {
        key: row.try_get("", "key")?,
        value: shown(row.try_get("", "value")?, row.try_get("", "is_nan")?),
        timestamp: row.try_get("", "timestamp")?,
        step: row.try_get("", "step")?,
    })
}
