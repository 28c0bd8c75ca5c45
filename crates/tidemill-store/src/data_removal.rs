//! Versions of data that retention has taken out, and that may still be brought back.

use sea_orm::ActiveValue::Set;
use sea_orm::QueryOrder;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;

use crate::Result;

/// One version on its way out.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "data_removal")]
pub struct Model {
    /// The workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// The data asset.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// Its version.
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: String,
    /// Who took it out.
    pub removed_by: String,
    /// When: UTC milliseconds.
    pub removed_at: i64,
    /// When it goes for good: UTC milliseconds.
    pub due_at: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Those of one asset.
pub async fn of(db: &impl ConnectionTrait, workspace: &str, name: &str) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Name.eq(name))
        .order_by_asc(Column::RemovedAt)
        .all(db)
        .await?)
}

/// Puts a version on its way out.
pub async fn put(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        workspace,
        name,
        version,
        removed_by,
        removed_at,
        due_at,
    } = row;
    Entity::insert(ActiveModel {
        workspace: Set(workspace),
        name: Set(name),
        version: Set(version),
        removed_by: Set(removed_by),
        removed_at: Set(removed_at),
        due_at: Set(due_at),
    })
    .on_conflict(
        OnConflict::columns([Column::Workspace, Column::Name, Column::Version])
            .update_columns([Column::RemovedBy, Column::RemovedAt, Column::DueAt])
            .to_owned(),
    )
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// Takes a version from its way out; says whether it was on it.
pub async fn delete(db: &impl ConnectionTrait, workspace: &str, name: &str, version: &str) -> Result<bool> {
    let key = (workspace.to_owned(), name.to_owned(), version.to_owned());
    Ok(Entity::delete_by_id(key).exec(db).await?.rows_affected > 0)
}
