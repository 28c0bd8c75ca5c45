//! Computes: where jobs of a workspace run.

use sea_orm::QueryOrder;
use sea_orm::entity::prelude::*;

use crate::Result;
use crate::in_workspace::{self, InWorkspace};
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

impl InWorkspace for Entity {
    const WORKSPACE: Column = Column::Workspace;
    const NAME: Column = Column::Name;
}

/// One compute by name.
pub async fn get(db: &impl ConnectionTrait, workspace: &str, name: &str) -> Result<Option<Model>> {
    Ok(Entity::find_by_id((workspace.to_owned(), name.to_owned()))
        .one(db)
        .await?)
}

/// Computes of a workspace by name.
pub async fn list(db: &impl ConnectionTrait, workspace: &str, page: &PageRequest) -> Result<Page<Model>> {
    in_workspace::page::<Entity>(db, workspace, page, |row| row.name.clone()).await
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
    let changes = [Column::Kind, Column::Spec, Column::Revision, Column::UpdatedAt];
    in_workspace::put::<Entity, ActiveModel>(db, row, changes).await
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
    in_workspace::delete_all::<Entity>(db, workspace).await
}
