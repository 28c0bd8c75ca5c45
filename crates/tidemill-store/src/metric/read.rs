//! Reading points: the history of a series, and the latest points of runs. The tail is taken first, the database second.

use std::collections::{BTreeMap, HashMap};

use sea_orm::sea_query::{Expr, ExprTrait, Order, Query};
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, IsolationLevel, TransactionTrait};

use super::Point;
use super::sample::{Sample, settle};
use super::series::{latest_of, stretch};
use crate::search::{Found, Window};
use crate::{Result, Store};

/// Where a sealed chunk lies.
#[derive(FromQueryResult)]
struct Place {
    last_timestamp: i64,
    last_step: i64,
    last_value: f64,
    last_nan: bool,
    points: i64,
}

impl Store {
    /// The points of one metric of a run, by time, step and value.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn metric_history(
        &self,
        workspace: &str,
        run_id: &str,
        key: &str,
        window: Option<Window>,
    ) -> Result<Found<Point>> {
        let run = (workspace.to_owned(), run_id.to_owned());
        let tail = self.points.tail.series(&run, key);
        let (samples, more) = self.samples(&run, key, tail, window).await?;
        let items = samples.into_iter().map(|sample| point(key, sample)).collect();
        Ok(Found { items, more })
    }

    /// All points of one metric of a run, without its name: for whoever reduces them.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn metric_samples(&self, workspace: &str, run_id: &str, key: &str) -> Result<Vec<Sample>> {
        let run = (workspace.to_owned(), run_id.to_owned());
        let tail = self.points.tail.series(&run, key);
        Ok(self.samples(&run, key, tail, None).await?.0)
    }

    async fn samples(
        &self,
        (workspace, run_id): &(String, String),
        key: &str,
        tail: Vec<Sample>,
        window: Option<Window>,
    ) -> Result<(Vec<Sample>, bool)> {
        let mut select = Query::select();
        select
            .columns(["series", "sealed", "recent"])
            .from("metric_series")
            .and_where(Expr::col("workspace").eq(workspace.as_str()))
            .and_where(Expr::col("run_id").eq(run_id.as_str()))
            .and_where(Expr::col("key").eq(key));
        // Head and chunks are read at one moment: chunks may be sealed between two statements.
        let level = match self.backend() {
            DbBackend::Postgres => Some(IsolationLevel::RepeatableRead),
            _ => None,
        };
        let read = self.read().begin_with_config(level, None).await?;
        let mut samples = Vec::new();
        let mut skipped = 0;
        let mut enough = false;
        if let Some(row) = read.query_one(&select).await? {
            let series: i64 = row.try_get("", "series")?;
            if row.try_get::<i64>("", "sealed")? > 0 {
                // Points of the tail may come between those of any chunk: then all of them are needed.
                let part = window.filter(|_| tail.is_empty());
                (skipped, enough) = chunks(&read, series, part, &mut samples).await?;
            }
            if !enough {
                samples.extend(stretch(&row, "recent", series)?);
            }
        }
        read.commit().await?;
        samples.extend(tail);
        settle(&mut samples);
        let Some(window) = window else {
            return Ok((samples, false));
        };
        let start = usize::try_from(window.offset - skipped).unwrap_or(usize::MAX);
        samples.drain(..start.min(samples.len()));
        let more = window.cut(&mut samples) || enough;
        Ok((samples, more))
    }

    /// The latest point of each metric of several runs, by key.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn latest_metrics(
        &self,
        workspace: &str,
        run_ids: &[String],
    ) -> Result<HashMap<String, Vec<Point>>> {
        let mut found: HashMap<String, BTreeMap<String, Sample>> = HashMap::new();
        for run_id in run_ids {
            let tail = self.points.tail.latest(&(workspace.to_owned(), run_id.clone()));
            if !tail.is_empty() {
                found.insert(run_id.clone(), tail);
            }
        }
        for run_ids in run_ids.chunks(500) {
            let mut select = Query::select();
            select
                .columns(["run_id", "key", "timestamp", "step", "value", "is_nan"])
                .from("metric_series")
                .and_where(Expr::col("workspace").eq(workspace))
                .and_where(Expr::col("run_id").is_in(run_ids));
            for row in self.read().query_all(&select).await? {
                let sample = latest_of(&row)?;
                found
                    .entry(row.try_get("", "run_id")?)
                    .or_default()
                    .entry(row.try_get("", "key")?)
                    .and_modify(|tail| {
                        // Of two that tie, the one that was logged first.
                        if !tail.is_after(&sample) {
                            *tail = sample;
                        }
                    })
                    .or_insert(sample);
            }
        }
        let points = |series: BTreeMap<String, Sample>| {
            let points = series.into_iter().map(|(key, sample)| point(&key, sample));
            points.collect()
        };
        Ok(found
            .into_iter()
            .map(|(run_id, series)| (run_id, points(series)))
            .collect())
    }
}

/// Reads the sealed chunks that a window needs. Gives how many points of it lie in chunks that were left out at the
/// front, and whether what was read is enough and more follows.
async fn chunks(
    read: &impl ConnectionTrait,
    series: i64,
    window: Option<Window>,
    samples: &mut Vec<Sample>,
) -> Result<(u64, bool)> {
    let mut select = Query::select();
    select
        .columns(["last_timestamp", "last_step", "last_value", "last_nan", "points"])
        .from("metric_chunk")
        .and_where(Expr::col("series").eq(series));
    for column in ["last_timestamp", "last_step", "last_value", "last_nan"] {
        select.order_by(column, Order::Asc);
    }
    let Some(window) = window else {
        select.column("data");
        for row in read.query_all(&select).await? {
            samples.extend(stretch(&row, "data", series)?);
        }
        return Ok((0, false));
    };
    let (mut skipped, mut at) = (0, 0);
    let end = window.offset.saturating_add(window.limit);
    for row in read.query_all(&select).await? {
        let place = Place::from_query_result(&row, "")?;
        let points = u64::try_from(place.points).unwrap_or(0);
        at += points;
        if at <= window.offset {
            skipped = at;
            continue;
        }
        samples.extend(one(read, series, &place).await?);
        if at > end {
            return Ok((skipped, true));
        }
    }
    Ok((skipped, false))
}

async fn one(read: &impl ConnectionTrait, series: i64, place: &Place) -> Result<Vec<Sample>> {
    let mut select = Query::select();
    select
        .column("data")
        .from("metric_chunk")
        .and_where(Expr::col("series").eq(series))
        .and_where(Expr::col("last_timestamp").eq(place.last_timestamp))
        .and_where(Expr::col("last_step").eq(place.last_step))
        .and_where(Expr::col("last_value").eq(place.last_value))
        .and_where(Expr::col("last_nan").eq(place.last_nan));
    match read.query_one(&select).await? {
        Some(row) => stretch(&row, "data", series),
        None => Ok(Vec::new()),
    }
}

fn point(key: &str, sample: Sample) -> Point {
    Point {
        key: key.to_owned(),
        value: sample.value,
        timestamp: sample.timestamp,
        step: sample.step,
    }
}
