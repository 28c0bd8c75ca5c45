//! Datastores: where a workspace keeps bytes.

use sea_orm::entity::prelude::*;

use crate::Result;
use crate::in_workspace::{self, InWorkspace};
use crate::page::{Page, PageRequest};

/// One datastore.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "datastore")]
pub struct Model {
    /// The workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// Unique in the workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// `local_folder`, `azure_blob`, `s3`, …
    pub kind: String,
    /// JSON of its specification, with its credentials.
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

/// One datastore by name.
pub async fn get(db: &impl ConnectionTrait, workspace: &str, name: &str) -> Result<Option<Model>> {
    Ok(Entity::find_by_id((workspace.to_owned(), name.to_owned()))
        .one(db)
        .await?)
}

/// Datastores of a workspace by name.
pub async fn list(db: &impl ConnectionTrait, workspace: &str, page: &PageRequest) -> Result<Page<Model>> {
    in_workspace::page::<Entity>(db, workspace, page, |row| row.name.clone()).await
}

/// Every datastore of every workspace.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<Model>> {
    Ok(Entity::find().all(db).await?)
}

/// Writes a datastore, new or changed.
pub async fn put(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let changes = [Column::Kind, Column::Spec, Column::Revision, Column::UpdatedAt];
    in_workspace::put::<Entity, ActiveModel>(db, row, changes).await
}

/// Removes a datastore; says whether it was there.
pub async fn delete(db: &impl ConnectionTrait, workspace: &str, name: &str) -> Result<bool> {
    Ok(Entity::delete_by_id((workspace.to_owned(), name.to_owned()))
        .exec(db)
        .await?
        .rows_affected
        > 0)
}

/// Removes every datastore of a workspace that is being deleted.
pub(crate) async fn delete_all(db: &impl ConnectionTrait, workspace: &str) -> Result<()> {
    in_workspace::delete_all::<Entity>(db, workspace).await
}
