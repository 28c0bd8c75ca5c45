//! Assignments: who has which role where.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{ExprTrait, QueryOrder};

use crate::Result;

/// One assignment.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "role_assignment")]
pub struct Model {
    /// A word of its maker's choice, or made of what it says.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// `user`, `team` or `service-principal`.
    pub kind: String,
    /// Who has it.
    pub name: String,
    /// The role.
    pub role: String,
    /// Where, such as `/workspaces/dev`.
    pub scope: String,
    /// Who gave it.
    pub created_by: String,
    /// UTC milliseconds.
    pub created_at: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// One by its id.
pub async fn get(db: &impl ConnectionTrait, id: &str) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// All of them by place.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .order_by_asc(Column::Scope)
        .order_by_asc(Column::Id)
        .all(db)
        .await?)
}

/// Adds one.
pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        id,
        kind,
        name,
        role,
        scope,
        created_by,
        created_at,
    } = row;
    Entity::insert(ActiveModel {
        id: Set(id),
        kind: Set(kind),
        name: Set(name),
        role: Set(role),
        scope: Set(scope),
        created_by: Set(created_by),
        created_at: Set(created_at),
    })
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// Removes one.
pub async fn delete(db: &impl ConnectionTrait, id: &str) -> Result<bool> {
    Ok(Entity::delete_by_id(id).exec(db).await?.rows_affected > 0)
}

/// Removes those of a principal.
pub(crate) async fn delete_of(db: &impl ConnectionTrait, kind: &str, name: &str) -> Result<()> {
    Entity::delete_many()
        .filter(Column::Kind.eq(kind))
        .filter(Column::Name.eq(name))
        .exec(db)
        .await?;
    Ok(())
}

/// Removes those at a place and at all in it.
pub async fn delete_at(db: &impl ConnectionTrait, scope: &str) -> Result<()> {
    Entity::delete_many()
        .filter(
            Column::Scope
                .eq(scope)
                .or(Column::Scope.starts_with(format!("{scope}/"))),
        )
        .exec(db)
        .await?;
    Ok(())
}
