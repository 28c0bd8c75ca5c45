//! Appending: whoever waits shares one row of the tail and one commit. Answers come when it is on disk.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Order, Query};
use tokio::sync::{mpsc, oneshot};

use super::Point;
use super::batch::{self, Batch, SeriesName};
use super::merge;
use super::sample::Sample;
use super::tail::{RunName, Tail};
use crate::write::Writer;
use crate::{DatabaseConnection, Result, Store, StoreError};

/// The most points that share one row, but for a single request that has more.
const ROW: usize = 100_000;
/// From this many points on, the tail moves at once.
const MOVE: usize = 50_000;
/// With this many points in the tail, those who append wait until it has moved: memory stays flat.
const FULL: usize = 400_000;
/// How long a point stays in the tail at most.
const AGE: Duration = Duration::from_secs(15);

struct Append {
    run: RunName,
    points: Vec<Point>,
    answer: oneshot::Sender<Result<()>>,
}

/// The way to append points, and the tail of those that were.
#[derive(Debug)]
pub(crate) struct Points {
    pub(super) tail: Arc<Tail>,
    appends: mpsc::Sender<Append>,
    moves: mpsc::Sender<oneshot::Sender<Result<()>>>,
}

impl Points {
    /// Reads what the last server left in the tail, and begins.
    pub(crate) async fn start(read: &DatabaseConnection, writer: Writer) -> Result<Self> {
        let tail = Arc::<Tail>::default();
        let next_row = load(read, &tail).await?;
        let next_series = merge::next_series(read).await?;
        let (appends, waiting) = mpsc::channel(1024);
        let (moves, wanted) = mpsc::channel(64);
        tokio::spawn(append_all(
            waiting,
            tail.clone(),
            writer.clone(),
            moves.clone(),
            next_row,
        ));
        tokio::spawn(move_all(wanted, tail.clone(), read.clone(), writer, next_series));
        Ok(Self { tail, appends, moves })
    }
}

impl Store {
    /// Adds points to a run. When this returns `Ok`, they are on disk.
    ///
    /// # Errors
    /// When the database cannot take them; then none of them is kept.
    pub async fn append_points(&self, workspace: &str, run_id: &str, points: Vec<Point>) -> Result<()> {
        if points.is_empty() {
            return Ok(());
        }
        let (answer, done) = oneshot::channel();
        let append = Append {
            run: (workspace.to_owned(), run_id.to_owned()),
            points,
            answer,
        };
        let sent = self.points.appends.send(append).await;
        sent.map_err(|_| StoreError::Stopped)?;
        done.await.map_err(|_| StoreError::Stopped)?
    }

    /// Moves all points that were appended so far into their series, where searches see them.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn settle_points(&self) -> Result<()> {
        if self.points.tail.points() == 0 {
            return Ok(());
        }
        settle(&self.points.moves).await
    }
}

async fn settle(moves: &mpsc::Sender<oneshot::Sender<Result<()>>>) -> Result<()> {
    let (answer, done) = oneshot::channel();
    moves.send(answer).await.map_err(|_| StoreError::Stopped)?;
    done.await.map_err(|_| StoreError::Stopped)?
}

/// Fills the tail from disk; gives the number of the next row.
async fn load(read: &DatabaseConnection, tail: &Tail) -> Result<i64> {
    let mut select = Query::select();
    select
        .columns(["seq", "points"])
        .from("metric_tail")
        .order_by("seq", Order::Asc);
    let mut next = 0;
    for row in read.query_all(&select).await? {
        let seq: i64 = row.try_get("", "seq")?;
        let bytes: Vec<u8> = row.try_get("", "points")?;
        let points = batch::decode(&bytes).ok_or(StoreError::Damaged {
            what: format!("row {seq} of metric_tail"),
        })?;
        tail.add(seq, points);
        next = seq + 1;
    }
    Ok(next)
}

async fn append_all(
    mut waiting: mpsc::Receiver<Append>,
    tail: Arc<Tail>,
    writer: Writer,
    moves: mpsc::Sender<oneshot::Sender<Result<()>>>,
    mut row: i64,
) {
    while let Some(first) = waiting.recv().await {
        let mut count = first.points.len();
        let mut group = vec![first];
        while count < ROW
            && let Ok(next) = waiting.try_recv()
        {
            count += next.points.len();
            group.push(next);
        }
        let mut answers = Vec::with_capacity(group.len());
        let points = by_series(group, &mut answers);
        let bytes = batch::encode(&points);
        let written = writer
            .write::<_, StoreError, _>(move |tx| {
                Box::pin(async move {
                    let mut insert = Query::insert();
                    insert
                        .into_table("metric_tail")
                        .columns(["seq", "points"])
                        .values_panic([row.into(), bytes.into()]);
                    tx.execute(&insert).await?;
                    Ok(())
                })
            })
            .await;
        if written.is_ok() {
            tail.add(row, points);
        }
        row += 1;
        let shared = written.map_err(|error| error.to_string());
        for answer in answers {
            let result = shared.clone().map_err(|error| StoreError::Append { error });
            // The caller may have left; its points stand all the same.
            drop(answer.send(result));
        }
        if tail.points() >= FULL {
            // The next ones wait here, and their connections with them.
            if let Err(error) = settle(&moves).await {
                tracing::error!(%error, "failed to move metric points into their series");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        } else if tail.points() >= MOVE {
            let (answer, _) = oneshot::channel();
            // When the queue is full, a move is about to begin anyway.
            drop(moves.try_send(answer));
        }
    }
}

/// Sorts the points of several requests by their series.
fn by_series(group: Vec<Append>, answers: &mut Vec<oneshot::Sender<Result<()>>>) -> Batch {
    let mut batch = Batch::new();
    let mut places: HashMap<SeriesName, usize> = HashMap::new();
    for Append { run, points, answer } in group {
        answers.push(answer);
        let (workspace, run_id) = run;
        let mut last: Option<usize> = None;
        for Point {
            key,
            value,
            timestamp,
            step,
        } in points
        {
            let sample = Sample::new(timestamp, step, value);
            // Most requests repeat one key; they need no look-up.
            if let Some((name, samples)) = last.and_then(|at| batch.get_mut(at))
                && name.key == key
            {
                samples.push(sample);
                continue;
            }
            let name = SeriesName {
                workspace: workspace.clone(),
                run_id: run_id.clone(),
                key,
            };
            let at = *places.entry(name).or_insert_with_key(|name| {
                batch.push((name.clone(), Vec::new()));
                batch.len() - 1
            });
            batch[at].1.push(sample);
            last = Some(at);
        }
    }
    batch
}

async fn move_all(
    mut wanted: mpsc::Receiver<oneshot::Sender<Result<()>>>,
    tail: Arc<Tail>,
    read: DatabaseConnection,
    writer: Writer,
    mut next_series: i64,
) {
    loop {
        let asked = tokio::time::timeout(AGE, wanted.recv()).await;
        let mut answers = match asked {
            Ok(None) => return,
            Ok(Some(answer)) => vec![answer],
            Err(_) => Vec::new(),
        };
        while let Ok(answer) = wanted.try_recv() {
            answers.push(answer);
        }
        let mut moved = Ok(());
        // What a move that failed left comes first; then what has been appended since.
        for _ in 0..1 + usize::from(tail.is_moving()) {
            let Some(generation) = tail.take() else { break };
            moved = merge::merge(&read, &writer, generation, &mut next_series).await;
            if moved.is_err() {
                break;
            }
            tail.moved();
        }
        if let Err(error) = &moved {
            tracing::error!(%error, "failed to move metric points into their series; they stay in the tail");
        }
        let shared = moved.map_err(|error| error.to_string());
        for answer in answers {
            let result = shared.clone().map_err(|error| StoreError::Append { error });
            drop(answer.send(result));
        }
    }
}
