//! Opening the database: SQLite with WAL and full syncs, or PostgreSQL.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbBackend};

use crate::metric::Points;
use crate::{Result, StoreError, checkpoint, migrate, write::Writer};

/// How long one waits for another that writes to the same SQLite file.
const BUSY: Duration = Duration::from_secs(10);

/// How to open a store.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// `sqlite:PATH`, `sqlite::memory:` is refused, or `postgresql://…`.
    pub url: String,
    /// Connections for reading (SQLite), or in all (PostgreSQL).
    pub connections: u32,
}

impl StoreOptions {
    /// SQLite in one file, made when it is not there.
    pub fn sqlite(path: &Path) -> Self {
        Self {
            url: format!("sqlite:{}", path.display()),
            connections: 4,
        }
    }
}

/// The open database.
#[derive(Debug, Clone)]
pub struct Store {
    read: DatabaseConnection,
    pub(crate) writer: Writer,
    pub(crate) commits: Arc<AtomicU64>,
    pub(crate) points: Arc<Points>,
}

impl Store {
    /// Opens the database and brings its schema up to date.
    ///
    /// # Errors
    /// When it cannot be reached, or was made by a newer program.
    pub async fn open(options: &StoreOptions) -> Result<Self> {
        let backend = backend_of(&options.url)?;
        let (read, write) = match backend {
            DbBackend::Sqlite => {
                let write = connect_first(&options.url).await?;
                migrate::up(&write).await?;
                let read = Database::connect(sqlite(&options.url, options.connections, Role::Reader)).await?;
                (read, write)
            }
            _ => {
                let pool = Database::connect(postgres(&options.url, options.connections.max(8))).await?;
                migrate::up(&pool).await?;
                (pool.clone(), pool)
            }
        };
        let commits = Arc::<AtomicU64>::default();
        if backend == DbBackend::Sqlite {
            tokio::spawn(checkpoint::move_log(read.clone(), Arc::downgrade(&commits)));
        }
        let writer = Writer::start(write, commits.clone());
        let points = Points::start(&read, writer.clone()).await?;
        Ok(Self {
            read,
            writer,
            commits,
            points: Arc::new(points),
        })
    }

    /// The connection for queries that change nothing.
    pub fn read(&self) -> &DatabaseConnection {
        &self.read
    }

    /// How many transactions this process has committed; on SQLite each is one sync of the disk.
    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Which database this is.
    pub fn backend(&self) -> DbBackend {
        self.read.get_database_backend()
    }

    /// Waits for what is being written, then closes.
    pub async fn close(self) -> Result<()> {
        if let Err(error) = self.settle_points().await {
            tracing::warn!(%error, "metric points stay in the tail until the next start");
        }
        self.writer.stop().await;
        Ok(self.read.close().await?)
    }
}

/// One connection that changes no schema.
pub(crate) async fn connect_as_it_is(url: &str) -> Result<DatabaseConnection> {
    Ok(Database::connect(as_it_is(url)?).await?)
}

/// How to open one connection that changes no schema. A SQLite file that is not there is not made.
pub(crate) fn as_it_is(url: &str) -> Result<ConnectOptions> {
    if backend_of(url)? == DbBackend::Postgres {
        let mut options = ConnectOptions::new(url);
        options.max_connections(1).sqlx_logging(false);
        return Ok(options);
    }
    let mut options = sqlite(url, 1, Role::Reader);
    let path = url
        .trim_start_matches("sqlite:")
        .trim_start_matches("//")
        .to_owned();
    options.map_sqlx_sqlite_opts(move |sqlx| {
        sqlx.filename(&path)
            .create_if_missing(false)
            .busy_timeout(std::time::Duration::from_secs(30))
    });
    Ok(options)
}

fn backend_of(url: &str) -> Result<DbBackend> {
    if url.starts_with("sqlite:") && !url.contains(":memory:") {
        Ok(DbBackend::Sqlite)
    } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
        Ok(DbBackend::Postgres)
    } else {
        let shown = url.split_once('@').map_or(url, |(_, host)| host);
        Err(StoreError::Url {
            url: shown.to_owned(),
        })
    }
}

/// The connection that changes things. Of several that open a fresh file at once, all but one find it locked while it
/// is made a write-ahead log: SQLite answers that at once, whatever the busy timeout.
async fn connect_first(url: &str) -> Result<DatabaseConnection> {
    let start = Instant::now();
    loop {
        match Database::connect(sqlite(url, 1, Role::Writer)).await {
            Err(error) if start.elapsed() < BUSY && error.to_string().contains("database is locked") => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            connected => return Ok(connected?),
        }
    }
}

/// What a connection to a SQLite file is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Reader,
    Writer,
}

fn sqlite(url: &str, connections: u32, role: Role) -> ConnectOptions {
    let path = url
        .trim_start_matches("sqlite:")
        .trim_start_matches("//")
        .to_owned();
    // The path is set below as it is: in an address it would have to be escaped.
    let mut options = ConnectOptions::new("sqlite://tidemill.db");
    options
        .max_connections(connections)
        .min_connections(1)
        .sqlx_logging(false)
        .test_before_acquire(false);
    options.map_sqlx_sqlite_opts(move |sqlx| {
        let sqlx = match role {
            // Counts for a file that is made now: pages that are free can be given back one by one. Saying it takes the
            // lock of a writer, so that no reader does.
            Role::Writer => sqlx.pragma("auto_vacuum", "INCREMENTAL"),
            Role::Reader => sqlx,
        };
        sqlx.filename(&path)
            .create_if_missing(true)
            .foreign_keys(true)
            .busy_timeout(BUSY)
            .pragma("journal_mode", "WAL")
            .pragma("synchronous", "FULL")
            .pragma("cache_size", if role == Role::Writer { "-8192" } else { "-4096" })
            .pragma("wal_autocheckpoint", "4000")
            .statement_cache_capacity(256)
            // Rows come from a thread of their own: with the 50 that are usual, a search waits for it more often than it works.
            .row_buffer_size(512)
    });
    options
}

fn postgres(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(1)
        .sqlx_logging(false)
        .test_before_acquire(false);
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_address_is_refused_without_its_password() {
        let error = backend_of("mysql://root:secret@host/db").expect_err("mysql is not spoken");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
