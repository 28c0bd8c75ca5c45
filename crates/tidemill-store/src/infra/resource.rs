//! What stacks manage: each resource as it was applied last. A resource belongs to one stack.

use sea_orm::ActiveValue::Set;
use sea_orm::QueryOrder;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;

use crate::Result;

/// One resource that a stack manages.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "infra_resource")]
pub struct Model {
    /// Such as `compute`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    /// `/`, `/groups/{group}` or `/workspaces/{workspace}`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub scope: String,
    /// Its name there.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// The stack.
    pub stack: String,
    /// JSON of what it said when it was applied, secrets masked.
    pub applied: String,
    /// JSON of the addresses that it needed.
    pub needs: String,
    /// The plan that applied it last.
    pub plan: String,
    /// Its place there.
    pub place: i64,
    /// UTC milliseconds.
    pub applied_at: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What every stack manages, by stack, in the order in which it was applied.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .order_by_asc(Column::Stack)
        .order_by_asc(Column::Place)
        .all(db)
        .await?)
}

/// What a stack manages, in the order in which it was applied.
pub async fn of(db: &impl ConnectionTrait, stack: &str) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::Stack.eq(stack))
        .order_by_asc(Column::Place)
        .all(db)
        .await?)
}

/// Writes a resource, new or applied anew.
pub async fn put(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        kind,
        scope,
        name,
        stack,
        applied,
        needs,
        plan,
        place,
        applied_at,
    } = row;
    Entity::insert(ActiveModel {
        kind: Set(kind),
        scope: Set(scope),
        name: Set(name),
        stack: Set(stack),
        applied: Set(applied),
        needs: Set(needs),
        plan: Set(plan),
        place: Set(place),
        applied_at: Set(applied_at),
    })
    .on_conflict(
        OnConflict::columns([Column::Kind, Column::Scope, Column::Name])
            .update_columns([
                Column::Stack,
                Column::Applied,
                Column::Needs,
                Column::Plan,
                Column::Place,
                Column::AppliedAt,
            ])
            .to_owned(),
    )
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// Takes a resource off the record.
pub async fn delete(db: &impl ConnectionTrait, kind: &str, scope: &str, name: &str) -> Result<()> {
    Entity::delete_by_id((kind.to_owned(), scope.to_owned(), name.to_owned()))
        .exec(db)
        .await?;
    Ok(())
}
