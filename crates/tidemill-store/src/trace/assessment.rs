//! Assessments of traces: feedback, expectations, and issues that they show.

use std::collections::HashMap;

use sea_orm::ActiveValue::Set;
use sea_orm::QueryOrder;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;

use crate::Result;

/// One assessment.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "assessment")]
pub struct Model {
    /// The workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// Its trace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub trace_id: String,
    /// `a-` and 32 hex digits.
    #[sea_orm(primary_key, auto_increment = false)]
    pub assessment_id: String,
    /// What is assessed.
    pub name: String,
    /// `feedback`, `expectation` or `issue`.
    pub kind: String,
    /// JSON.
    pub value: String,
    /// The value, when it is a number.
    pub number: Option<f64>,
    /// JSON.
    pub error: Option<String>,
    /// `HUMAN`, `LLM_JUDGE` or `CODE`.
    pub source_type: String,
    /// Which one.
    pub source_id: Option<String>,
    /// The span that it is about.
    pub span_id: Option<String>,
    /// Why.
    pub rationale: Option<String>,
    /// JSON.
    pub metadata: String,
    /// The assessment that it stands for.
    pub overrides: Option<String>,
    /// Whether it still counts.
    pub valid: bool,
    /// UTC milliseconds.
    pub created_at: i64,
    /// UTC milliseconds.
    pub updated_at: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

type Id<'i> = (&'i str, &'i str, &'i str);

/// One assessment by workspace, trace and id.
pub async fn get(db: &impl ConnectionTrait, (workspace, trace_id, id): Id<'_>) -> Result<Option<Model>> {
    let key = (workspace.to_owned(), trace_id.to_owned(), id.to_owned());
    Ok(Entity::find_by_id(key).one(db).await?)
}

/// Writes an assessment, new or changed.
pub async fn put(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        workspace,
        trace_id,
        assessment_id,
        name,
        kind,
        value,
        number,
        error,
        source_type,
        source_id,
        span_id,
        rationale,
        metadata,
        overrides,
        valid,
        created_at,
        updated_at,
    } = row;
    Entity::insert(ActiveModel {
        workspace: Set(workspace),
        trace_id: Set(trace_id),
        assessment_id: Set(assessment_id),
        name: Set(name),
        kind: Set(kind),
        value: Set(value),
        number: Set(number),
        error: Set(error),
        source_type: Set(source_type),
        source_id: Set(source_id),
        span_id: Set(span_id),
        rationale: Set(rationale),
        metadata: Set(metadata),
        overrides: Set(overrides),
        valid: Set(valid),
        created_at: Set(created_at),
        updated_at: Set(updated_at),
    })
    .on_conflict(
        OnConflict::columns([Column::Workspace, Column::TraceId, Column::AssessmentId])
            .update_columns([
                Column::Name,
                Column::Value,
                Column::Number,
                Column::Error,
                Column::Rationale,
                Column::Metadata,
                Column::Valid,
                Column::UpdatedAt,
            ])
            .to_owned(),
    )
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// Says whether an assessment counts; says whether there is such a one.
pub async fn set_valid(
    db: &impl ConnectionTrait,
    (workspace, trace_id, id): Id<'_>,
    valid: bool,
) -> Result<bool> {
    let done = Entity::update_many()
        .col_expr(Column::Valid, Expr::value(valid))
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::TraceId.eq(trace_id))
        .filter(Column::AssessmentId.eq(id))
        .exec(db)
        .await?;
    Ok(done.rows_affected > 0)
}

/// Removes an assessment.
pub async fn delete(db: &impl ConnectionTrait, (workspace, trace_id, id): Id<'_>) -> Result<()> {
    let key = (workspace.to_owned(), trace_id.to_owned(), id.to_owned());
    Entity::delete_by_id(key).exec(db).await?;
    Ok(())
}

/// The assessments of traces, in the order in which they were made.
pub async fn of_many(
    db: &impl ConnectionTrait,
    workspace: &str,
    trace_ids: &[String],
) -> Result<HashMap<String, Vec<Model>>> {
    let mut found: HashMap<String, Vec<Model>> = HashMap::new();
    for ids in trace_ids.chunks(500) {
        let rows = Entity::find()
            .filter(Column::Workspace.eq(workspace))
            .filter(Column::TraceId.is_in(ids))
            .order_by_asc(Column::CreatedAt)
            .order_by_asc(Column::AssessmentId)
            .all(db)
            .await?;
        for row in rows {
            found.entry(row.trace_id.clone()).or_default().push(row);
        }
    }
    Ok(found)
}
