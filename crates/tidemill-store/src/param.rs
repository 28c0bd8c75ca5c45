//! Parameters of runs: written once, never changed.

use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Expr, ExprTrait, LockType, Query};

use crate::Result;
use crate::tag::{Noun, Table, of, put};

/// A parameter that has another value already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Which one.
    pub key: String,
    /// The value that it keeps.
    pub old: String,
    /// The value that it can't get.
    pub new: String,
}

/// Adds parameters to a run. The same value again is fine; when any would change, nothing is written and the changes
/// are returned.
pub async fn append(
    db: &impl ConnectionTrait,
    workspace: &str,
    run_id: &str,
    params: &[(String, String)],
) -> Result<Vec<Change>> {
    if params.is_empty() {
        return Ok(Vec::new());
    }
    hold(db, workspace, run_id).await?;
    let existing: std::collections::HashMap<_, _> = of(db, Table::Param, workspace, Noun::Run, run_id)
        .await?
        .into_iter()
        .collect();
    let changes: Vec<_> = params
        .iter()
        .filter_map(|(key, new)| {
            let old = existing.get(key).filter(|old| *old != new)?;
            Some(Change {
                key: key.clone(),
                old: old.clone(),
                new: new.clone(),
            })
        })
        .collect();
    if !changes.is_empty() {
        return Ok(changes);
    }
    let new: Vec<_> = params
        .iter()
        .filter(|(key, _)| !existing.contains_key(key))
        .cloned()
        .collect();
    put(db, Table::Param, workspace, Noun::Run, run_id, &new).await?;
    Ok(Vec::new())
}

/// Holds the run's row until the transaction ends, so that of two that write a parameter at once the second one sees
/// what the first one wrote. SQLite has one writer and needs no lock.
async fn hold(db: &impl ConnectionTrait, workspace: &str, run_id: &str) -> Result<()> {
    let mut select = Query::select();
    select
        .column("run_id")
        .from("run")
        .and_where(Expr::col("workspace").eq(workspace))
        .and_where(Expr::col("run_id").eq(run_id))
        .lock(LockType::Update);
    db.query_one(&select).await?;
    Ok(())
}
