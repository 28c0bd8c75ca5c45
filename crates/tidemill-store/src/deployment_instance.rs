//! Instances of deployments: processes that answer, one row for each that was ever started and is still remembered.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{QueryOrder, QuerySelect};

use crate::Result;

/// One instance.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "deployment_instance")]
pub struct Model {
    /// The workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// Its endpoint.
    #[sea_orm(primary_key, auto_increment = false)]
    pub endpoint: String,
    /// Its deployment.
    #[sea_orm(primary_key, auto_increment = false)]
    pub deployment: String,
    /// Counts the instances of the deployment, from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    /// The generation of the deployment that it was started for.
    pub generation: i64,
    /// JSON of what it runs.
    pub plan: String,
    /// `Starting`, `Running`, `Ready`, `Draining`, `Ended` or `Failed`.
    pub state: String,
    /// Where it listens on loopback.
    pub port: i64,
    /// JSON of where its runner is.
    pub handle: Option<String>,
    /// JSON of the environment that was prepared.
    pub environment: Option<String>,
    /// Why it ended.
    pub reason: Option<String>,
    /// With which code its command ended.
    pub exit_code: Option<i64>,
    /// UTC milliseconds.
    pub created_at: i64,
    /// When its command was started: UTC milliseconds.
    pub started_at: Option<i64>,
    /// When it answered first: UTC milliseconds.
    pub ready_at: Option<i64>,
    /// UTC milliseconds.
    pub ended_at: Option<i64>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The states of an instance that has ended.
const OVER: [&str; 2] = ["Ended", "Failed"];

/// Which instance.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    /// The workspace.
    pub workspace: String,
    /// Its endpoint.
    pub endpoint: String,
    /// Its deployment.
    pub deployment: String,
    /// Its number.
    pub number: i64,
}

impl Model {
    /// Which instance it is.
    pub fn key(&self) -> Key {
        Key {
            workspace: self.workspace.clone(),
            endpoint: self.endpoint.clone(),
            deployment: self.deployment.clone(),
            number: self.number,
        }
    }
}

fn of(workspace: &str, endpoint: &str, deployment: &str) -> Select<Entity> {
    Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Endpoint.eq(endpoint))
        .filter(Column::Deployment.eq(deployment))
}

/// One instance.
pub async fn get(db: &impl ConnectionTrait, key: &Key) -> Result<Option<Model>> {
    Ok(of(&key.workspace, &key.endpoint, &key.deployment)
        .filter(Column::Number.eq(key.number))
        .one(db)
        .await?)
}

/// The instances of a deployment that are remembered, youngest first.
pub async fn list(
    db: &impl ConnectionTrait,
    workspace: &str,
    endpoint: &str,
    deployment: &str,
) -> Result<Vec<Model>> {
    Ok(of(workspace, endpoint, deployment)
        .order_by_desc(Column::Number)
        .all(db)
        .await?)
}

/// The instances of a deployment that have not ended, oldest first.
pub async fn open(
    db: &impl ConnectionTrait,
    workspace: &str,
    endpoint: &str,
    deployment: &str,
) -> Result<Vec<Model>> {
    Ok(of(workspace, endpoint, deployment)
        .filter(Column::State.is_not_in(OVER))
        .order_by_asc(Column::Number)
        .all(db)
        .await?)
}

/// The highest number that a deployment has given out.
pub async fn highest(
    db: &impl ConnectionTrait,
    workspace: &str,
    endpoint: &str,
    deployment: &str,
) -> Result<i64> {
    Ok(of(workspace, endpoint, deployment)
        .order_by_desc(Column::Number)
        .limit(1)
        .one(db)
        .await?
        .map_or(0, |row| row.number))
}

/// Writes an instance, new or changed.
pub async fn put(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        workspace,
        endpoint,
        deployment,
        number,
        generation,
        plan,
        state,
        port,
        handle,
        environment,
        reason,
        exit_code,
        created_at,
        started_at,
        ready_at,
        ended_at,
    } = row;
    Entity::insert(ActiveModel {
        workspace: Set(workspace),
        endpoint: Set(endpoint),
        deployment: Set(deployment),
        number: Set(number),
        generation: Set(generation),
        plan: Set(plan),
        state: Set(state),
        port: Set(port),
        handle: Set(handle),
        environment: Set(environment),
        reason: Set(reason),
        exit_code: Set(exit_code),
        created_at: Set(created_at),
        started_at: Set(started_at),
        ready_at: Set(ready_at),
        ended_at: Set(ended_at),
    })
    .on_conflict(
        OnConflict::columns([
            Column::Workspace,
            Column::Endpoint,
            Column::Deployment,
            Column::Number,
        ])
        .update_columns([Column::State])
        .to_owned(),
    )
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// What changes of an instance.
#[derive(Debug, Clone, Default)]
pub struct Patch {
    /// The state.
    pub state: Option<&'static str>,
    /// Where its runner is.
    pub handle: Option<String>,
    /// The environment that was prepared.
    pub environment: Option<String>,
    /// Why it ended.
    pub reason: Option<String>,
    /// With which code its command ended.
    pub exit_code: Option<i64>,
    /// When its command was started.
    pub started_at: Option<i64>,
    /// When it answered first.
    pub ready_at: Option<i64>,
    /// When it ended.
    pub ended_at: Option<i64>,
}

/// Changes an instance that has not ended; says whether it did.
pub async fn update(db: &impl ConnectionTrait, key: &Key, patch: Patch) -> Result<bool> {
    let Patch {
        state,
        handle,
        environment,
        reason,
        exit_code,
        started_at,
        ready_at,
        ended_at,
    } = patch;
    let mut query = Entity::update_many()
        .filter(Column::Workspace.eq(key.workspace.as_str()))
        .filter(Column::Endpoint.eq(key.endpoint.as_str()))
        .filter(Column::Deployment.eq(key.deployment.as_str()))
        .filter(Column::Number.eq(key.number))
        .filter(Column::State.is_not_in(OVER))
        // Something is always set.
        .col_expr(Column::Number, Expr::value(key.number));
    for (column, text) in [
        (Column::State, state.map(str::to_owned)),
        (Column::Handle, handle),
        (Column::Environment, environment),
        (Column::Reason, reason),
    ] {
        if let Some(text) = text {
            query = query.col_expr(column, Expr::value(text));
        }
    }
    for (column, number) in [
        (Column::ExitCode, exit_code),
        (Column::StartedAt, started_at),
        (Column::ReadyAt, ready_at),
        (Column::EndedAt, ended_at),
    ] {
        if let Some(number) = number {
            query = query.col_expr(column, Expr::value(number));
        }
    }
    Ok(query.exec(db).await?.rows_affected > 0)
}

/// Forgets instances that ended long ago, but for the youngest `keep` of a deployment. Gives the numbers that are gone.
pub async fn forget(
    db: &impl ConnectionTrait,
    workspace: &str,
    endpoint: &str,
    deployment: &str,
    keep: u64,
) -> Result<Vec<i64>> {
    let gone: Vec<i64> = of(workspace, endpoint, deployment)
        .filter(Column::State.is_in(OVER))
        .order_by_desc(Column::Number)
        .offset(keep)
        .limit(1000)
        .all(db)
        .await?
        .into_iter()
        .map(|row| row.number)
        .collect();
    Entity::delete_many()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Endpoint.eq(endpoint))
        .filter(Column::Deployment.eq(deployment))
        .filter(Column::Number.is_in(gone.clone()))
        .exec(db)
        .await?;
    Ok(gone)
}

/// Forgets every instance of a deployment.
pub async fn delete_all(
    db: &impl ConnectionTrait,
    workspace: &str,
    endpoint: &str,
    deployment: &str,
) -> Result<()> {
    Entity::delete_many()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Endpoint.eq(endpoint))
        .filter(Column::Deployment.eq(deployment))
        .exec(db)
        .await?;
    Ok(())
}
