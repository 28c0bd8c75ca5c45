//! Policies: at most one for a workspace.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;

use crate::Result;

/// The policy of a workspace.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "policy")]
pub struct Model {
    /// The workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
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

/// The policy of a workspace, when it has one.
pub async fn get(db: &impl ConnectionTrait, workspace: &str) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(workspace.to_owned()).one(db).await?)
}

/// Writes a policy, new or changed.
pub async fn put(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        workspace,
        spec,
        revision,
        created_at,
        updated_at,
    } = row;
    Entity::insert(ActiveModel {
        workspace: Set(workspace),
        spec: Set(spec),
        revision: Set(revision),
        created_at: Set(created_at),
        updated_at: Set(updated_at),
    })
    .on_conflict(
        OnConflict::column(Column::Workspace)
            .update_columns([Column::Spec, Column::Revision, Column::UpdatedAt])
            .to_owned(),
    )
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// Removes the policy of a workspace; says whether it had one.
pub async fn delete(db: &impl ConnectionTrait, workspace: &str) -> Result<bool> {
    let gone = Entity::delete_by_id(workspace.to_owned()).exec(db).await?;
    Ok(gone.rows_affected > 0)
}
