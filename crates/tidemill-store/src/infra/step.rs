//! How far the steps of a plan are. A step without a row has not begun.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;

use crate::Result;

/// One step that has begun.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "infra_step")]
pub struct Model {
    /// The plan.
    #[sea_orm(primary_key, auto_increment = false)]
    pub plan: String,
    /// Its place in the plan, from 0.
    #[sea_orm(primary_key, auto_increment = false)]
    pub place: i64,
    /// `begun`, `done` or `failed`.
    pub state: String,
    /// UTC milliseconds of the last news.
    pub at: i64,
    /// Why it failed.
    pub error: Option<String>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The steps of a plan that have begun.
pub async fn of(db: &impl ConnectionTrait, plan: &str) -> Result<Vec<Model>> {
    Ok(Entity::find().filter(Column::Plan.eq(plan)).all(db).await?)
}

/// Writes how far a step is.
pub async fn put(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        plan,
        place,
        state,
        at,
        error,
    } = row;
    Entity::insert(ActiveModel {
        plan: Set(plan),
        place: Set(place),
        state: Set(state),
        at: Set(at),
        error: Set(error),
    })
    .on_conflict(
        OnConflict::columns([Column::Plan, Column::Place])
            .update_columns([Column::State, Column::At, Column::Error])
            .to_owned(),
    )
    .exec_without_returning(db)
    .await?;
    Ok(())
}
