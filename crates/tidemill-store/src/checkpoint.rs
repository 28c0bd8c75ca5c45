//! Moving SQLite's write-ahead log into its file beside the writer.
//!
//! SQLite does it by itself when a commit finds the log too long (`wal_autocheckpoint`), and everybody who writes waits for as
//! long as thousands of pages take. Under load it is done here before, on a connection that reads: what is left for the commit
//! that finds the log too long are a few pages, and then the log begins anew.

use std::sync::Weak;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};

/// How often it is looked whether there is much to move.
const PERIOD: Duration = Duration::from_millis(250);
/// Fewer commits than that are left to SQLite: a server that does little syncs no more often than it must.
const MANY: u64 = 64;

/// Goes on until the store is gone, or its connections are closed.
pub(crate) async fn move_log(read: DatabaseConnection, commits: Weak<AtomicU64>) {
    let mut moved = 0;
    loop {
        tokio::time::sleep(PERIOD).await;
        let Some(commits) = commits.upgrade().map(|commits| commits.load(Ordering::Relaxed)) else {
            return;
        };
        if read.get_sqlite_connection_pool().is_closed() {
            return;
        }
        if commits.saturating_sub(moved) < MANY {
            continue;
        }
        moved = commits;
        if let Err(error) = checkpoint(&read).await {
            tracing::debug!(%error, "failed to move the log into the database; the next commits do it");
        }
    }
}

/// Moves what no reader needs, and waits for nobody.
async fn checkpoint(read: &DatabaseConnection) -> Result<(), sea_orm::DbErr> {
    let checkpoint = Statement::from_string(DbBackend::Sqlite, "PRAGMA wal_checkpoint(PASSIVE)");
    read.query_all_raw(checkpoint).await?;
    Ok(())
}
