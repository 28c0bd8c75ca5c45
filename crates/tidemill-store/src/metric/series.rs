//! How a series is stored, and what points that arrive change of it. A series keeps its youngest points in one stretch,
//! `recent`; when that is full, chunks of it are sealed. What comes late is merged into the sealed chunks that it overlaps.

use std::collections::HashMap;

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Order, Query, SelectStatement};
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult};

use super::column;
use super::sample::{Sample, settle};
use super::tail::RunName;
use crate::{Result, StoreError};

/// Points of a sealed chunk.
const CHUNK: usize = 8192;
/// The columns by which chunks are found: their last point.
const LAST: [&str; 4] = ["last_timestamp", "last_step", "last_value", "last_nan"];

/// What is to be written for some series of one run.
pub(super) struct Change {
    run: RunName,
    series: Vec<SeriesChange>,
}

struct SeriesChange {
    key: String,
    /// The series as it was seen; `None` where it was not there.
    seen: Option<Stored>,
    series: i64,
    latest: Sample,
    sealed: i64,
    recent: Vec<u8>,
    /// Chunks that go, by their last point, and those that come.
    removed: Vec<Sample>,
    added: Vec<Sealed>,
}

/// The row of a series.
struct Stored {
    series: i64,
    latest: Sample,
    sealed: i64,
    recent: Vec<u8>,
}

/// A chunk to be.
struct Sealed {
    first: Sample,
    last: Sample,
    points: i64,
    data: Vec<u8>,
}

/// Points of a series that arrive, and what of it they touch.
struct Arrival {
    key: String,
    seen: Option<Stored>,
    series: i64,
    latest: Sample,
    samples: Vec<Sample>,
    /// How many of the samples lie before the end of the sealed chunks.
    late: usize,
    /// The chunks that those overlap, compressed.
    chunks: Vec<Vec<u8>>,
}

/// What these points change. Nothing is written yet.
pub(super) async fn change(
    db: &impl ConnectionTrait,
    run: &RunName,
    keys: &[(String, Vec<Sample>)],
    next: &mut i64,
) -> Result<Change> {
    let mut stored = stored(db, run, keys.iter().map(|(key, _)| key.as_str())).await?;
    let mut arrivals = Vec::with_capacity(keys.len());
    for (key, samples) in keys {
        // In the order in which they were logged: of two that tie, zero and NaN, the first stays the latest.
        let Some(mut latest) = latest(samples) else {
            continue;
        };
        let mut samples = samples.clone();
        settle(&mut samples);
        let seen = stored.remove(key);
        let series = match &seen {
            Some(seen) => seen.series,
            None => {
                *next += 1;
                *next - 1
            }
        };
        let (mut late, mut chunks) = (0, Vec::new());
        if let Some(seen) = &seen {
            if !latest.is_after(&seen.latest) {
                latest = seen.latest;
            }
            if seen.sealed > 0 {
                (late, chunks) = overlapped(db, series, &samples).await?;
            }
        }
        arrivals.push(Arrival {
            key: key.clone(),
            seen,
            series,
            latest,
            samples,
            late,
            chunks,
        });
    }
    // Milliseconds of work: not on a thread that answers requests.
    let series = tokio::task::spawn_blocking(move || {
        arrivals
            .into_iter()
            .map(Arrival::merge)
            .collect::<Result<Vec<_>>>()
    });
    Ok(Change {
        run: run.clone(),
        series: series.await.map_err(|_| StoreError::Broken)??,
    })
}

impl Arrival {
    fn merge(self) -> Result<SeriesChange> {
        let Self {
            key,
            seen,
            series,
            latest,
            mut samples,
            late,
            chunks,
        } = self;
        let mut sealed = seen.as_ref().map_or(0, |seen| seen.sealed);
        let (mut removed, mut added) = (Vec::new(), Vec::new());
        if late > 0 {
            let mut merged: Vec<Sample> = samples.drain(..late).collect();
            for chunk in chunks {
                let chunk = decoded(&chunk, "data", series)?;
                removed.extend(chunk.last().copied());
                sealed -= count(&chunk);
                merged.extend(chunk);
            }
            settle(&mut merged);
            sealed += count(&merged);
            let pieces = merged.len().div_ceil(CHUNK);
            added.extend(
                merged
                    .chunks(merged.len().div_ceil(pieces))
                    .filter_map(Sealed::new),
            );
        }
        let mut recent = match &seen {
            Some(seen) => decoded(&seen.recent, "recent", series)?,
            None => Vec::new(),
        };
        recent.append(&mut samples);
        settle(&mut recent);
        let mut rest = recent.as_slice();
        while rest.len() >= 2 * CHUNK {
            let full;
            (full, rest) = rest.split_at(CHUNK);
            added.extend(Sealed::new(full));
            sealed += count(full);
        }
        Ok(SeriesChange {
            key,
            seen,
            series,
            latest,
            sealed,
            recent: column::encode(rest),
            removed,
            added,
        })
    }
}

impl Sealed {
    fn new(samples: &[Sample]) -> Option<Self> {
        Some(Self {
            first: *samples.first()?,
            last: *samples.last()?,
            points: count(samples),
            data: column::encode(samples),
        })
    }
}

/// Whether all series are what they were when the changes were worked out.
pub(super) async fn are_as_seen(db: &impl ConnectionTrait, changes: &[Change]) -> Result<bool> {
    for Change { run, series } in changes {
        let found = stored(db, run, series.iter().map(|series| series.key.as_str())).await?;
        let same = series
            .iter()
            .all(|change| match (&change.seen, found.get(&change.key)) {
                (None, None) => true,
                (Some(seen), Some(found)) => {
                    (seen.series, seen.sealed) == (found.series, found.sealed) && seen.recent == found.recent
                }
                _ => false,
            });
        if !same {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Writes what was worked out.
pub(super) async fn apply(tx: &DatabaseTransaction, changes: Vec<Change>) -> Result<()> {
    for Change { run, series } in changes {
        if series.is_empty() {
            continue;
        }
        let (workspace, run_id) = run;
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
        for change in series {
            for last in &change.removed {
                remove(tx, change.series, last).await?;
            }
            for sealed in change.added {
                seal(tx, change.series, sealed).await?;
            }
            let (value, is_nan) = change.latest.column();
            insert.values_panic([
                workspace.as_str().into(),
                run_id.as_str().into(),
                change.key.into(),
                change.series.into(),
                change.latest.timestamp.into(),
                change.latest.step.into(),
                value.into(),
                is_nan.into(),
                change.sealed.into(),
                change.recent.into(),
            ]);
        }
        tx.execute(&insert).await?;
    }
    Ok(())
}

async fn stored(
    db: &impl ConnectionTrait,
    (workspace, run_id): &RunName,
    keys: impl Iterator<Item = &str>,
) -> Result<HashMap<String, Stored>> {
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
    let mut found = HashMap::new();
    for row in db.query_all(&select).await? {
        let stored = Stored {
            series: row.try_get("", "series")?,
            latest: latest_of(&row)?,
            sealed: row.try_get("", "sealed")?,
            recent: row.try_get("", "recent")?,
        };
        found.insert(row.try_get("", "key")?, stored);
    }
    Ok(found)
}

/// How many of the sorted samples come before the end of the sealed chunks, and the chunks that they are merged into: those
/// that they overlap, and one before them that has room.
async fn overlapped(
    db: &impl ConnectionTrait,
    series: i64,
    samples: &[Sample],
) -> Result<(usize, Vec<Vec<u8>>)> {
    let mut select = chunks(series, &LAST);
    select.limit(1);
    for column in LAST {
        select.order_by(column, Order::Desc);
    }
    let Some(row) = db.query_one(&select).await? else {
        return Ok((0, Vec::new()));
    };
    let end = last_of(&row)?;
    let late = samples.partition_point(|sample| sample.order(&end).is_le());
    let (Some(first), Some(last)) = (samples.first(), samples[..late].last()) else {
        return Ok((0, Vec::new()));
    };
    let mut found = Vec::new();
    let before = Expr::tuple(LAST[..3].iter().copied().map(Expr::col)).lt(key(first));
    let mut select = chunks(series, &["points", "data"]);
    select.and_where(before).limit(1);
    for column in LAST {
        select.order_by(column, Order::Desc);
    }
    if let Some(row) = db.query_one(&select).await? {
        let points: i64 = row.try_get("", "points")?;
        if usize::try_from(points).unwrap_or(CHUNK) + late <= CHUNK {
            found.push(row.try_get("", "data")?);
        }
    }
    let ends_later = Expr::tuple(LAST[..3].iter().copied().map(Expr::col)).gte(key(first));
    let starts_before =
        Expr::tuple(["first_timestamp", "first_step", "first_value"].map(Expr::col)).lte(key(last));
    let mut select = chunks(series, &["data"]);
    select.and_where(ends_later).and_where(starts_before);
    for column in LAST {
        select.order_by(column, Order::Asc);
    }
    for row in db.query_all(&select).await? {
        found.push(row.try_get("", "data")?);
    }
    Ok((late, found))
}

fn chunks(series: i64, columns: &[&'static str]) -> SelectStatement {
    let mut select = Query::select();
    select
        .columns(columns.iter().copied())
        .from("metric_chunk")
        .and_where(Expr::col("series").eq(series));
    select
}

fn key(sample: &Sample) -> Expr {
    Expr::tuple([
        sample.timestamp.into(),
        sample.step.into(),
        sample.column().0.into(),
    ])
}

fn last_of(row: &QueryResult) -> Result<Sample> {
    let value = super::shown(row.try_get("", "last_value")?, row.try_get("", "last_nan")?);
    Ok(Sample::new(
        row.try_get("", "last_timestamp")?,
        row.try_get("", "last_step")?,
        value,
    ))
}

async fn remove(tx: &DatabaseTransaction, series: i64, last: &Sample) -> Result<()> {
    let (value, is_nan) = last.column();
    let mut delete = Query::delete();
    delete
        .from_table("metric_chunk")
        .and_where(Expr::col("series").eq(series))
        .and_where(Expr::col("last_timestamp").eq(last.timestamp))
        .and_where(Expr::col("last_step").eq(last.step))
        .and_where(Expr::col("last_value").eq(value))
        .and_where(Expr::col("last_nan").eq(is_nan));
    tx.execute(&delete).await?;
    Ok(())
}

async fn seal(tx: &DatabaseTransaction, series: i64, sealed: Sealed) -> Result<()> {
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
            sealed.last.timestamp.into(),
            sealed.last.step.into(),
            sealed.last.column().0.into(),
            sealed.last.column().1.into(),
            sealed.first.timestamp.into(),
            sealed.first.step.into(),
            sealed.first.column().0.into(),
            sealed.first.column().1.into(),
            sealed.points.into(),
            sealed.data.into(),
        ]);
    tx.execute(&insert).await?;
    Ok(())
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
    decoded(&bytes, name, series)
}

fn decoded(bytes: &[u8], name: &str, series: i64) -> Result<Vec<Sample>> {
    column::decode(bytes).ok_or_else(|| StoreError::Damaged {
        what: format!("column {name} of metric series {series}"),
    })
}

fn latest(samples: &[Sample]) -> Option<Sample> {
    samples
        .iter()
        .copied()
        .reduce(|a, b| if b.is_after(&a) { b } else { a })
}

fn count(samples: &[Sample]) -> i64 {
    i64::try_from(samples.len()).unwrap_or(i64::MAX)
}
