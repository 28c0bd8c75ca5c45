//! Moving points from the tail into their series.
//!
//! What a move writes is worked out beside the writer (`series.rs`): compressing takes longer than writing, and nobody else
//! could write meanwhile. The transaction then looks whether the series are still what they were, and only writes.

use std::collections::HashSet;
use std::sync::Arc;

use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query};

use super::sample::Sample;
use super::series::{self, Change};
use super::tail::{Generation, RunName};
use crate::write::Writer;
use crate::{DatabaseConnection, Result, StoreError};

/// Series that share a transaction, so that others are not kept waiting for long.
const SERIES: usize = 400;
/// Points that share a transaction.
const POINTS: usize = 10_000;
/// Series of one statement.
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
pub(super) async fn merge(
    read: &DatabaseConnection,
    writer: &Writer,
    generation: Arc<Generation>,
    next: &mut i64,
) -> Result<()> {
    let (mut series, mut points, mut parts) = (0, 0, Vec::<Part>::new());
    for (run, keys) in &generation.runs {
        let mut part = Vec::new();
        for (key, samples) in keys {
            series += 1;
            points += samples.len();
            part.push((key.clone(), samples.clone()));
            if series >= SERIES || points >= POINTS {
                parts.push((run.clone(), std::mem::take(&mut part)));
                write(read, writer, std::mem::take(&mut parts), next).await?;
                (series, points) = (0, 0);
            }
        }
        if !part.is_empty() {
            parts.push((run.clone(), part));
        }
    }
    write(read, writer, parts, next).await?;
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

async fn write(read: &DatabaseConnection, writer: &Writer, parts: Vec<Part>, next: &mut i64) -> Result<()> {
    if parts.is_empty() {
        return Ok(());
    }
    let first = *next;
    let (changes, after) = changes(read, &parts, first).await?;
    *next = writer
        .write::<_, StoreError, _>(move |tx| {
            Box::pin(async move {
                let alive = alive(tx, &parts).await?;
                let all_live = parts.iter().all(|(run, _)| alive.contains(run));
                if all_live && series::are_as_seen(tx, &changes).await? {
                    series::apply(tx, changes).await?;
                    return Ok(after);
                }
                // Somebody has removed a run since, say: its points have nowhere to go.
                let parts: Vec<Part> = parts.into_iter().filter(|(run, _)| alive.contains(run)).collect();
                let (changes, after) = self::changes(tx, &parts, first).await?;
                series::apply(tx, changes).await?;
                Ok(after)
            })
        })
        .await?;
    Ok(())
}

/// The runs of these parts that are still there. A point may be taken for a run that is purged at that very moment.
async fn alive(db: &impl ConnectionTrait, parts: &[Part]) -> Result<HashSet<RunName>> {
    let mut alive = HashSet::new();
    let workspaces: HashSet<&str> = parts
        .iter()
        .map(|((workspace, _), _)| workspace.as_str())
        .collect();
    for workspace in workspaces {
        let of_workspace = parts.iter().map(|(run, _)| run).filter(|run| run.0 == workspace);
        let mut select = Query::select();
        select
            .column("run_id")
            .from("run")
            .and_where(Expr::col("workspace").eq(workspace))
            .and_where(Expr::col("run_id").is_in(of_workspace.map(|run| run.1.as_str())));
        for row in db.query_all(&select).await? {
            alive.insert((workspace.to_owned(), row.try_get("", "run_id")?));
        }
    }
    Ok(alive)
}

/// What is to be written for these parts, and the number of the next series after it.
async fn changes(db: &impl ConnectionTrait, parts: &[Part], mut next: i64) -> Result<(Vec<Change>, i64)> {
    let mut changes = Vec::new();
    for (run, keys) in parts {
        for keys in keys.chunks(ROWS) {
            changes.push(series::change(db, run, keys, &mut next).await?);
        }
    }
    Ok((changes, next))
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
