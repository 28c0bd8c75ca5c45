//! Contracts: what consumers of data live by.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{QueryOrder, QuerySelect};

use crate::Result;
use crate::page::{Page, PageRequest};

/// A contract.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "data_contract")]
pub struct Model {
    /// The workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// Its name.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// The data asset that it is about.
    pub data: String,
    /// Who lives by it, such as `model:delay`.
    pub consumer: String,
    /// JSON of its specification.
    pub spec: String,
    /// Who made it.
    pub created_by: String,
    /// UTC milliseconds.
    pub created_at: i64,
    /// UTC milliseconds.
    pub updated_at: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// One contract.
pub async fn get(db: &impl ConnectionTrait, workspace: &str, name: &str) -> Result<Option<Model>> {
    let key = (workspace.to_owned(), name.to_owned());
    Ok(Entity::find_by_id(key).one(db).await?)
}

/// Those of a workspace by name, or of one data asset alone.
pub async fn list(
    db: &impl ConnectionTrait,
    workspace: &str,
    data: Option<&str>,
    page: &PageRequest,
) -> Result<Page<Model>> {
    let mut query = Entity::find().filter(Column::Workspace.eq(workspace));
    if let Some(data) = data {
        query = query.filter(Column::Data.eq(data));
    }
    if let Some(after) = &page.after {
        query = query.filter(Column::Name.gt(after));
    }
    let rows = query
        .order_by_asc(Column::Name)
        .limit(page.limit + 1)
        .all(db)
        .await?;
    Ok(Page::cut(rows, page.limit, |row| row.name.clone()))
}

/// All of a data asset, by name.
pub async fn of_data(db: &impl ConnectionTrait, workspace: &str, data: &str) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Data.eq(data))
        .order_by_asc(Column::Name)
        .all(db)
        .await?)
}

/// Makes one, or replaces what it says.
pub async fn put(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        workspace,
        name,
        data,
        consumer,
        spec,
        created_by,
        created_at,
        updated_at,
    } = row;
    let mut conflict = OnConflict::columns([Column::Workspace, Column::Name]);
    conflict.update_columns([Column::Data, Column::Consumer, Column::Spec, Column::UpdatedAt]);
    Entity::insert(ActiveModel {
        workspace: Set(workspace),
        name: Set(name),
        data: Set(data),
        consumer: Set(consumer),
        spec: Set(spec),
        created_by: Set(created_by),
        created_at: Set(created_at),
        updated_at: Set(updated_at),
    })
    .on_conflict(conflict)
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// Removes one; says whether it was there.
pub async fn delete(db: &impl ConnectionTrait, workspace: &str, name: &str) -> Result<bool> {
    let key = (workspace.to_owned(), name.to_owned());
    Ok(Entity::delete_by_id(key).exec(db).await?.rows_affected > 0)
}
