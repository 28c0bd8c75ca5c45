//! Providers of identities: whose users may sign in.

use sea_orm::ActiveValue::Set;
use sea_orm::QueryOrder;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;

use crate::Result;

/// One provider.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "identity_provider")]
pub struct Model {
    /// Unique on a server.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// JSON of its specification; its secret is a name of the vault.
    pub spec: String,
    /// Counts changes; the ETag.
    pub revision: i64,
    /// UTC milliseconds.
    pub created_at: i64,
    /// UTC milliseconds.
    pub updated_at: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// One of them.
pub async fn get(db: &impl ConnectionTrait, name: &str) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(name).one(db).await?)
}

/// All of them, by name; there are few.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<Model>> {
    Ok(Entity::find().order_by_asc(Column::Name).all(db).await?)
}

/// Writes one, new or changed.
pub async fn put(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        name,
        spec,
        revision,
        created_at,
        updated_at,
    } = row;
    Entity::insert(ActiveModel {
        name: Set(name),
        spec: Set(spec),
        revision: Set(revision),
        created_at: Set(created_at),
        updated_at: Set(updated_at),
    })
    .on_conflict(
        OnConflict::column(Column::Name)
            .update_columns([Column::Spec, Column::Revision, Column::UpdatedAt])
            .to_owned(),
    )
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// Removes one, with the identities that it gave.
pub async fn delete(db: &impl ConnectionTrait, name: &str) -> Result<()> {
    crate::identity::delete_of(db, name).await?;
    Entity::delete_by_id(name).exec(db).await?;
    Ok(())
}
