//! Online endpoints: an address behind which deployments answer.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{QueryOrder, QuerySelect};

use crate::Result;
use crate::page::{Page, PageRequest};

/// One endpoint.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "online_endpoint")]
pub struct Model {
    /// The workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// Unique in the workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// JSON of its specification, with its traffic.
    pub spec: String,
    /// A key of callers, sealed.
    pub first_key: String,
    /// The other key of callers, sealed.
    pub second_key: String,
    /// Who made it.
    pub created_by: String,
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

/// One endpoint by name.
pub async fn get(db: &impl ConnectionTrait, workspace: &str, name: &str) -> Result<Option<Model>> {
    Ok(Entity::find_by_id((workspace.to_owned(), name.to_owned()))
        .one(db)
        .await?)
}

/// Endpoints of a workspace by name.
pub async fn list(db: &impl ConnectionTrait, workspace: &str, page: &PageRequest) -> Result<Page<Model>> {
    let mut query = Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .order_by_asc(Column::Name)
        .limit(page.limit + 1);
    if let Some(after) = &page.after {
        query = query.filter(Column::Name.gt(after));
    }
    Ok(Page::cut(query.all(db).await?, page.limit, |row| {
        row.name.clone()
    }))
}

/// Every endpoint of the server.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<Model>> {
    Ok(Entity::find().all(db).await?)
}

/// Writes an endpoint, new or changed.
pub async fn put(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        workspace,
        name,
        spec,
        first_key,
        second_key,
        created_by,
        revision,
        created_at,
        updated_at,
    } = row;
    Entity::insert(ActiveModel {
        workspace: Set(workspace),
        name: Set(name),
        spec: Set(spec),
        first_key: Set(first_key),
        second_key: Set(second_key),
        created_by: Set(created_by),
        revision: Set(revision),
        created_at: Set(created_at),
        updated_at: Set(updated_at),
    })
    .on_conflict(
        OnConflict::columns([Column::Workspace, Column::Name])
            .update_columns([
                Column::Spec,
                Column::FirstKey,
                Column::SecondKey,
                Column::Revision,
                Column::UpdatedAt,
            ])
            .to_owned(),
    )
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// Removes an endpoint that has no deployment any more; says whether it was there.
pub async fn delete(db: &impl ConnectionTrait, workspace: &str, name: &str) -> Result<bool> {
    Ok(Entity::delete_by_id((workspace.to_owned(), name.to_owned()))
        .exec(db)
        .await?
        .rows_affected
        > 0)
}
