//! What is in a review queue: traces, and how far their review is.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, IntoActiveModel, PaginatorTrait, QueryOrder, QueryTrait};

use crate::Result;
use crate::search::{Found, Window};

/// One trace in one queue.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "review_item")]
pub struct Model {
    /// The workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// The queue.
    #[sea_orm(primary_key, auto_increment = false)]
    pub queue_id: String,
    /// The trace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub trace_id: String,
    /// `PENDING`, `COMPLETE` or `DECLINED`.
    pub status: String,
    /// Who ended the review.
    pub completed_by: Option<String>,
    /// UTC milliseconds.
    pub completed_at: Option<i64>,
    /// UTC milliseconds.
    pub created_at: i64,
    /// UTC milliseconds.
    pub updated_at: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Adds items; those that are there stay as they are.
pub async fn add(db: &impl ConnectionTrait, rows: Vec<Model>) -> Result<()> {
    for rows in rows.chunks(200) {
        Entity::insert_many(rows.iter().cloned().map(IntoActiveModel::into_active_model))
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(db)
            .await?;
    }
    Ok(())
}

/// One item.
pub async fn get(
    db: &impl ConnectionTrait,
    (workspace, queue_id, trace_id): (&str, &str, &str),
) -> Result<Option<Model>> {
    let key = (workspace.to_owned(), queue_id.to_owned(), trace_id.to_owned());
    Ok(Entity::find_by_id(key).one(db).await?)
}

/// Those of these traces that are in a queue, in no order.
pub async fn of_many(
    db: &impl ConnectionTrait,
    workspace: &str,
    queue_id: &str,
    trace_ids: &[String],
) -> Result<Vec<Model>> {
    let mut found = Vec::new();
    for ids in trace_ids.chunks(500) {
        let rows = Entity::find()
            .filter(Column::Workspace.eq(workspace))
            .filter(Column::QueueId.eq(queue_id))
            .filter(Column::TraceId.is_in(ids))
            .all(db)
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

/// The items of a queue, those that came last first; only of one status, when it is named.
pub async fn list(
    db: &impl ConnectionTrait,
    workspace: &str,
    queue_id: &str,
    status: Option<&str>,
    window: Window,
) -> Result<Found<Model>> {
    let mut query = Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::QueueId.eq(queue_id))
        .order_by_desc(Column::CreatedAt)
        .order_by_asc(Column::TraceId);
    if let Some(status) = status {
        query = query.filter(Column::Status.eq(status));
    }
    window.apply(QueryTrait::query(&mut query));
    let mut items = query.all(db).await?;
    let more = window.cut(&mut items);
    Ok(Found { items, more })
}

/// How many items a queue has.
pub async fn count(db: &impl ConnectionTrait, workspace: &str, queue_id: &str) -> Result<u64> {
    Ok(Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::QueueId.eq(queue_id))
        .count(db)
        .await?)
}

/// Writes an item as it is now.
pub async fn update(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        workspace,
        queue_id,
        trace_id,
        status,
        completed_by,
        completed_at,
        created_at: _,
        updated_at,
    } = row;
    Entity::update_many()
        .set(ActiveModel {
            status: Set(status),
            completed_by: Set(completed_by),
            completed_at: Set(completed_at),
            updated_at: Set(updated_at),
            ..Default::default()
        })
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::QueueId.eq(queue_id))
        .filter(Column::TraceId.eq(trace_id))
        .exec(db)
        .await?;
    Ok(())
}

/// Takes traces out of a queue.
pub async fn remove(
    db: &impl ConnectionTrait,
    workspace: &str,
    queue_id: &str,
    trace_ids: &[String],
) -> Result<()> {
    for ids in trace_ids.chunks(500) {
        Entity::delete_many()
            .filter(Column::Workspace.eq(workspace))
            .filter(Column::QueueId.eq(queue_id))
            .filter(Column::TraceId.is_in(ids))
            .exec(db)
            .await?;
    }
    Ok(())
}
