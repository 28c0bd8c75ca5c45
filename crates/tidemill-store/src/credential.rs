//! What principals sign in with, besides passwords: personal access tokens, secrets of service principals, sessions. Only the
//! hash of each is kept.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;
use sea_orm::{ExprTrait, QueryOrder};

use crate::Result;

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "credential")]
pub struct Model {
    /// BLAKE3 of it, in hex.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: String,
    /// What people call it by.
    pub id: String,
    /// `token`, `secret` or `session`.
    pub purpose: String,
    /// `user` or `service-principal`.
    pub kind: String,
    /// Whose it is.
    pub name: String,
    /// What it is for.
    pub label: String,
    /// Where alone it counts.
    pub scope: Option<String>,
    /// JSON: for which actions alone it counts.
    pub actions: Option<String>,
    /// JSON: what else is known of it.
    pub detail: String,
    /// UTC milliseconds.
    pub created_at: i64,
    /// UTC milliseconds.
    pub expires_at: Option<i64>,
    /// UTC milliseconds; set when it no longer counts.
    pub revoked_at: Option<i64>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// One that was not revoked.
pub async fn find(db: &impl ConnectionTrait, hash: &str) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(hash)
        .filter(Column::RevokedAt.is_null())
        .one(db)
        .await?)
}

/// One by its id.
pub async fn get(db: &impl ConnectionTrait, id: &str) -> Result<Option<Model>> {
    Ok(Entity::find().filter(Column::Id.eq(id)).one(db).await?)
}

/// Those of a principal that count, oldest first.
pub async fn list(db: &impl ConnectionTrait, kind: &str, name: &str, purpose: &str) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::Kind.eq(kind))
        .filter(Column::Name.eq(name))
        .filter(Column::Purpose.eq(purpose))
        .filter(Column::RevokedAt.is_null())
        .order_by_asc(Column::Id)
        .all(db)
        .await?)
}

/// Adds one.
pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        hash,
        id,
        purpose,
        kind,
        name,
        label,
        scope,
        actions,
        detail,
        created_at,
        expires_at,
        revoked_at,
    } = row;
    Entity::insert(ActiveModel {
        hash: Set(hash),
        id: Set(id),
        purpose: Set(purpose),
        kind: Set(kind),
        name: Set(name),
        label: Set(label),
        scope: Set(scope),
        actions: Set(actions),
        detail: Set(detail),
        created_at: Set(created_at),
        expires_at: Set(expires_at),
        revoked_at: Set(revoked_at),
    })
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// Ends one.
pub async fn revoke(db: &impl ConnectionTrait, id: &str, now_ms: i64) -> Result<()> {
    end(db, Column::Id.eq(id), now_ms).await
}

/// Ends those of a principal that serve a purpose.
pub async fn revoke_of(
    db: &impl ConnectionTrait,
    kind: &str,
    name: &str,
    purpose: &str,
    now_ms: i64,
) -> Result<()> {
    let those = Column::Kind
        .eq(kind)
        .and(Column::Name.eq(name))
        .and(Column::Purpose.eq(purpose));
    end(db, those, now_ms).await
}

async fn end(db: &impl ConnectionTrait, those: Expr, now_ms: i64) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(now_ms))
        .filter(those)
        .filter(Column::RevokedAt.is_null())
        .exec(db)
        .await?;
    Ok(())
}

/// Forgets those of a principal.
pub(crate) async fn delete_of(db: &impl ConnectionTrait, kind: &str, name: &str) -> Result<()> {
    Entity::delete_many()
        .filter(Column::Kind.eq(kind))
        .filter(Column::Name.eq(name))
        .exec(db)
        .await?;
    Ok(())
}
