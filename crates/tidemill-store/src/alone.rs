//! One server a database: a lock that PostgreSQL takes away when the session of its holder ends, however it ends.
//!
//! SQLite needs none here: its file lies in a data folder, and a server locks that.

use std::time::Duration;

use sea_orm::sqlx::postgres::PgConnection;
use sea_orm::sqlx::{self, Connection};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::{DbErr, Result, StoreError};

/// The number of the lock, in a database of its own numbers.
const LOCK: i64 = 7_421_908;
/// How long to wait for the session of a server that was killed to end.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often the session that holds the lock is looked at.
const LOOK: Duration = Duration::from_secs(5);

/// A session that holds the lock.
struct Session {
    connection: PgConnection,
    pid: i32,
}

/// A session of somebody that holds the lock.
struct Holder {
    /// `None` when it has ended meanwhile.
    pid: Option<i32>,
    from: String,
}

impl Holder {
    fn told(&self) -> String {
        match self.pid {
            Some(pid) => format!("session {pid} from {}", self.from),
            None => "a session that has just ended".to_owned(),
        }
    }
}

/// The right to be the only server of a database; it lasts as long as this value.
#[derive(Debug)]
pub struct Alone {
    lost: watch::Receiver<bool>,
    keeper: Option<JoinHandle<()>>,
}

impl Alone {
    /// Takes the right to be the only server of the database at `url`.
    ///
    /// # Errors
    /// [`StoreError::Shared`] when another server has it.
    pub async fn take(url: &str) -> Result<Self> {
        let (tell, lost) = watch::channel(false);
        if !url.starts_with("postgres") {
            return Ok(Self { lost, keeper: None });
        }
        let until = tokio::time::Instant::now() + PATIENCE;
        let session = loop {
            match lock(url, None).await? {
                Ok(session) => break session,
                Err(holder) if tokio::time::Instant::now() >= until => {
                    return Err(StoreError::Shared {
                        holder: holder.told(),
                    });
                }
                Err(_) => tokio::time::sleep(PATIENCE / 20).await,
            }
        };
        let keeper = tokio::spawn(keep(url.to_owned(), session, tell));
        Ok(Self {
            lost,
            keeper: Some(keeper),
        })
    }

    /// Comes back when another server has taken the database, which happens only after it was away.
    pub async fn lost(&self) {
        let mut lost = self.lost.clone();
        if lost.wait_for(|lost| *lost).await.is_err() {
            std::future::pending().await
        }
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        if let Some(keeper) = &self.keeper {
            keeper.abort();
        }
    }
}

/// Holds the session, and takes the lock again when the database was away.
async fn keep(url: String, mut session: Session, tell: watch::Sender<bool>) {
    loop {
        tokio::time::sleep(LOOK).await;
        if session.connection.ping().await.is_ok() {
            continue;
        }
        match lock(&url, Some(session.pid)).await {
            Ok(Ok(again)) => session = again,
            // The database has not noticed yet that the old session is broken.
            Ok(Err(holder)) if holder.pid.is_none_or(|pid| pid == session.pid) => {}
            Ok(Err(holder)) => {
                tracing::error!(holder = holder.told(), "another server has taken the database");
                tell.send_replace(true);
                return;
            }
            Err(error) => tracing::warn!(%error, "the database is away"),
        }
    }
}

/// A session that holds the lock, or who holds it. A session of one's own that is broken is ended.
async fn lock(url: &str, broken: Option<i32>) -> Result<Result<Session, Holder>> {
    let failed =
        |error: sqlx::Error| StoreError::Database(DbErr::Conn(sea_orm::RuntimeErr::SqlxError(error.into())));
    let mut connection = PgConnection::connect(url).await.map_err(failed)?;
    let (taken, pid): (bool, i32) = sqlx::query_as("SELECT pg_try_advisory_lock($1), pg_backend_pid()")
        .bind(LOCK)
        .fetch_one(&mut connection)
        .await
        .map_err(failed)?;
    if taken {
        return Ok(Ok(Session { connection, pid }));
    }
    // A lock of one 64-bit number is listed as its two halves.
    let who: Option<(i32, String)> = sqlx::query_as(
        "SELECT a.pid, COALESCE(host(a.client_addr), 'this machine') FROM pg_locks l JOIN pg_stat_activity a \
         ON a.pid = l.pid WHERE l.locktype = 'advisory' AND l.granted AND l.objid = $1::bigint::oid \
         AND l.objsubid = 1 AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())",
    )
    .bind(LOCK)
    .fetch_optional(&mut connection)
    .await
    .map_err(failed)?;
    if let (Some(broken), Some((holder, _))) = (broken, &who)
        && broken == *holder
    {
        sqlx::query("SELECT pg_terminate_backend($1)")
            .bind(broken)
            .execute(&mut connection)
            .await
            .map_err(failed)?;
    }
    let (pid, from) = who.map_or((None, String::new()), |(pid, from)| (Some(pid), from));
    Ok(Err(Holder { pid, from }))
}
