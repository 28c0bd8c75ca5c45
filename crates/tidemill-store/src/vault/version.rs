//! Versions of secrets: what was sealed, when and by whom.

use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, QueryOrder};

use crate::Result;

/// One version of a secret.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "secret_version")]
pub struct Model {
    /// The group.
    #[sea_orm(primary_key, auto_increment = false)]
    pub group_name: String,
    /// The secret.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// 1, 2, 3, …
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i64,
    /// Its value, sealed.
    pub sealed: String,
    /// UTC milliseconds.
    pub created_at: i64,
    /// Who set it.
    pub created_by: String,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// One version.
pub async fn get(db: &impl ConnectionTrait, group: &str, name: &str, version: i64) -> Result<Option<Model>> {
    Ok(Entity::find_by_id((group.to_owned(), name.to_owned(), version))
        .one(db)
        .await?)
}

/// All versions of a secret, newest first.
pub async fn list(db: &impl ConnectionTrait, group: &str, name: &str) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::GroupName.eq(group))
        .filter(Column::Name.eq(name))
        .order_by_desc(Column::Version)
        .all(db)
        .await?)
}

/// Adds a version.
pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        group_name,
        name,
        version,
        sealed,
        created_at,
        created_by,
    } = row;
    Entity::insert(ActiveModel {
        group_name: Set(group_name),
        name: Set(name),
        version: Set(version),
        sealed: Set(sealed),
        created_at: Set(created_at),
        created_by: Set(created_by),
    })
    .exec_without_returning(db)
    .await?;
    Ok(())
}

pub(super) async fn delete_all(db: &impl ConnectionTrait, group: &str, name: &str) -> Result<()> {
    Entity::delete_many()
        .filter(Column::GroupName.eq(group))
        .filter(Column::Name.eq(name))
        .exec(db)
        .await?;
    Ok(())
}
