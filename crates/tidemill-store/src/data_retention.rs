//! How long the versions of a data asset are kept.

use sea_orm::ActiveValue::Set;
use sea_orm::QueryOrder;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;

use crate::Result;

/// The rule of one asset.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "data_retention")]
pub struct Model {
    /// The workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// The data asset.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// JSON of the rule.
    pub spec: String,
    /// Who set it.
    pub set_by: String,
    /// UTC milliseconds.
    pub updated_at: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The rule of an asset.
pub async fn get(db: &impl ConnectionTrait, workspace: &str, name: &str) -> Result<Option<Model>> {
    let key = (workspace.to_owned(), name.to_owned());
    Ok(Entity::find_by_id(key).one(db).await?)
}

/// The rules of every workspace that is not archived or deleted.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::Workspace.not_in_subquery(crate::workspace_state::at_rest()))
        .order_by_asc(Column::Workspace)
        .order_by_asc(Column::Name)
        .all(db)
        .await?)
}

/// Sets a rule.
pub async fn put(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        workspace,
        name,
        spec,
        set_by,
        updated_at,
    } = row;
    Entity::insert(ActiveModel {
        workspace: Set(workspace),
        name: Set(name),
        spec: Set(spec),
        set_by: Set(set_by),
        updated_at: Set(updated_at),
    })
    .on_conflict(
        OnConflict::columns([Column::Workspace, Column::Name])
            .update_columns([Column::Spec, Column::SetBy, Column::UpdatedAt])
            .to_owned(),
    )
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// Removes a rule; says whether there was one.
pub async fn delete(db: &impl ConnectionTrait, workspace: &str, name: &str) -> Result<bool> {
    let key = (workspace.to_owned(), name.to_owned());
    Ok(Entity::delete_by_id(key).exec(db).await?.rows_affected > 0)
}
