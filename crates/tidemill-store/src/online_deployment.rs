//! Online deployments: what stands behind an endpoint, and how far it has come.

use sea_orm::ActiveValue::Set;
use sea_orm::QueryOrder;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, OnConflict};

use crate::Result;

/// One deployment.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "online_deployment")]
pub struct Model {
    /// The workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// Its endpoint.
    #[sea_orm(primary_key, auto_increment = false)]
    pub endpoint: String,
    /// Unique behind the endpoint.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// JSON of its specification.
    pub spec: String,
    /// JSON of its plan: everything resolved.
    pub plan: String,
    /// Counts changes for which instances are started anew.
    pub generation: i64,
    /// The generation that came up last; 0 for none.
    pub served: i64,
    /// How many instances there shall be now.
    pub wanted: i64,
    /// `Creating`, `Updating`, `Succeeded`, `Failed` or `Deleting`.
    pub state: String,
    /// Why it failed.
    pub reason: Option<String>,
    /// It gets all the traffic once it is up.
    pub all_traffic: bool,
    /// JSON of what was read and has no effect.
    pub warnings: String,
    /// Who made it.
    pub created_by: String,
    /// Counts changes; the ETag.
    pub revision: i64,
    /// UTC milliseconds.
    pub created_at: i64,
    /// UTC milliseconds.
    pub updated_at: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

fn key(workspace: &str, endpoint: &str, name: &str) -> (String, String, String) {
    (workspace.to_owned(), endpoint.to_owned(), name.to_owned())
}

/// One deployment by name.
pub async fn get(
    db: &impl ConnectionTrait,
    workspace: &str,
    endpoint: &str,
    name: &str,
) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(key(workspace, endpoint, name)).one(db).await?)
}

/// The deployments of an endpoint by name.
pub async fn list(db: &impl ConnectionTrait, workspace: &str, endpoint: &str) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Endpoint.eq(endpoint))
        .order_by_asc(Column::Name)
        .all(db)
        .await?)
}

/// Every deployment of the server.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<Model>> {
    Ok(Entity::find().all(db).await?)
}

/// Writes a deployment, new or changed.
pub async fn put(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        workspace,
        endpoint,
        name,
        spec,
        plan,
        generation,
        served,
        wanted,
        state,
        reason,
        all_traffic,
        warnings,
        created_by,
        revision,
        created_at,
        updated_at,
    } = row;
    Entity::insert(ActiveModel {
        workspace: Set(workspace),
        endpoint: Set(endpoint),
        name: Set(name),
        spec: Set(spec),
        plan: Set(plan),
        generation: Set(generation),
        served: Set(served),
        wanted: Set(wanted),
        state: Set(state),
        reason: Set(reason),
        all_traffic: Set(all_traffic),
        warnings: Set(warnings),
        created_by: Set(created_by),
        revision: Set(revision),
        created_at: Set(created_at),
        updated_at: Set(updated_at),
    })
    .on_conflict(
        OnConflict::columns([Column::Workspace, Column::Endpoint, Column::Name])
            .update_columns([
                Column::Spec,
                Column::Plan,
                Column::Generation,
                Column::Wanted,
                Column::State,
                Column::Reason,
                Column::AllTraffic,
                Column::Warnings,
                Column::Revision,
                Column::UpdatedAt,
            ])
            .to_owned(),
    )
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// How far a deployment has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// `Succeeded`, `Failed`, …
    pub state: String,
    /// Why it failed.
    pub reason: Option<String>,
    /// The generation that came up last.
    pub served: i64,
    /// How many instances there shall be now.
    pub wanted: i64,
}

/// Writes how far a deployment has come, while it is still of the generation that was looked at, and not being deleted.
pub async fn advance(
    db: &impl ConnectionTrait,
    (workspace, endpoint, name): (&str, &str, &str),
    generation: i64,
    progress: Progress,
) -> Result<bool> {
    let Progress {
        state,
        reason,
        served,
        wanted,
    } = progress;
    Ok(Entity::update_many()
        .col_expr(Column::State, Expr::value(state))
        .col_expr(Column::Reason, Expr::value(reason))
        .col_expr(Column::Served, Expr::value(served))
        .col_expr(Column::Wanted, Expr::value(wanted))
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Endpoint.eq(endpoint))
        .filter(Column::Name.eq(name))
        .filter(Column::Generation.eq(generation))
        .filter(Column::State.ne("Deleting"))
        .exec(db)
        .await?
        .rows_affected
        > 0)
}

/// Says that a deployment is being deleted; gives whether it is there.
pub async fn start_deleting(
    db: &impl ConnectionTrait,
    workspace: &str,
    endpoint: &str,
    name: &str,
) -> Result<bool> {
    Ok(Entity::update_many()
        .col_expr(Column::State, Expr::value("Deleting"))
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Endpoint.eq(endpoint))
        .filter(Column::Name.eq(name))
        .exec(db)
        .await?
        .rows_affected
        > 0)
}

/// Removes a deployment; says whether it was there.
pub async fn delete(db: &impl ConnectionTrait, workspace: &str, endpoint: &str, name: &str) -> Result<bool> {
    Ok(Entity::delete_by_id(key(workspace, endpoint, name))
        .exec(db)
        .await?
        .rows_affected
        > 0)
}
