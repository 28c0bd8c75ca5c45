//! Tokens of other issuers that were used here: none counts twice.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;

use crate::Result;

/// One token.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "seen_token")]
pub struct Model {
    /// BLAKE3 of its issuer and its `jti`, or of the whole token, in hex.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: String,
    /// UTC milliseconds; later it would be refused anyway.
    pub expires_at: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Notes that a token was used; false when it had been already.
pub async fn insert(db: &impl ConnectionTrait, row: Model, now_ms: i64) -> Result<bool> {
    Entity::delete_many()
        .filter(Column::ExpiresAt.lt(now_ms))
        .exec(db)
        .await?;
    let Model { hash, expires_at } = row;
    let row = ActiveModel {
        hash: Set(hash),
        expires_at: Set(expires_at),
    };
    let written = Entity::insert(row)
        .on_conflict(OnConflict::column(Column::Hash).do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(written == 1)
}
