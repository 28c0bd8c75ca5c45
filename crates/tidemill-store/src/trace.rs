//! Traces: what happened inside a call of a model, as its client told it.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{QueryOrder, QuerySelect};

use crate::Result;
use crate::search::{Found, Window};

/// One trace.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "trace")]
pub struct Model {
    /// The workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// `tr-` and 32 hex digits.
    #[sea_orm(primary_key, auto_increment = false)]
    pub trace_id: String,
    /// Its experiment.
    pub experiment_id: i64,
    /// UTC milliseconds.
    pub request_time: i64,
    /// JSON as the client sent it, with the server's tags.
    pub info: String,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// One trace by id.
pub async fn get(db: &impl ConnectionTrait, workspace: &str, trace_id: &str) -> Result<Option<Model>> {
    Ok(Entity::find_by_id((workspace.to_owned(), trace_id.to_owned()))
        .one(db)
        .await?)
}

/// Writes a trace, new or changed.
pub async fn put(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        workspace,
        trace_id,
        experiment_id,
        request_time,
        info,
    } = row;
    Entity::insert(ActiveModel {
        workspace: Set(workspace),
        trace_id: Set(trace_id),
        experiment_id: Set(experiment_id),
        request_time: Set(request_time),
        info: Set(info),
    })
    .on_conflict(
        OnConflict::columns([Column::Workspace, Column::TraceId])
            .update_columns([Column::RequestTime, Column::Info])
            .to_owned(),
    )
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// The traces of experiments, youngest first.
pub async fn list(
    db: &impl ConnectionTrait,
    workspace: &str,
    experiment_ids: &[i64],
    window: Window,
) -> Result<Found<Model>> {
    let mut items = Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::ExperimentId.is_in(experiment_ids.iter().copied()))
        .order_by_desc(Column::RequestTime)
        .order_by_asc(Column::TraceId)
        .limit(window.limit.saturating_add(1))
        .offset(window.offset)
        .all(db)
        .await?;
    let more = window.cut(&mut items);
    Ok(Found { items, more })
}
