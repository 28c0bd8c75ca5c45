//! What became of workspaces: archived, or deleted and kept for a time; and removing one for good, with all that it holds.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query, SelectStatement};
use sea_orm::{DbBackend, QueryOrder, Statement};

use crate::{Result, workspace};

/// The state of one workspace.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "workspace_state")]
pub struct Model {
    /// The workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// UTC milliseconds; none where it is not archived.
    pub archived_at: Option<i64>,
    /// UTC milliseconds; none where it is not deleted.
    pub deleted_at: Option<i64>,
    /// Who deleted it.
    pub deleted_by: Option<String>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The state of a workspace; none where it is as it was made.
pub async fn get(db: &impl ConnectionTrait, name: &str) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(name).one(db).await?)
}

/// All of them, by workspace.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<Model>> {
    Ok(Entity::find().order_by_asc(Column::Workspace).all(db).await?)
}

/// Writes a state.
pub async fn put(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        workspace,
        archived_at,
        deleted_at,
        deleted_by,
    } = row;
    Entity::insert(ActiveModel {
        workspace: Set(workspace),
        archived_at: Set(archived_at),
        deleted_at: Set(deleted_at),
        deleted_by: Set(deleted_by),
    })
    .on_conflict(
        OnConflict::column(Column::Workspace)
            .update_columns([Column::ArchivedAt, Column::DeletedAt, Column::DeletedBy])
            .to_owned(),
    )
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// Selects the names of deleted workspaces.
pub(crate) fn deleted() -> SelectStatement {
    let mut select = Query::select();
    select
        .column("workspace")
        .from("workspace_state")
        .and_where(Expr::col("deleted_at").is_not_null());
    select
}

/// Selects the names of those in which nothing goes on by itself.
pub(crate) fn at_rest() -> SelectStatement {
    let mut select = Query::select();
    select.column("workspace").from("workspace_state").and_where(
        Expr::col("deleted_at")
            .is_not_null()
            .or(Expr::col("archived_at").is_not_null()),
    );
    select
}

/// Every table that holds things of a workspace, those that refer to others first. What is not here is named in [`KEPT`].
pub const TABLES: &[&str] = &[
    "workspace_state",
    "token",
    "tag",
    "param",
    "metric_series",
    "dataset",
    "run_input",
    "run_model",
    "logged_model_metric",
    "logged_model",
    "trace_span",
    "trace_link",
    "assessment",
    "trace_info",
    "model_history",
    "webhook_delivery",
    "webhook",
    "eval_record",
    "eval_dataset_experiment",
    "eval_dataset",
    "model_alias",
    "model_version",
    "registered_model",
    "lineage",
    "break_glass_event",
    "break_glass",
    "scorer",
    "review_item",
    "review_queue",
    "label_schema",
    "issue",
    "data_removal",
    "data_retention",
    "data_validation",
    "model_validation",
    "data_contract",
    "candidate",
    "published_pipeline",
    "schedule_run",
    "schedule",
    "release_event",
    "release_stage",
    "release_number",
    "deployment_instance",
    "online_deployment",
    "online_endpoint",
    "compute_request",
    "compute_power",
    "policy",
    "run",
    "job",
    "experiment",
    "asset_label",
    "asset_version",
    "asset",
    "compute",
    "datastore",
    "sequence",
];

/// Tables that tell of a workspace that is gone: what happened stays known.
pub const KEPT: &[&str] = &["event"];

/// Removes a deleted workspace with everything in it, unless it was recovered meanwhile; says whether it is gone.
pub async fn purge(db: &impl ConnectionTrait, name: &str, until_ms: i64) -> Result<bool> {
    let state = get(db, name).await?;
    if !state
        .and_then(|state| state.deleted_at)
        .is_some_and(|at| at <= until_ms)
    {
        return Ok(false);
    }
    let backend = db.get_database_backend();
    let place = match backend {
        DbBackend::Postgres => "$1",
        _ => "?",
    };
    let chunks = format!(
        "DELETE FROM metric_chunk WHERE series IN (SELECT series FROM metric_series WHERE workspace = {place})"
    );
    let mut statements = vec![chunks];
    statements.extend(
        TABLES
            .iter()
            .map(|table| format!("DELETE FROM {table} WHERE workspace = {place}")),
    );
    for sql in statements {
        db.execute_raw(Statement::from_sql_and_values(backend, sql, [name.into()]))
            .await?;
    }
    crate::assignment::delete_at(db, &format!("/workspaces/{name}")).await?;
    workspace::remove_row(db, name).await?;
    Ok(true)
}
