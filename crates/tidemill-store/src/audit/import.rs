//! Rows of the audit log of schema versions before it was a chain: they take their places in the order of their ids.

use sea_orm::{ConnectionTrait, Statement};

use super::{Entry, append};
use crate::Result;

/// Moves every row of `audit_before`.
pub(crate) async fn import(db: &impl ConnectionTrait) -> Result<()> {
    let backend = db.get_database_backend();
    let select =
        "SELECT id, at, principal, action, scope, outcome, request_id, detail FROM audit_before ORDER BY id";
    for row in db.query_all_raw(Statement::from_string(backend, select)).await? {
        let entry = Entry {
            id: row.try_get("", "id")?,
            at: row.try_get("", "at")?,
            principal: row.try_get("", "principal")?,
            action: row.try_get("", "action")?,
            scope: row.try_get("", "scope")?,
            outcome: row.try_get("", "outcome")?,
            request_id: row.try_get("", "request_id")?,
            detail: row.try_get("", "detail")?,
            ..Entry::default()
        };
        append(db, entry).await?;
    }
    Ok(())
}
