//! The audit log: one row for every change of the control plane, in the transaction of the change.

use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, QueryOrder, QuerySelect};

use crate::Result;

/// One row of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit")]
pub struct Model {
    /// ULID.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// UTC milliseconds.
    pub at: i64,
    /// Who asked.
    pub principal: String,
    /// What for, such as `datastores/write`.
    pub action: String,
    /// Where, such as `/workspaces/default/datastores/lake`.
    pub scope: String,
    /// `allowed` or `refused`.
    pub outcome: String,
    /// The request that it came with.
    pub request_id: String,
    /// JSON: `before` and `after`, or why it was refused.
    pub detail: String,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Adds a row.
pub async fn append(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        id,
        at,
        principal,
        action,
        scope,
        outcome,
        request_id,
        detail,
    } = row;
    Entity::insert(ActiveModel {
        id: Set(id),
        at: Set(at),
        principal: Set(principal),
        action: Set(action),
        scope: Set(scope),
        outcome: Set(outcome),
        request_id: Set(request_id),
        detail: Set(detail),
    })
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// The newest rows, newest first.
pub async fn latest(db: &impl ConnectionTrait, limit: u64) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .order_by_desc(Column::Id)
        .limit(limit)
        .all(db)
        .await?)
}
