//! The outbox: what happened, written in the transaction in which it happened.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};

use crate::Result;

/// One event.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "event")]
pub struct Model {
    /// ULID.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// UTC milliseconds.
    pub at: i64,
    /// Workspace, when it has one.
    pub workspace: Option<String>,
    /// Such as `datastores/write` or `job/completed`.
    pub kind: String,
    /// What it is about, such as `/workspaces/default/datastores/lake`.
    pub subject: String,
    /// JSON.
    pub detail: String,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Adds an event.
pub async fn append(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        id,
        at,
        workspace,
        kind,
        subject,
        detail,
    } = row;
    Entity::insert(ActiveModel {
        id: Set(id),
        at: Set(at),
        workspace: Set(workspace),
        kind: Set(kind),
        subject: Set(subject),
        detail: Set(detail),
    })
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// Events of a kind about one thing after `after` (an id), oldest first, 100 at most.
pub async fn of_kind(
    db: &impl ConnectionTrait,
    after: &str,
    kind: &str,
    subject: &str,
) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::Id.gt(after))
        .filter(Column::Kind.eq(kind))
        .filter(Column::Subject.eq(subject))
        .order_by_asc(Column::Id)
        .limit(100)
        .all(db)
        .await?)
}

/// Events after `after` (an id), oldest first.
pub async fn list(db: &impl ConnectionTrait, after: Option<&str>, limit: u64) -> Result<Vec<Model>> {
    let mut query = Entity::find().order_by_asc(Column::Id).limit(limit);
    if let Some(after) = after {
        query = query.filter(Column::Id.gt(after));
    }
    Ok(query.all(db).await?)
}
