//! Models that runs of published pipelines make, on their way to a release.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{QueryOrder, QuerySelect};

use crate::Result;

/// One candidate.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "candidate")]
pub struct Model {
    /// The workspace of the pipeline.
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// The run that makes it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub job: String,
    /// The published pipeline.
    pub pipeline: String,
    /// Its version.
    pub version: i64,
    /// The workspace of the first stage.
    pub target: String,
    /// The endpoint there.
    pub endpoint: String,
    /// Its deployment there.
    pub deployment: String,
    /// The model, once it is made.
    pub model: Option<String>,
    /// The release, as in `flights:3`, once it is open.
    pub release: Option<String>,
    /// `Training`, `Deploying`, `Released` or `Failed`.
    pub state: String,
    /// Why it failed.
    pub reason: Option<String>,
    /// UTC milliseconds.
    pub created_at: i64,
    /// UTC milliseconds.
    pub updated_at: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Those that have come to no end.
pub async fn open(db: &impl ConnectionTrait) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::State.is_in(["Training", "Deploying"]))
        .order_by_asc(Column::CreatedAt)
        .all(db)
        .await?)
}

/// Those of a published pipeline, newest first.
pub async fn of(db: &impl ConnectionTrait, workspace: &str, pipeline: &str, most: u64) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Pipeline.eq(pipeline))
        .order_by_desc(Column::CreatedAt)
        .limit(most)
        .all(db)
        .await?)
}

/// Writes one, new or changed.
pub async fn put(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        workspace,
        job,
        pipeline,
        version,
        target,
        endpoint,
        deployment,
        model,
        release,
        state,
        reason,
        created_at,
        updated_at,
    } = row;
    Entity::insert(ActiveModel {
        workspace: Set(workspace),
        job: Set(job),
        pipeline: Set(pipeline),
        version: Set(version),
        target: Set(target),
        endpoint: Set(endpoint),
        deployment: Set(deployment),
        model: Set(model),
        release: Set(release),
        state: Set(state),
        reason: Set(reason),
        created_at: Set(created_at),
        updated_at: Set(updated_at),
    })
    .on_conflict(
        OnConflict::columns([Column::Workspace, Column::Job])
            .update_columns([
                Column::Model,
                Column::Release,
                Column::State,
                Column::Reason,
                Column::UpdatedAt,
            ])
            .to_owned(),
    )
    .exec_without_returning(db)
    .await?;
    Ok(())
}
