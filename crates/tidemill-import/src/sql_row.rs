//! Rows of MLflow's database: a question, and its answers by column.

use std::collections::HashMap;

use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Row, SqlSafeStr};
use tidemill_api::import::Texts;

use crate::{Error, Result};

/// Asks one question with at most one value in it.
///
/// # Errors
/// The database cannot answer.
pub(crate) async fn rows(
    db: &mut SqliteConnection,
    sql: &'static str,
    value: &str,
) -> Result<Vec<SqliteRow>> {
    ask(db, sql, value).await
}

/// As [`rows`], for a question that names a table.
pub(crate) async fn count(db: &mut SqliteConnection, table: &'static str) -> Result<i64> {
    let sql = AssertSqlSafe(format!("SELECT count(*) AS n FROM {table}"));
    let rows = ask(db, sql, "").await?;
    Ok(rows.first().map_or(0, |row| number(row, "n").unwrap_or(0)))
}

async fn ask(db: &mut SqliteConnection, sql: impl SqlSafeStr, value: &str) -> Result<Vec<SqliteRow>> {
    let query = sqlx::query(sql).bind(value.to_owned());
    query.fetch_all(db).await.map_err(|error| unread(&error))
}

/// Why the database cannot be read.
pub(crate) fn unread(error: &sqlx::Error) -> Error {
    Error::new(format!("failed to read MLflow's database: {error}"))
}

/// The names of the tables.
pub(crate) async fn tables(db: &mut SqliteConnection) -> Result<Vec<String>> {
    let found = rows(
        db,
        "SELECT name FROM sqlite_master WHERE type = 'table' AND ?1 = ''",
        "",
    )
    .await?;
    Ok(found.iter().map(|row| text(row, "name")).collect())
}

/// A text; empty where there is none.
pub(crate) fn text(row: &SqliteRow, column: &str) -> String {
    opt_text(row, column).unwrap_or_default()
}

/// A text that is there and not empty.
pub(crate) fn opt_text(row: &SqliteRow, column: &str) -> Option<String> {
    let found: Option<String> = row.try_get_unchecked(column).ok().flatten();
    found.filter(|text| !text.is_empty())
}

/// A whole number.
pub(crate) fn number(row: &SqliteRow, column: &str) -> Option<i64> {
    row.try_get_unchecked(column).ok().flatten()
}

/// A value of a metric, which the database keeps beside a mark of those that are not a number.
pub(crate) fn value(row: &SqliteRow, column: &str) -> f64 {
    row.try_get_unchecked::<Option<f64>, _>(column)
        .ok()
        .flatten()
        .unwrap_or(f64::NAN)
}

/// Texts by key, of each owner: columns `owner`, `key` and `value`.
pub(crate) fn texts(rows: &[SqliteRow]) -> HashMap<String, Texts> {
    let mut found: HashMap<String, Texts> = HashMap::new();
    for row in rows {
        let of = found.entry(text(row, "owner")).or_default();
        of.insert(text(row, "key"), text(row, "value"));
    }
    found
}
