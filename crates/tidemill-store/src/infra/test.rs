//! What the tests of plans found. A test without a row has not begun.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;

use crate::Result;

/// What a test found.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "infra_test")]
pub struct Model {
    /// The plan.
    #[sea_orm(primary_key, auto_increment = false)]
    pub plan: String,
    /// Its place in the plan, from 0.
    #[sea_orm(primary_key, auto_increment = false)]
    pub place: i64,
    /// `running`, `passed` or `failed`.
    pub state: String,
    /// Why, or what ran.
    pub says: Option<String>,
    /// UTC milliseconds of the last news.
    pub at: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What was found of a plan.
pub async fn of(db: &impl ConnectionTrait, plan: &str) -> Result<Vec<Model>> {
    Ok(Entity::find().filter(Column::Plan.eq(plan)).all(db).await?)
}

/// Forgets what was found: the tests begin anew.
pub async fn forget(db: &impl ConnectionTrait, plan: &str) -> Result<()> {
    Entity::delete_many()
        .filter(Column::Plan.eq(plan))
        .exec(db)
        .await?;
    Ok(())
}

/// Writes how far a test is.
pub async fn put(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        plan,
        place,
        state,
        says,
        at,
    } = row;
    Entity::insert(ActiveModel {
        plan: Set(plan),
        place: Set(place),
        state: Set(state),
        says: Set(says),
        at: Set(at),
    })
    .on_conflict(
        OnConflict::columns([Column::Plan, Column::Place])
            .update_columns([Column::State, Column::Says, Column::At])
            .to_owned(),
    )
    .exec_without_returning(db)
    .await?;
    Ok(())
}
