//! Identities: which subject of a provider is which user.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use crate::Result;

/// One identity.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "identity")]
pub struct Model {
    /// The provider.
    #[sea_orm(primary_key, auto_increment = false)]
    pub provider: String,
    /// Its name for somebody, which never becomes somebody else's.
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject: String,
    /// The user.
    pub user_name: String,
    /// UTC milliseconds.
    pub created_at: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The identity of a subject.
pub async fn get(db: &impl ConnectionTrait, provider: &str, subject: &str) -> Result<Option<Model>> {
    Ok(Entity::find_by_id((provider.to_owned(), subject.to_owned()))
        .one(db)
        .await?)
}

/// Writes a new one.
pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        provider,
        subject,
        user_name,
        created_at,
    } = row;
    Entity::insert(ActiveModel {
        provider: Set(provider),
        subject: Set(subject),
        user_name: Set(user_name),
        created_at: Set(created_at),
    })
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// Forgets those of a provider.
pub(crate) async fn delete_of(db: &impl ConnectionTrait, provider: &str) -> Result<()> {
    Entity::delete_many()
        .filter(Column::Provider.eq(provider))
        .exec(db)
        .await?;
    Ok(())
}

/// Forgets those of a user: a later user of the same name is somebody else.
pub(crate) async fn delete_of_user(db: &impl ConnectionTrait, user: &str) -> Result<()> {
    Entity::delete_many()
        .filter(Column::UserName.eq(user))
        .exec(db)
        .await?;
    Ok(())
}
