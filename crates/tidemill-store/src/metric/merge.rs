//! Moving points from the tail into their series. A series keeps its youngest points in one stretch, `recent`; when that
//! is full, chunks of it are sealed. What comes late is merged into the sealed chunks that it overlaps.

use std::collections::HashMap;
use std::sync::Arc;

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Order, Query};
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult};

use super::column;
use super::sample::{Sample, settle};
use super::tail::{Generation, RunName};
use crate::write::Writer;
use crate::{DatabaseConnection, Result, StoreError};

/// Points of a sealed chunk.
const CHUNK: usize = 8192;
/// Series that share a transaction, so that others are not kept waiting for long.
const SERIES: usize = 400;
/// Points that share a transaction: while one compresses them, nobody else can write.
const POINTS: usize = 10_000;
/// Rows of one statement.
const ROWS: usize = 200;

/// The number of the next series.
pub(super) async fn next_series(read: &DatabaseConnection) -> Result<i64> {
    let mut select = Query::select();
    select
        .column("series")
        .from("metric_series")
        .order_by("series", Order::Desc)
        .limit(1);
    Ok(match read.query_one(&select).await? {
        Some(row) => row.try_get::<i64>("", "series")? + 1,
        None => 1,
    })
}

/// One run's series that move together.
type Part = (RunName, Vec<(String, Vec<Sample>)>);

/// Moves a generation into its series, and its rows off the tail. A move that broke off can be done again: a point that
/// has arrived is not added twice.
pub(super) async fn merge(writer: &Writer, generation: Arc<Generation>, next: &mut i64) -> Result<()> {
    let (mut series, mut points, mut parts) = (0, 0, Vec::<Part>::new());
    for (run, keys) in &generation.runs {
        let mut part = Vec::new();
        for (key, samples) in keys {
            series += 1;
            points += samples.len();
            part.push((key.clone(), samples.clone()));
            if series >= SERIES || points >= POINTS {
                parts.push((run.clone(), std::mem::take(&mut part)));
                write(writer, std::mem::take(&mut parts), next).await?;
                (series, points) = (0, 0);
            }
        }
        if !part.is_empty() {
            parts.push((run.clone(), part));
        }
    }
    write(writer, parts, next).await?;
    let ranges = ranges(generation.rows.clone());
    writer
        .write::<_, StoreError, _>(move |tx| {
            Box::pin(async move {
                for (first, last) in ranges {
                    let mut delete = Query::delete();
                    delete
                        .from_table("metric_tail")
                        .and_where(Expr::col("seq").between(first, last));
                    tx.execute(&delete).await?;
                }
                Ok(())
            })
        })
        .await
}

/// Numbers as stretches without gaps.
fn ranges(mut rows: Vec<i64>) -> Vec<(i64, i64)> {
    rows.sort_unstable();
    let mut ranges: Vec<(i64, i64)> = Vec::new();
    for row in rows {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == row => *last = row,
            _ => ranges.push((row, row)),
        }
    }
    ranges
}

async fn write(writer: &Writer, parts: Vec<Part>, next: &mut i64) -> Result<()> {
    if parts.is_empty() {
        return Ok(());
    }
    let first = *next;
    *next = writer
        .write::<_, StoreError, _>(move |tx| {
            Box::pin(async move {
                let mut next = first;
                for (run, series) in parts {
                    merge_run(tx, &run, series, &mut next).await?;
                }
                Ok(next)
            })
        })
        .await?;
    Ok(())
}

/// A series as it is stored.
struct Head {
    series: i64,
    latest: Sample,
    sealed: i64,
    recent: Vec<Sample>,
}

async fn merge_run(
    tx: &DatabaseTransaction,
    run: &RunName,
    series: Vec<(String, Vec<Sample>)>,
    next: &mut i64,
) -> Result<()> {
    let (workspace, run_id) = run;
    for series in series.chunks(ROWS) {
        let mut heads = heads(tx, run, series.iter().map(|(key, _)| key.as_str())).await?;
        let mut insert = Query::insert();
        insert
            .into_table("metric_series")
            .columns([
                "workspace",
                "run_id",
                "key",
                "series",
                "timestamp",
                "step",
                "value",
                "is_nan",
                "sealed",
                "recent",
            ])
            .on_conflict(
                OnConflict::columns(["workspace", "run_id", "key"])
                    .update_columns(["timestamp", "step", "value", "is_nan", "sealed", "recent"])
                    .to_owned(),
            );
        for (key, samples) in series {
            // In the order in which they were logged: of two that tie, zero and NaN, the first stays the latest.
            let Some(latest) = latest(samples) else { continue };
            let mut samples = samples.clone();
            settle(&mut samples);
            let old = heads.remove(key).unwrap_or_else(|| {
                *next += 1;
                Head {
                    series: *next - 1,
                    latest,
                    sealed: 0,
                    recent: Vec::new(),
                }
            });
            let head = merge_series(tx, old, samples, latest).await?;
            let (value, is_nan) = head.latest.column();
            insert.values_panic([
                workspace.as_str().into(),
                run_id.as_str().into(),
                key.as_str().into(),
                head.series.into(),
                head.latest.timestamp.into(),
                head.latest.step.into(),
                value.into(),
                is_nan.into(),
                head.sealed.into(),
                column::encode(&head.recent).into(),
            ]);
        }
        tx.execute(&insert).await?;
    }
    Ok(())
}

async fn heads(
    tx: &DatabaseTransaction,
    (workspace, run_id): &RunName,
    keys: impl Iterator<Item = &str>,
) -> Result<HashMap<String, Head>> {
    let mut select = Query::select();
    select
        .columns([
            "key",
            "series",
            "timestamp",
            "step",
            "value",
            "is_nan",
            "sealed",
            "recent",
        ])
        .from("metric_series")
        .and_where(Expr::col("workspace").eq(workspace.as_str()))
        .and_where(Expr::col("run_id").eq(run_id.as_str()))
        .and_where(Expr::col("key").is_in(keys));
    let mut heads = HashMap::new();
    for row in tx.query_all(&select).await? {
        let series = row.try_get("", "series")?;
        let head = Head {
            series,
            latest: latest_of(&row)?,
            sealed: row.try_get("", "sealed")?,
            recent: stretch(&row, "recent", series)?,
        };
        heads.insert(row.try_get("", "key")?, head);
    }
    Ok(heads)
}

/// The latest point in the columns of a series.
pub(super) fn latest_of(row: &QueryResult) -> Result<Sample> {
    let value = super::shown(row.try_get("", "value")?, row.try_get("", "is_nan")?);
    Ok(Sample::new(
        row.try_get("", "timestamp")?,
        row.try_get("", "step")?,
        value,
    ))
}

/// The points in a column of bytes.
pub(super) fn stretch(row: &QueryResult, name: &str, series: i64) -> Result<Vec<Sample>> {
    let bytes: Vec<u8> = row.try_get("", name)?;
    column::decode(&bytes).ok_or_else(|| StoreError::Damaged {
        what: format!("column {name} of metric series {series}"),
    })
}

fn latest(samples: &[Sample]) -> Option<Sample> {
    samples
        .iter()
        .copied()
        .reduce(|a, b| if b.is_after(&a) { b } else { a })
}

/// Adds sorted samples to a series; writes the chunks that it seals, and gives the rest to be written.
async fn merge_series(
    tx: &DatabaseTransaction,
    mut head: Head,
    mut samples: Vec<Sample>,
    latest: Sample,
) -> Result<Head> {
    if latest.is_after(&head.latest) {
        head.latest = latest;
    }
    if head.sealed > 0 {
        let late = merge_late(tx, &mut head, &samples).await?;
        samples.drain(..late);
    }
    head.recent.append(&mut samples);
    settle(&mut head.recent);
    while head.recent.len() >= 2 * CHUNK {
        let rest = head.recent.split_off(CHUNK);
        seal(tx, head.series, &head.recent).await?;
        head.sealed += count(&head.recent);
        head.recent = rest;
    }
    Ok(head)
}

/// Merges what comes before the end of the sealed chunks into them; says how many of the samples those were.
async fn merge_late(tx: &DatabaseTransaction, head: &mut Head, samples: &[Sample]) -> Result<usize> {
    let Some(first) = samples.first() else {
        return Ok(0);
    };
    let mut select = Query::select();
    select
        .columns(["last_timestamp", "last_step", "last_value", "last_nan", "data"])
        .from("metric_chunk")
        .and_where(Expr::col("series").eq(head.series))
        .and_where(
            Expr::tuple(["last_timestamp", "last_step", "last_value"].map(Expr::col)).gte(Expr::tuple([
                first.timestamp.into(),
                first.step.into(),
                first.column().0.into(),
            ])),
        );
    for column in ["last_timestamp", "last_step", "last_value", "last_nan"] {
        select.order_by(column, Order::Asc);
    }
    let mut chunks = Vec::new();
    for row in tx.query_all(&select).await? {
        let chunk = stretch(&row, "data", head.series)?;
        chunks.push(chunk);
    }
    let Some(end) = chunks.last().and_then(|chunk| chunk.last().copied()) else {
        return Ok(0);
    };
    let late = samples.partition_point(|sample| sample.order(&end).is_le());
    let Some(last) = samples[..late].last() else {
        return Ok(0);
    };
    let mut merged = samples[..late].to_vec();
    let mut before = 0;
    for chunk in chunks {
        let (Some(chunk_first), Some(chunk_last)) = (chunk.first(), chunk.last()) else {
            continue;
        };
        if chunk_first.order(last).is_gt() {
            break;
        }
        let mut delete = Query::delete();
        delete
            .from_table("metric_chunk")
            .and_where(Expr::col("series").eq(head.series))
            .and_where(Expr::col("last_timestamp").eq(chunk_last.timestamp))
            .and_where(Expr::col("last_step").eq(chunk_last.step))
            .and_where(Expr::col("last_value").eq(chunk_last.column().0))
            .and_where(Expr::col("last_nan").eq(chunk_last.column().1));
        tx.execute(&delete).await?;
        before += count(&chunk);
        merged.extend(chunk);
    }
    settle(&mut merged);
    head.sealed += count(&merged) - before;
    let pieces = merged.len().div_ceil(CHUNK);
    for piece in merged.chunks(merged.len().div_ceil(pieces)) {
        seal(tx, head.series, piece).await?;
    }
    Ok(late)
}

fn count(samples: &[Sample]) -> i64 {
    i64::try_from(samples.len()).unwrap_or(i64::MAX)
}

async fn seal(tx: &DatabaseTransaction, series: i64, samples: &[Sample]) -> Result<()> {
    let (Some(first), Some(last)) = (samples.first(), samples.last()) else {
        return Ok(());
    };
    let mut insert = Query::insert();
    insert
        .into_table("metric_chunk")
        .columns([
            "series",
            "last_timestamp",
            "last_step",
            "last_value",
            "last_nan",
            "first_timestamp",
            "first_step",
            "first_value",
            "first_nan",
            "points",
            "data",
        ])
        .values_panic([
            series.into(),
            last.timestamp.into(),
            last.step.into(),
            last.column().0.into(),
            last.column().1.into(),
            first.timestamp.into(),
            first.step.into(),
            first.column().0.into(),
            first.column().1.into(),
            count(samples).into(),
            column::encode(samples).into(),
        ]);
    tx.execute(&insert).await?;
    Ok(())
}

/// Removes all points of a run that have moved into their series: settle first.
pub async fn delete_run(db: &impl ConnectionTrait, workspace: &str, run_id: &str) -> Result<()> {
    let of_run = [
        Expr::col("workspace").eq(workspace),
        Expr::col("run_id").eq(run_id),
    ];
    let mut series = Query::select();
    series.column("series").from("metric_series");
    for condition in &of_run {
        series.and_where(condition.clone());
    }
    let mut chunks = Query::delete();
    chunks
        .from_table("metric_chunk")
        .and_where(Expr::col("series").in_subquery(series));
    db.execute(&chunks).await?;
    let mut heads = Query::delete();
    heads.from_table("metric_series");
    for condition in of_run {
        heads.and_where(condition);
    }
    db.execute(&heads).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_stretches() {
        assert_eq!(ranges(vec![5, 1, 2, 3, 7, 8]), [(1, 3), (5, 5), (7, 8)]);
        assert_eq!(ranges(vec![]), []);
    }
}
