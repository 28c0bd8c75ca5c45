//! The vault: the data keys of groups, and what they seal. Nothing here can be read without the master key.

pub mod secret;
pub mod version;

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, QueryOrder};

use crate::Result;

/// The data key of a group, wrapped by a master key.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "vault_key")]
pub struct Model {
    /// The group.
    #[sea_orm(primary_key, auto_increment = false)]
    pub group_name: String,
    /// The key, wrapped: base64.
    pub wrapped: String,
    /// Which master key wraps it.
    pub master: String,
    /// UTC milliseconds.
    pub created_at: i64,
    /// UTC milliseconds; when this master key wrapped it.
    pub wrapped_at: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The data keys of all groups, by group.
pub async fn keys(db: &impl ConnectionTrait) -> Result<Vec<Model>> {
    Ok(Entity::find().order_by_asc(Column::GroupName).all(db).await?)
}

/// The data key of a group.
pub async fn key(db: &impl ConnectionTrait, group: &str) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(group.to_owned()).one(db).await?)
}

/// Adds the data key of a group; one that is there stays.
pub async fn add_key(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    Entity::insert(active(row))
        .on_conflict(OnConflict::column(Column::GroupName).do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Writes the data key of a group as another master key wraps it.
pub async fn rewrap(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    Entity::update(active(row)).exec(db).await?;
    Ok(())
}

fn active(row: Model) -> ActiveModel {
    let Model {
        group_name,
        wrapped,
        master,
        created_at,
        wrapped_at,
    } = row;
    ActiveModel {
        group_name: Set(group_name),
        wrapped: Set(wrapped),
        master: Set(master),
        created_at: Set(created_at),
        wrapped_at: Set(wrapped_at),
    }
}
