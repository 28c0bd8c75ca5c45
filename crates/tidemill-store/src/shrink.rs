//! Giving back the pages of a SQLite file that nothing uses any more, a few at a time. PostgreSQL vacuums by itself.

use sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::{Result, Store, StoreError};

/// Free pages that are left in the file: what is written next takes them. 1 MiB of pages of 4 KiB.
const LEFT: i64 = 256;
/// Pages that are given back in one transaction, so that others that write wait for milliseconds.
const STEP: i64 = 1000;

impl Store {
    /// Gives free pages back to the file system; says how many. A file that was made before this was possible keeps
    /// them for what is written next, until a backup of it is restored.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn shrink(&self) -> Result<i64> {
        if self.backend() != DbBackend::Sqlite || self.pragma("auto_vacuum").await? == 0 {
            return Ok(0);
        }
        let before = self.pragma("freelist_count").await?;
        let mut free = before;
        while free > LEFT {
            let pages = STEP.min(free - LEFT);
            self.write::<_, StoreError, _>(move |tx| {
                Box::pin(async move {
                    tx.execute_unprepared(&format!("PRAGMA incremental_vacuum({pages})"))
                        .await?;
                    Ok(())
                })
            })
            .await?;
            let now = self.pragma("freelist_count").await?;
            if now >= free {
                break;
            }
            free = now;
        }
        if free < before {
            // The file itself becomes shorter when the log is moved into it; the log is as long as what was moved. Who
            // writes meanwhile waits, as it does when the log is full.
            self.read()
                .query_all_raw(Statement::from_string(
                    DbBackend::Sqlite,
                    "PRAGMA wal_checkpoint(TRUNCATE)",
                ))
                .await?;
        }
        Ok(before - free)
    }

    async fn pragma(&self, name: &'static str) -> Result<i64> {
        let select = Statement::from_string(
            DbBackend::Sqlite,
            format!("SELECT {name} AS value FROM pragma_{name}"),
        );
        match self.read().query_one_raw(select).await? {
            Some(row) => Ok(row.try_get("", "value")?),
            None => Ok(0),
        }
    }
}
