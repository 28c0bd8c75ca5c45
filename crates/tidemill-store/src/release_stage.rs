//! How far a release is in a stage.

use sea_orm::ActiveValue::Set;
use sea_orm::QueryOrder;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;

use crate::Result;

/// A release in a stage.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "release_stage")]
pub struct Model {
    /// The workspace in which the release was made.
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// The release.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// Its number.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    /// The stage.
    #[sea_orm(primary_key, auto_increment = false)]
    pub stage: String,
    /// The workspace of the stage.
    pub target: String,
    /// The endpoint in it.
    pub endpoint: String,
    /// Its deployment behind the endpoint.
    pub deployment: String,
    /// The deployment that answered before it.
    pub previous: Option<String>,
    /// `Waiting`, `Deploying`, `Testing`, `RollingOut`, `Live`, `Superseded`, `RolledBack`, `Rejected` or `Failed`.
    pub state: String,
    /// The step of the rollout.
    pub step: i64,
    /// Who brings it into the stage.
    pub promoter: String,
    /// Why it waits or ended.
    pub reason: Option<String>,
    /// JSON of what gates and tests found.
    pub evidence: String,
    /// UTC milliseconds.
    pub created_at: i64,
    /// UTC milliseconds.
    pub updated_at: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A release in one stage.
pub async fn get(
    db: &impl ConnectionTrait,
    workspace: &str,
    name: &str,
    number: i64,
    stage: &str,
) -> Result<Option<Model>> {
    let key = (workspace.to_owned(), name.to_owned(), number, stage.to_owned());
    Ok(Entity::find_by_id(key).one(db).await?)
}

/// A release in all stages that it has reached.
pub async fn of(db: &impl ConnectionTrait, workspace: &str, name: &str, number: i64) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Name.eq(name))
        .filter(Column::Number.eq(number))
        .order_by_asc(Column::CreatedAt)
        .all(db)
        .await?)
}

/// What is in one of these states behind an endpoint of a stage, newest first.
pub async fn behind(
    db: &impl ConnectionTrait,
    target: &str,
    endpoint: &str,
    states: &[&str],
) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::Target.eq(target))
        .filter(Column::Endpoint.eq(endpoint))
        .filter(Column::State.is_in(states.iter().copied()))
        .order_by_desc(Column::UpdatedAt)
        .all(db)
        .await?)
}

/// Everything that is in one of these states.
pub async fn in_states(db: &impl ConnectionTrait, states: &[&str]) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::State.is_in(states.iter().copied()))
        .all(db)
        .await?)
}

/// Writes one, new or changed.
pub async fn put(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        workspace,
        name,
        number,
        stage,
        target,
        endpoint,
        deployment,
        previous,
        state,
        step,
        promoter,
        reason,
        evidence,
        created_at,
        updated_at,
    } = row;
    Entity::insert(ActiveModel {
        workspace: Set(workspace),
        name: Set(name),
        number: Set(number),
        stage: Set(stage),
        target: Set(target),
        endpoint: Set(endpoint),
        deployment: Set(deployment),
        previous: Set(previous),
        state: Set(state),
        step: Set(step),
        promoter: Set(promoter),
        reason: Set(reason),
        evidence: Set(evidence),
        created_at: Set(created_at),
        updated_at: Set(updated_at),
    })
    .on_conflict(
        OnConflict::columns([Column::Workspace, Column::Name, Column::Number, Column::Stage])
            .update_columns([
                Column::Target,
                Column::Endpoint,
                Column::Deployment,
                Column::CreatedAt,
                Column::Previous,
                Column::State,
                Column::Step,
                Column::Promoter,
                Column::Reason,
                Column::Evidence,
                Column::UpdatedAt,
            ])
            .to_owned(),
    )
    .exec_without_returning(db)
    .await?;
    Ok(())
}
