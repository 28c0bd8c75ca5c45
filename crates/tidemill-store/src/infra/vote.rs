//! What people said of plans: the last word of each.

use sea_orm::ActiveValue::Set;
use sea_orm::QueryOrder;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;

use crate::Result;

/// What somebody said.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "infra_vote")]
pub struct Model {
    /// The plan.
    #[sea_orm(primary_key, auto_increment = false)]
    pub plan: String,
    /// Who, such as `user:ada`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub who: String,
    /// Yes or no.
    pub agrees: bool,
    /// Why.
    pub comment: Option<String>,
    /// UTC milliseconds.
    pub at: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What was said of a plan, oldest first.
pub async fn of(db: &impl ConnectionTrait, plan: &str) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::Plan.eq(plan))
        .order_by_asc(Column::At)
        .all(db)
        .await?)
}

/// Writes what somebody says now.
pub async fn put(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        plan,
        who,
        agrees,
        comment,
        at,
    } = row;
    Entity::insert(ActiveModel {
        plan: Set(plan),
        who: Set(who),
        agrees: Set(agrees),
        comment: Set(comment),
        at: Set(at),
    })
    .on_conflict(
        OnConflict::columns([Column::Plan, Column::Who])
            .update_columns([Column::Agrees, Column::Comment, Column::At])
            .to_owned(),
    )
    .exec_without_returning(db)
    .await?;
    Ok(())
}
