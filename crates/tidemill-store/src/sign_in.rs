//! Sign-ins that are under way at a provider: each is taken once.

use sea_orm::ActiveValue::Set;
use sea_orm::PaginatorTrait;
use sea_orm::entity::prelude::*;

use crate::Result;

/// One sign-in.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sign_in")]
pub struct Model {
    /// BLAKE3 of the `state` that the provider gives back, in hex.
    #[sea_orm(primary_key, auto_increment = false)]
    pub state: String,
    /// The provider.
    pub provider: String,
    /// BLAKE3 of the cookie of the browser that began it, in hex.
    pub browser: String,
    /// JSON of the nonce and the PKCE verifier, sealed.
    pub sealed: String,
    /// Where the provider was told to send the browser back to.
    pub redirect: String,
    /// The page of the studio that is wanted.
    pub page: String,
    /// UTC milliseconds.
    pub created_at: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// How many began at a time or later.
pub async fn count(db: &impl ConnectionTrait, since_ms: i64) -> Result<u64> {
    Ok(Entity::find()
        .filter(Column::CreatedAt.gte(since_ms))
        .count(db)
        .await?)
}

/// Writes a new one, and forgets those that began before a time.
pub async fn insert(db: &impl ConnectionTrait, row: Model, before_ms: i64) -> Result<()> {
    Entity::delete_many()
        .filter(Column::CreatedAt.lt(before_ms))
        .exec(db)
        .await?;
    let Model {
        state,
        provider,
        browser,
        sealed,
        redirect,
        page,
        created_at,
    } = row;
    Entity::insert(ActiveModel {
        state: Set(state),
        provider: Set(provider),
        browser: Set(browser),
        sealed: Set(sealed),
        redirect: Set(redirect),
        page: Set(page),
        created_at: Set(created_at),
    })
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// Takes one: it is not there for anybody else.
pub async fn take(db: &impl ConnectionTrait, state: &str) -> Result<Option<Model>> {
    let Some(row) = Entity::find_by_id(state).one(db).await? else {
        return Ok(None);
    };
    let gone = Entity::delete_by_id(state).exec(db).await?;
    Ok((gone.rows_affected == 1).then_some(row))
}
