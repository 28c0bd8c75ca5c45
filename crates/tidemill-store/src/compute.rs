//! Computes: where jobs of a workspace run.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{QueryOrder, QuerySelect};

use crate::Result;
use crate::page::{Page, PageRequest};

/// One compute.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "compute")]
pub struct Model {
    /// The workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// Unique in the workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// `local`, `amlcompute`, `kubernetes`, …
    pub kind: String,
    /// JSON of its specification.
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

/// One compute by name.
pub async fn get(db: &impl ConnectionTrait, workspace: &str, name: &str) -> Result<Option<Model>> {
    Ok(Entity::find_by_id((workspace.to_owned(), name.to_owned()))
        .one(db)
        .await?)
}

/// Computes of a workspace by name.
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

/// Computes of all workspaces.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<Model>> {
    let query = Entity::find().order_by_asc(Column::Workspace);
    Ok(query.order_by_asc(Column::Name).all(db).await?)
}

/// Computes of a kind, of all workspaces.
pub async fn of_kind(db: &impl ConnectionTrait, kind: &str) -> Result<Vec<Model>> {
    Ok(Entity::find().filter(Column::Kind.eq(kind)).all(db).await?)
}

/// Writes a compute, new or changed.
pub async fn put(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        workspace,
        name,
        kind,
        spec,
        revision,
        created_at,
        updated_at,
    } = row;
    Entity::insert(ActiveModel {
        workspace: Set(workspace),
        name: Set(name),
        kind: Set(kind),
        spec: Set(spec),
        revision: Set(revision),
        created_at: Set(created_at),
        updated_at: Set(updated_at),
    })
    .on_conflict(
        OnConflict::columns([Column::Workspace, Column::Name])
            .update_columns([Column::Kind, Column::Spec, Column::Revision, Column::UpdatedAt])
            .to_owned(),
    )
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// Removes a compute; says whether it was there.
pub async fn delete(db: &impl ConnectionTrait, workspace: &str, name: &str) -> Result<bool> {
    Ok(Entity::delete_by_id((workspace.to_owned(), name.to_owned()))
        .exec(db)
        .await?
        .rows_affected
        > 0)
}

/// Removes every compute of a workspace that is being deleted.
pub(crate) async fn delete_all(db: &impl ConnectionTrait, workspace: &str) -> Result<()> {
    Entity::delete_many()
        .filter(Column::Workspace.eq(workspace))
        .exec(db)
        .await?;
    Ok(())
}
