//! The writer: takes the changes that wait, runs each in a savepoint, and commits the group with one sync.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::FutureExt;
use sea_orm::{DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, TransactionTrait};
use tokio::sync::{mpsc, oneshot};

use crate::{Store, StoreError};

/// The most changes that share one commit.
const GROUP: usize = 128;

/// A future that a change returns, bound to its transaction.
pub type Work<'t, T> = Pin<Box<dyn Future<Output = T> + Send + 't>>;
/// Tells a waiting caller how its commit went.
type Answer = Box<dyn FnOnce(Result<(), DbErr>) + Send>;
/// One change in the queue, with its caller's types erased.
type Change = Box<dyn for<'t> FnOnce(&'t DatabaseTransaction) -> Work<'t, Answer> + Send>;

/// Where changes go.
#[derive(Debug, Clone)]
pub(crate) enum Writer {
    /// SQLite: one queue, one connection.
    Queue(mpsc::Sender<Change>),
    /// PostgreSQL: a transaction each.
    Pool(DatabaseConnection),
}

impl Writer {
    pub(crate) fn start(connection: DatabaseConnection, commits: Arc<AtomicU64>) -> Self {
        if connection.get_database_backend() != DbBackend::Sqlite {
            return Self::Pool(connection);
        }
        let (sender, receiver) = mpsc::channel(1024);
        tokio::spawn(run(connection, receiver, commits));
        Self::Queue(sender)
    }

    /// Waits until what was queued is committed.
    pub(crate) async fn stop(self) {
        if let Self::Queue(sender) = self {
            let (answer, done) = oneshot::channel();
            let last: Change = Box::new(move |_| {
                Box::pin(async move {
                    let answer: Answer = Box::new(move |_| answer.send(()).unwrap_or(()));
                    answer
                })
            });
            if sender.send(last).await.is_ok() {
                // A writer that has gone has nothing left to commit.
                done.await.ok();
            }
        }
    }
}

impl Store {
    /// Runs a change in a transaction. When this returns `Ok`, the change is on disk; when it returns `Err`, nothing
    /// of it is.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'t> FnOnce(&'t DatabaseTransaction) -> Work<'t, Result<T, E>> + Send + 'static,
    {
        match &self.writer {
            Writer::Pool(pool) => {
                let transaction = pool.begin().await.map_err(StoreError::from)?;
                match work(&transaction).await {
                    Ok(value) => {
                        transaction.commit().await.map_err(StoreError::from)?;
                        self.commits.fetch_add(1, Ordering::Relaxed);
                        Ok(value)
                    }
                    Err(error) => {
                        transaction.rollback().await.map_err(StoreError::from)?;
                        Err(error)
                    }
                }
            }
            Writer::Queue(queue) => {
                let (answer, done) = oneshot::channel();
                let change: Change = Box::new(move |group| {
                    Box::pin(async move {
                        let result = in_savepoint(group, work).await;
                        let reply: Answer = Box::new(move |commit| {
                            let result = match commit {
                                Ok(()) => result,
                                Err(error) => Err(StoreError::from(error).into()),
                            };
                            // The caller may have left; its change stands all the same.
                            drop(answer.send(result));
                        });
                        reply
                    })
                });
                queue.send(change).await.map_err(|_| StoreError::Stopped)?;
                done.await.map_err(|_| StoreError::Stopped)?
            }
        }
    }
}

async fn in_savepoint<T, E, F>(group: &DatabaseTransaction, work: F) -> Result<T, E>
where
    E: From<StoreError>,
    F: for<'t> FnOnce(&'t DatabaseTransaction) -> Work<'t, Result<T, E>>,
{
    let savepoint = group.begin().await.map_err(StoreError::from)?;
    let done = std::panic::AssertUnwindSafe(work(&savepoint))
        .catch_unwind()
        .await;
    let done = done.unwrap_or_else(|_| Err(StoreError::Broken.into()));
    match done {
        Ok(value) => {
            savepoint.commit().await.map_err(StoreError::from)?;
            Ok(value)
        }
        Err(error) => {
            savepoint.rollback().await.map_err(StoreError::from)?;
            Err(error)
        }
    }
}

async fn run(connection: DatabaseConnection, mut queue: mpsc::Receiver<Change>, commits: Arc<AtomicU64>) {
    while let Some(first) = queue.recv().await {
        let group = match connection.begin().await {
            Ok(group) => group,
            Err(error) => {
                // The caller sees `Stopped`; the log says why.
                tracing::error!(%error, "failed to begin a transaction");
                continue;
            }
        };
        let mut answers = vec![first(&group).await];
        while answers.len() < GROUP {
            let Ok(next) = queue.try_recv() else { break };
            answers.push(next(&group).await);
        }
        let committed = group.commit().await;
        commits.fetch_add(1, Ordering::Relaxed);
        if let Err(error) = &committed {
            tracing::error!(%error, changes = answers.len(), "failed to commit");
            start_afresh(&connection).await;
        }
        for answer in answers {
            answer(match &committed {
                Ok(()) => Ok(()),
                Err(error) => Err(DbErr::Custom(error.to_string())),
            });
        }
    }
}

/// Closes the connection, so that the next change gets a new one. After a commit that failed (a full disk), SQLite and
/// its driver may disagree on how many transactions are open: what came next would be acknowledged inside of one that
/// nobody ever commits.
async fn start_afresh(connection: &DatabaseConnection) {
    let closed = match connection.get_sqlite_connection_pool().acquire().await {
        Ok(old) => old.close().await,
        Err(error) => Err(error),
    };
    if let Err(error) = closed {
        tracing::error!(%error, "failed to close the connection of a failed commit");
    }
}
