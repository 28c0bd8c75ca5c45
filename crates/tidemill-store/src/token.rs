//! Tokens: only the BLAKE3 hash of each is kept.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, OnConflict};

use crate::Result;

/// One token.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "token")]
pub struct Model {
    /// BLAKE3 of the token, in hex.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: String,
    /// `owner`, `job` (what a job runs) or `runner` (its runner).
    pub kind: String,
    /// For a job: its workspace.
    pub workspace: Option<String>,
    /// For a job: its name.
    pub job: Option<String>,
    /// For a job: which attempt.
    pub attempt: Option<i64>,
    /// UTC milliseconds.
    pub created_at: i64,
    /// UTC milliseconds; set when it no longer counts.
    pub revoked_at: Option<i64>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A token that still counts.
pub async fn find(db: &impl ConnectionTrait, hash: &str) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(hash)
        .filter(Column::RevokedAt.is_null())
        .one(db)
        .await?)
}

/// Adds a token; one that is there stays as it is.
pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        hash,
        kind,
        workspace,
        job,
        attempt,
        created_at,
        revoked_at,
    } = row;
    Entity::insert(ActiveModel {
        hash: Set(hash),
        kind: Set(kind),
        workspace: Set(workspace),
        job: Set(job),
        attempt: Set(attempt),
        created_at: Set(created_at),
        revoked_at: Set(revoked_at),
    })
    .on_conflict(OnConflict::column(Column::Hash).do_nothing().to_owned())
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// Ends every token of a job.
pub async fn revoke_job(db: &impl ConnectionTrait, workspace: &str, job: &str, now_ms: i64) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(now_ms))
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Job.eq(job))
        .filter(Column::RevokedAt.is_null())
        .exec(db)
        .await?;
    Ok(())
}
