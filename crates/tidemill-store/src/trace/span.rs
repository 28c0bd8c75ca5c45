//! Spans of traces, each with its whole content as JSON.

use std::collections::HashMap;

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;

use crate::Result;

/// One span.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "trace_span")]
pub struct Model {
    /// The workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// Its trace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub trace_id: String,
    /// 16 hex digits.
    #[sea_orm(primary_key, auto_increment = false)]
    pub span_id: String,
    /// The span that it is in.
    pub parent_id: Option<String>,
    /// Its name.
    pub name: String,
    /// Such as `LLM`.
    #[sea_orm(column_name = "type")]
    pub kind: Option<String>,
    /// `OK`, `ERROR` or `UNSET`.
    pub status: String,
    /// Nanoseconds since 1970.
    pub start_ns: i64,
    /// Nanoseconds since 1970.
    pub end_ns: Option<i64>,
    /// JSON, as MLflow's files of traces have it.
    pub content: String,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Writes spans, new or changed.
pub async fn put(db: &impl ConnectionTrait, rows: Vec<Model>) -> Result<()> {
    for rows in rows.chunks(200) {
        let rows = rows.iter().cloned().map(|row| {
            let Model {
                workspace,
                trace_id,
                span_id,
                parent_id,
                name,
                kind,
                status,
                start_ns,
                end_ns,
                content,
            } = row;
            ActiveModel {
                workspace: Set(workspace),
                trace_id: Set(trace_id),
                span_id: Set(span_id),
                parent_id: Set(parent_id),
                name: Set(name),
                kind: Set(kind),
                status: Set(status),
                start_ns: Set(start_ns),
                end_ns: Set(end_ns),
                content: Set(content),
            }
        });
        Entity::insert_many(rows)
            .on_conflict(
                OnConflict::columns([Column::Workspace, Column::TraceId, Column::SpanId])
                    .update_columns([
                        Column::ParentId,
                        Column::Name,
                        Column::Kind,
                        Column::Status,
                        Column::StartNs,
                        Column::EndNs,
                        Column::Content,
                    ])
                    .to_owned(),
            )
            .exec_without_returning(db)
            .await?;
    }
    Ok(())
}

/// The spans of traces: outermost first, then by their start.
pub async fn of_many(
    db: &impl ConnectionTrait,
    workspace: &str,
    trace_ids: &[String],
) -> Result<HashMap<String, Vec<Model>>> {
    let mut found: HashMap<String, Vec<Model>> = HashMap::new();
    for ids in trace_ids.chunks(100) {
        let rows = Entity::find()
            .filter(Column::Workspace.eq(workspace))
            .filter(Column::TraceId.is_in(ids))
            .all(db)
            .await?;
        for row in rows {
            found.entry(row.trace_id.clone()).or_default().push(row);
        }
    }
    for spans in found.values_mut() {
        spans.sort_by(|a, b| {
            let place = |span: &Model| (span.parent_id.is_some(), span.start_ns);
            place(a).cmp(&place(b)).then_with(|| a.span_id.cmp(&b.span_id))
        });
    }
    Ok(found)
}
