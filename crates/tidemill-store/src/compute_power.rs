//! Compute instances that were started or stopped. One without a row is as it was made: on.

use sea_orm::entity::prelude::*;

use crate::Result;
use crate::in_workspace::{self, InWorkspace};

/// The state of one instance.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "compute_power")]
pub struct Model {
    /// The workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// The compute.
    #[sea_orm(primary_key, auto_increment = false)]
    pub compute: String,
    /// `running` or `stopped`.
    pub state: String,
    /// Since when, in UTC milliseconds.
    pub at: i64,
    /// Who said so.
    pub who: String,
    /// Why: `by hand`, `by its schedule`, `idle for …`.
    pub why: String,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl InWorkspace for Entity {
    const WORKSPACE: Column = Column::Workspace;
    const NAME: Column = Column::Compute;
}

/// The state of one of them.
pub async fn get(db: &impl ConnectionTrait, workspace: &str, compute: &str) -> Result<Option<Model>> {
    Ok(Entity::find_by_id((workspace.to_owned(), compute.to_owned()))
        .one(db)
        .await?)
}

/// All of them.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<Model>> {
    Ok(Entity::find().all(db).await?)
}

/// Those of a workspace.
pub async fn of(db: &impl ConnectionTrait, workspace: &str) -> Result<Vec<Model>> {
    let query = Entity::find().filter(Column::Workspace.eq(workspace));
    Ok(query.all(db).await?)
}

/// Writes a state.
pub async fn put(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let changes = [Column::State, Column::At, Column::Who, Column::Why];
    in_workspace::put::<Entity, ActiveModel>(db, row, changes).await
}

/// Forgets the state of one that is gone.
pub async fn delete(db: &impl ConnectionTrait, workspace: &str, compute: &str) -> Result<()> {
    Entity::delete_by_id((workspace.to_owned(), compute.to_owned()))
        .exec(db)
        .await?;
    Ok(())
}

/// Forgets those of a workspace that is being deleted.
pub(crate) async fn delete_all(db: &impl ConnectionTrait, workspace: &str) -> Result<()> {
    in_workspace::delete_all::<Entity>(db, workspace).await
}
