//! Copies of a database for a backup, and whether a copy is whole.

use std::path::Path;

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};
use tidemill_policy::chain::Checked;

use crate::connect::{StoreOptions, connect_as_it_is};
use crate::{Result, StoreError, audit, migrate, vault};

/// What a backup notes of its database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The schema.
    pub schema_version: i64,
    /// Where its audit log ends: the place and the hash of its last row.
    pub audit_head: Option<(i64, String)>,
    /// Which master key its secrets hang on.
    pub master_key: Option<String>,
}

/// Writes a copy of a SQLite file as it is at this moment, also while a server writes to it.
///
/// # Errors
/// When the file cannot be read, or the copy cannot be written.
pub async fn copy_sqlite(from: &Path, to: &Path) -> Result<()> {
    let db = connect_as_it_is(&StoreOptions::sqlite(from).url).await?;
    let copy = Statement::from_sql_and_values(
        DbBackend::Sqlite,
        "VACUUM INTO $1",
        [to.display().to_string().into()],
    );
    let copied = db.execute_raw(copy).await;
    db.close().await?;
    copied?;
    Ok(())
}

/// What is to be noted of a database, which is not changed.
///
/// # Errors
/// When it cannot be read, or is none of Tidemill's.
pub async fn facts(url: &str) -> Result<Facts> {
    let db = connect_as_it_is(url).await?;
    let found = read_facts(&db).await;
    db.close().await?;
    found
}

async fn read_facts(db: &DatabaseConnection) -> Result<Facts> {
    let select = Statement::from_string(
        db.get_database_backend(),
        "SELECT max(version) AS version FROM schema_version",
    );
    let row = db.query_one_raw(select).await?;
    let schema_version: i64 = match row {
        Some(row) => row.try_get("", "version")?,
        None => 0,
    };
    if schema_version > migrate::known_version() {
        return Err(StoreError::FromTheFuture {
            found: schema_version,
            known: migrate::known_version(),
        });
    }
    // A database of an earlier program has neither until a server of this one has opened it.
    let audit_head = audit::head(db).await.ok().flatten();
    let keys = vault::keys(db).await.unwrap_or_default();
    Ok(Facts {
        schema_version,
        audit_head,
        master_key: keys.into_iter().next().map(|key| key.master),
    })
}

/// Whether a database is whole: its pages (SQLite), and the chain of its audit log, which holds the row of `head`.
///
/// # Errors
/// [`StoreError::Damaged`] when its pages are not; when it cannot be read.
pub async fn check(url: &str, head: Option<String>) -> Result<Checked> {
    let db = connect_as_it_is(url).await?;
    let checked = async {
        if db.get_database_backend() == DbBackend::Sqlite {
            let pragma = Statement::from_string(DbBackend::Sqlite, "PRAGMA integrity_check");
            let row = db.query_one_raw(pragma).await?;
            let said: Option<String> = row.and_then(|row| row.try_get_by_index(0).ok());
            if said.as_deref() != Some("ok") {
                let what = format!("the database ({})", said.unwrap_or_default());
                return Err(StoreError::Damaged { what });
            }
        }
        audit::verify(&db, head).await
    };
    let checked = checked.await;
    db.close().await?;
    checked
}

/// Forgets every secret and every key of the vault: for a database whose master key is lost.
///
/// # Errors
/// When it cannot be written.
pub async fn forget_secrets(url: &str, note: audit::Entry) -> Result<()> {
    let db: DatabaseConnection = Database::connect(crate::connect::as_it_is(url)?).await?;
    let forgotten = async {
        let tx = sea_orm::TransactionTrait::begin(&db).await?;
        for table in ["secret_version", "secret", "vault_key"] {
            tx.execute_unprepared(&format!("DELETE FROM {table}")).await?;
        }
        audit::append(&tx, note).await?;
        tx.commit().await?;
        Ok(())
    };
    let forgotten = forgotten.await;
    db.close().await?;
    forgotten
}
