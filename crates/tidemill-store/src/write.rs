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
pub(crate) type Answer = Box<dyn FnOnce(Result<(), DbErr>) + Send>;
/// One change in the queue, with its caller's types erased. It gets the group's transaction, or why there is none.
pub(crate) type Change =
    Box<dyn for<'t> FnOnce(Result<&'t DatabaseTransaction, DbErr>) -> Work<'t, Done> + Send>;

/// What is left of a change that has run.
pub(crate) struct Done {
    answer: Answer,
    /// Why the transaction around it is no more, if so. After a full disk, or another error of input or output, SQLite
    /// may have rolled back the whole of it, with every savepoint, by itself.
    group_lost: Option<DbErr>,
}

/// Where changes go.
#[derive(Debug, Clone)]
pub(crate) enum Writer {
    /// SQLite: one queue, one connection.
    Queue(mpsc::Sender<Change>),
    /// PostgreSQL: a transaction each, which are counted.
    Pool(DatabaseConnection, Arc<AtomicU64>),
}

impl Writer {
    pub(crate) fn start(connection: DatabaseConnection, commits: Arc<AtomicU64>) -> Self {
        if connection.get_database_backend() != DbBackend::Sqlite {
            return Self::Pool(connection, commits);
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
                    Done {
                        answer: Box::new(move |_| answer.send(()).unwrap_or(())),
                        group_lost: None,
                    }
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
        self.writer.write(work).await
    }
}

impl Writer {
    /// What [`Store::write`] does.
    pub(crate) async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'t> FnOnce(&'t DatabaseTransaction) -> Work<'t, Result<T, E>> + Send + 'static,
    {
        match self {
            Writer::Pool(pool, commits) => {
                let transaction = pool.begin().await.map_err(StoreError::from)?;
                match work(&transaction).await {
                    Ok(value) => {
                        transaction.commit().await.map_err(StoreError::from)?;
                        commits.fetch_add(1, Ordering::Relaxed);
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
                        let (result, group_lost) = match group {
                            Ok(group) => in_savepoint(group, work).await,
                            Err(error) => (Err(StoreError::from(error).into()), None),
                        };
                        let answer: Answer = Box::new(move |commit| {
                            let result = match (result, commit) {
                                (Ok(_), Err(error)) => Err(StoreError::from(error).into()),
                                (result, _) => result,
                            };
                            // The caller may have left; its change stands all the same.
                            drop(answer.send(result));
                        });
                        Done { answer, group_lost }
                    })
                });
                queue.send(change).await.map_err(|_| StoreError::Stopped)?;
                done.await.map_err(|_| StoreError::Stopped)?
            }
        }
    }
}

/// Runs a change in a savepoint of its group. Says also why the group is lost, if its savepoint was gone at the end.
async fn in_savepoint<T, E, F>(group: &DatabaseTransaction, work: F) -> (Result<T, E>, Option<DbErr>)
where
    E: From<StoreError>,
    F: for<'t> FnOnce(&'t DatabaseTransaction) -> Work<'t, Result<T, E>>,
{
    let savepoint = match group.begin().await {
        Ok(savepoint) => savepoint,
        Err(error) => return (Err(StoreError::from(copy(&error)).into()), Some(error)),
    };
    let done = std::panic::AssertUnwindSafe(work(&savepoint))
        .catch_unwind()
        .await;
    match done.unwrap_or_else(|_| Err(StoreError::Broken.into())) {
        Ok(value) => match savepoint.commit().await {
            Ok(()) => (Ok(value), None),
            Err(error) => (Err(StoreError::from(copy(&error)).into()), Some(error)),
        },
        Err(error) => (Err(error), savepoint.rollback().await.err()),
    }
}

async fn run(connection: DatabaseConnection, mut queue: mpsc::Receiver<Change>, commits: Arc<AtomicU64>) {
    while let Some(first) = queue.recv().await {
        let group = match connection.begin().await {
            Ok(group) => group,
            Err(error) => {
                tracing::error!(%error, "failed to begin a transaction");
                (first(Err(copy(&error))).await.answer)(Err(error));
                start_afresh(&connection).await;
                continue;
            }
        };
        let mut answers = Vec::new();
        let mut group_lost = None;
        let mut next = Some(first);
        while let Some(change) = next {
            let done = change(Ok(&group)).await;
            answers.push(done.answer);
            group_lost = done.group_lost;
            let go_on = group_lost.is_none() && answers.len() < GROUP;
            next = go_on.then(|| queue.try_recv().ok()).flatten();
        }
        let committed = match group_lost {
            None => group.commit().await,
            Some(error) => {
                // What is left of it must not be committed: dropped, it is rolled back if it is still there.
                drop(group);
                Err(DbErr::Custom(format!(
                    "the database undid a change, and all that shared its commit ({error}); try again"
                )))
            }
        };
        if let Err(error) = &committed {
            tracing::error!(%error, changes = answers.len(), "failed to commit");
            start_afresh(&connection).await;
        } else {
            commits.fetch_add(1, Ordering::Relaxed);
        }
        for answer in answers {
            answer(committed.as_ref().copied().map_err(copy));
        }
    }
}

/// The same error for one more of those who shared the transaction.
fn copy(error: &DbErr) -> DbErr {
    DbErr::Custom(error.to_string())
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
