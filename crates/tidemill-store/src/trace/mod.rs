//! Traces: what happened inside a call of a model. Tags are in the table of tags, metadata in that of parameters.

mod assessment;
mod import;
mod link;
mod metrics;
mod search;
mod span;

pub use assessment::{
    Model as Assessment, delete as delete_assessment, get as get_assessment, of_many as assessments,
    put as put_assessment, set_valid as set_assessment_valid,
};
pub(crate) use import::import;
pub use link::{Link, add as add_links};
pub use metrics::{Measure, Measures, View, measures};
pub use search::{Search, count, search, texts_of};
pub use span::{Model as Span, of_many as spans, put as put_spans};

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{ExprTrait, OnConflict, Query};
use sea_orm::{QueryOrder, QuerySelect};

use crate::Result;
use crate::tag::{self, Noun, Pairs, Table};

/// One trace.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "trace_info")]
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
    /// Milliseconds; none while it lasts.
    pub execution_ms: Option<i64>,
    /// `OK`, `ERROR`, `IN_PROGRESS` or `STATE_UNSPECIFIED`.
    pub state: String,
    /// As the caller knows it.
    pub client_request_id: Option<String>,
    /// The beginning of what was asked.
    pub request_preview: Option<String>,
    /// The beginning of what was answered.
    pub response_preview: Option<String>,
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

/// Several traces by id, in no order; only those of these experiments, when given.
pub async fn get_many(
    db: &impl ConnectionTrait,
    workspace: &str,
    ids: &[String],
    experiment_ids: Option<&[i64]>,
) -> Result<Vec<Model>> {
    let mut found = Vec::new();
    for ids in ids.chunks(500) {
        let mut query = Entity::find()
            .filter(Column::Workspace.eq(workspace))
            .filter(Column::TraceId.is_in(ids));
        if let Some(experiment_ids) = experiment_ids {
            query = query.filter(Column::ExperimentId.is_in(experiment_ids.iter().copied()));
        }
        found.extend(query.all(db).await?);
    }
    Ok(found)
}

/// Writes a trace, new or changed, and adds to its tags and metadata.
pub async fn put(db: &impl ConnectionTrait, row: Model, tags: &Pairs, metadata: &Pairs) -> Result<()> {
    let Model {
        workspace,
        trace_id,
        experiment_id,
        request_time,
        execution_ms,
        state,
        client_request_id,
        request_preview,
        response_preview,
    } = row;
    Entity::insert(ActiveModel {
        workspace: Set(workspace.clone()),
        trace_id: Set(trace_id.clone()),
        experiment_id: Set(experiment_id),
        request_time: Set(request_time),
        execution_ms: Set(execution_ms),
        state: Set(state),
        client_request_id: Set(client_request_id),
        request_preview: Set(request_preview),
        response_preview: Set(response_preview),
    })
    .on_conflict(
        OnConflict::columns([Column::Workspace, Column::TraceId])
            .update_columns([
                Column::RequestTime,
                Column::ExecutionMs,
                Column::State,
                Column::ClientRequestId,
                Column::RequestPreview,
                Column::ResponsePreview,
            ])
            .to_owned(),
    )
    .exec_without_returning(db)
    .await?;
    tag::put(db, Table::Tag, &workspace, Noun::Trace, &trace_id, tags).await?;
    tag::put(db, Table::Param, &workspace, Noun::Trace, &trace_id, metadata).await
}

/// Which traces to delete.
#[derive(Debug, Clone, Copy)]
pub struct Deletion<'d> {
    /// Of this experiment.
    pub experiment_id: i64,
    /// Not younger than this.
    pub until: Option<i64>,
    /// The oldest, at most this many.
    pub most: Option<u64>,
    /// Only these.
    pub ids: &'d [String],
}

/// The ids of traces to delete, the oldest first.
pub async fn to_delete(
    db: &impl ConnectionTrait,
    workspace: &str,
    which: Deletion<'_>,
) -> Result<Vec<String>> {
    let mut query = Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::ExperimentId.eq(which.experiment_id))
        .order_by_asc(Column::RequestTime)
        .order_by_asc(Column::TraceId);
    if let Some(until) = which.until {
        query = query.filter(Column::RequestTime.lte(until));
    }
    if !which.ids.is_empty() {
        query = query.filter(Column::TraceId.is_in(which.ids));
    }
    if let Some(most) = which.most {
        query = query.limit(most);
    }
    let rows = query.all(db).await?;
    Ok(rows.into_iter().map(|row| row.trace_id).collect())
}

/// Removes traces with all that belongs to them.
pub async fn delete(db: &impl ConnectionTrait, workspace: &str, ids: &[String]) -> Result<u64> {
    let mut gone = 0;
    for ids in ids.chunks(500) {
        for table in ["trace_span", "trace_link", "assessment", "review_item"] {
            let mut delete = Query::delete();
            delete
                .from_table(table)
                .and_where(Expr::col("workspace").eq(workspace))
                .and_where(Expr::col("trace_id").is_in(ids));
            db.execute(&delete).await?;
        }
        for table in ["tag", "param"] {
            let mut delete = Query::delete();
            delete
                .from_table(table)
                .and_where(Expr::col("workspace").eq(workspace))
                .and_where(Expr::col("noun").eq(Noun::Trace.as_str()))
                .and_where(Expr::col("owner").is_in(ids));
            db.execute(&delete).await?;
        }
        let done = Entity::delete_many()
            .filter(Column::Workspace.eq(workspace))
            .filter(Column::TraceId.is_in(ids))
            .exec(db)
            .await?;
        gone += done.rows_affected;
    }
    Ok(gone)
}
