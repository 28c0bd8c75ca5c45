//! What a query of a SQL database gives, as Parquet files: read in batches by a cursor, so that memory does not grow with the rows,
//! and with a key taken up again where it ended. Nothing is written to the database: the transaction is read-only.

mod columns;

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgRow};
use sqlx::{
    AssertSqlSafe, Column as _, ConnectOptions, Connection, Executor, Row, SqlSafeStr, Statement as _,
    TypeInfo,
};

use columns::Columns;

/// How long a database may take to answer for the first time.
const PATIENCE: Duration = Duration::from_secs(15);
/// Bytes of rows that are fetched at a time, about.
const FETCH_BYTES: usize = 4 << 20;
/// Rows that are fetched at a time, at most, and at first.
const FETCH_ROWS: (usize, usize) = (20_000, 500);
/// Bytes of a row group before it is written.
const GROUP_BYTES: usize = 32 << 20;
/// The name of the column that carries the key as text.
const KEY: &str = "tidemill_key";
/// Types of columns that may be keys.
const KEYS: [&str; 12] = [
    "INT2",
    "INT4",
    "INT8",
    "NUMERIC",
    "TEXT",
    "VARCHAR",
    "CHAR",
    "UUID",
    "DATE",
    "TIMESTAMP",
    "TIMESTAMPTZ",
    "FLOAT8",
];

/// Why a query could not be read, for the one who wrote it. It never holds the address of the database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DatabaseError {
    /// What happened.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
    /// It is the database that did not answer, or went away.
    pub gone: bool,
}

impl DatabaseError {
    fn invalid(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
            gone: false,
        }
    }

    fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    fn of(doing: &str, error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(said) => {
                let hint = match said.code().as_deref() {
                    Some("25006") => Some("an import only reads: write a SELECT".to_owned()),
                    Some("28P01" | "28000") => {
                        Some("check the user and the password of the connection".to_owned())
                    }
                    Some("57014") => {
                        Some("the database ended the query after its own limit of time".to_owned())
                    }
                    _ => None,
                };
                Self {
                    message: format!("failed to {doing}: {}", said.message()),
                    hint,
                    gone: false,
                }
            }
            other => Self {
                message: format!("failed to {doing}: {other}"),
                hint: Some("check that the database runs and can be reached from the server".to_owned()),
                gone: true,
            },
        }
    }
}

/// A column that orders the rows and is in each of them once: behind it an import is taken up again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The column.
    pub column: String,
    /// The value behind which the rows begin, as the database writes it.
    pub after: Option<String>,
}

/// How large a part becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartLimits {
    /// Rows at most.
    pub rows: u64,
    /// Bytes, about.
    pub bytes: u64,
}

impl Default for PartLimits {
    fn default() -> Self {
        Self {
            rows: 1_000_000,
            bytes: 128 << 20,
        }
    }
}

/// One file of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartDone {
    /// Its rows.
    pub rows: u64,
    /// The key of its last row.
    pub last: Option<String>,
}

/// Rows that have come, with the key of each where there is one.
struct Fetched {
    batch: RecordBatch,
    keys: Vec<String>,
}

impl Fetched {
    /// The first `room` rows, and the rest.
    fn split(mut self, room: usize) -> (Self, Option<Self>) {
        let rows = self.batch.num_rows();
        if rows <= room {
            return (self, None);
        }
        let keys = self.keys.split_off(room.min(self.keys.len()));
        let rest = Self {
            batch: self.batch.slice(room, rows - room),
            keys,
        };
        self.batch = self.batch.slice(0, room);
        (self, Some(rest))
    }
}

/// A query whose rows are being read.
pub struct Query {
    connection: PgConnection,
    columns: Columns,
    key: Option<Key>,
    /// The key of the last row that came.
    last: Option<String>,
    fetch: usize,
    waiting: Option<Fetched>,
    rows: u64,
    ended: bool,
}

impl Query {
    /// Connects, and begins to read. `url` is `postgresql://user:password@host:port/database`.
    ///
    /// # Errors
    /// The address cannot be read, the database does not answer or lets nobody in, the query is wrong, or the key is none.
    pub async fn open(url: &str, sql: &str, key: Option<Key>) -> Result<Self, DatabaseError> {
        let wrong = || {
            DatabaseError::invalid("failed to read the address of the database")
                .with_hint("write postgresql://user:password@host:5432/database")
        };
        if !(url.starts_with("postgresql://") || url.starts_with("postgres://")) {
            return Err(wrong());
        }
        let options: PgConnectOptions = url.parse().map_err(|_| wrong())?;
        let options = options.application_name("tidemill data import");
        let connecting = tokio::time::timeout(PATIENCE, options.connect()).await;
        let mut connection = match connecting {
            Ok(connected) => {
                connected.map_err(|error| DatabaseError::of("connect to the database", &error))?
            }
            Err(_) => {
                return Err(DatabaseError {
                    gone: true,
                    ..DatabaseError::invalid(format!(
                        "failed to connect to the database: it did not answer within {} s",
                        PATIENCE.as_secs()
                    ))
                });
            }
        };
        run(
            &mut connection,
            "begin transaction isolation level repeatable read, read only",
        )
        .await?;
        run(&mut connection, "set local standard_conforming_strings = on").await?;
        run(&mut connection, "set local datestyle = 'ISO'").await?;
        let inner = sql.trim().trim_end_matches(';').trim_end();
        // The line break ends a comment at the end of the query.
        let whole = format!("select * from (\n{inner}\n) as q");
        let described = connection.prepare(AssertSqlSafe(whole).into_sql_str()).await;
        let described = described.map_err(|error| {
            let error = DatabaseError::of("read the query", &error);
            match reads(inner) {
                true => error,
                false => error.with_hint("one SELECT is read; anything else is refused"),
            }
        })?;
        let found: Vec<(String, String)> = described
            .columns()
            .iter()
            .map(|column| (column.name().to_owned(), column.type_info().name().to_owned()))
            .collect();
        if found.is_empty() {
            return Err(DatabaseError::invalid(
                "failed to read the query: it gives no columns",
            ));
        }
        let columns = Columns::of(&found);
        let mut select = columns.select();
        let mut tail = String::new();
        if let Some(key) = &key {
            let kind = found
                .iter()
                .find(|(name, _)| *name == key.column)
                .map(|(_, kind)| kind.as_str());
            let Some(kind) = kind else {
                let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
                return Err(DatabaseError::invalid(format!(
                    "failed to read the query: its key `{}` is none of its columns",
                    key.column
                ))
                .with_hint(format!("it has {}", names.join(", "))));
            };
            if !KEYS.contains(&kind) {
                return Err(DatabaseError::invalid(format!(
                    "failed to read the query: its key `{}` is of type {}, which cannot be taken up again",
                    key.column,
                    kind.to_lowercase()
                ))
                .with_hint("take a column of numbers, texts, times or UUIDs that is in each row once"));
            }
            let named = quoted(&key.column);
            select.push_str(&format!(", q.{named}::text as {KEY}"));
            if let Some(after) = &key.after {
                tail = format!(" where q.{named} > {}::{kind}", literal(after));
            }
            tail.push_str(&format!(" order by q.{named}"));
        }
        let cursor = format!(
            "declare tidemill_import no scroll cursor for select {select} from (\n{inner}\n) as q{tail}"
        );
        run(&mut connection, cursor).await?;
        let last = key.as_ref().and_then(|key| key.after.clone());
        let mut query = Self {
            connection,
            columns,
            key,
            last,
            fetch: FETCH_ROWS.1,
            waiting: None,
            rows: 0,
            ended: false,
        };
        query.waiting = query.next().await?;
        Ok(query)
    }

    /// The columns of the files.
    pub fn schema(&self) -> SchemaRef {
        self.columns.schema()
    }

    /// Whether all rows have been written.
    pub fn is_done(&self) -> bool {
        self.ended && self.waiting.is_none()
    }

    /// Writes the next rows to a Parquet file. A query without rows gives one file without rows.
    ///
    /// # Errors
    /// The database went away, a value has no place in the column's type, or the file cannot be written.
    pub async fn write_part(&mut self, path: &Path, limits: PartLimits) -> Result<PartDone, DatabaseError> {
        let failed = |why: &dyn std::fmt::Display| {
            DatabaseError::invalid(format!("failed to write {}: {why}", path.display()))
        };
        let file = File::create(path).map_err(|error| failed(&error))?;
        let level = ZstdLevel::try_new(3).map_err(|error| failed(&error))?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(level))
            .build();
        let mut writer =
            ArrowWriter::try_new(file, self.schema(), Some(properties)).map_err(|error| failed(&error))?;
        let mut done = PartDone { rows: 0, last: None };
        while let Some(fetched) = self.waiting.take() {
            let room = usize::try_from(limits.rows - done.rows).unwrap_or(usize::MAX);
            let (Fetched { batch, keys }, rest) = fetched.split(room);
            done.rows += batch.num_rows() as u64;
            done.last = keys.last().cloned();
            writer.write(&batch).map_err(|error| failed(&error))?;
            if writer.in_progress_size() >= GROUP_BYTES {
                writer.flush().map_err(|error| failed(&error))?;
            }
            self.waiting = match rest {
                Some(rest) => Some(rest),
                None => self.next().await?,
            };
            let bytes = writer.bytes_written() + writer.in_progress_size();
            if done.rows >= limits.rows || bytes as u64 >= limits.bytes {
                break;
            }
        }
        writer.close().map_err(|error| failed(&error))?;
        Ok(done)
    }

    /// The next rows.
    async fn next(&mut self) -> Result<Option<Fetched>, DatabaseError> {
        if self.ended {
            return Ok(None);
        }
        let sql = format!("fetch forward {} from tidemill_import", self.fetch);
        let found: Vec<PgRow> = sqlx::query(AssertSqlSafe(sql))
            .fetch_all(&mut self.connection)
            .await
            .map_err(|error| DatabaseError::of("read rows from the database", &error))?;
        if found.is_empty() {
            self.ended = true;
            return Ok(None);
        }
        let mut keys = Vec::new();
        if let Some(key) = &self.key {
            for (at, row) in found.iter().enumerate() {
                let number = self.rows + at as u64 + 1;
                let text: Option<String> = row
                    .try_get(KEY)
                    .map_err(|error| DatabaseError::of("read the key of a row", &error))?;
                let Some(text) = text else {
                    return Err(DatabaseError::invalid(format!(
                        "failed to read row {number}: its key `{}` is missing",
                        key.column
                    )));
                };
                if self.last.as_ref() == Some(&text) {
                    return Err(DatabaseError::invalid(format!(
                        "failed to read row {number}: its key `{}` is `{text}`, as in the row before",
                        key.column
                    ))
                    .with_hint("take a column that is in each row once"));
                }
                keys.push(text.clone());
                self.last = Some(text);
            }
        }
        let (batch, bytes) = self.columns.batch(&found, self.rows)?;
        self.rows += found.len() as u64;
        let each = (bytes / found.len()).max(1);
        self.fetch = (FETCH_BYTES / each).clamp(10, FETCH_ROWS.0);
        Ok(Some(Fetched { batch, keys }))
    }

    /// Lets the database go.
    pub async fn close(self) {
        let _ = self.connection.close().await;
    }
}

impl std::fmt::Debug for Query {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Query")
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

/// Runs one statement, as a prepared one: it cannot be several.
async fn run(connection: &mut PgConnection, sql: impl Into<String>) -> Result<(), DatabaseError> {
    sqlx::query(AssertSqlSafe(sql.into()))
        .execute(connection)
        .await
        .map(drop)
        .map_err(|error| DatabaseError::of("run the query", &error))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Whether a query begins as one that reads does.
fn reads(query: &str) -> bool {
    let word: String = query.chars().take_while(char::is_ascii_alphabetic).collect();
    let begins = ["select", "with", "values", "table"].contains(&word.to_ascii_lowercase().as_str());
    // A comment or a bracket may stand before it.
    begins || word.is_empty()
}
