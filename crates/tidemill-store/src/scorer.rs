//! Scorers of experiments, each in versions.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ActiveValue::Set, QueryOrder};

use crate::Result;

/// One version of a scorer.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "scorer")]
pub struct Model {
    /// The workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// The experiment that it belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub experiment_id: i64,
    /// As people call it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// 1, 2, 3 …
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i64,
    /// A UUID, the same for all versions.
    pub scorer_id: String,
    /// JSON, as the client wrote it down.
    pub serialized: String,
    /// UTC milliseconds.
    pub created_at: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Adds a version: the next number, and the id that the scorer has already. Gives what was written.
pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<Model> {
    let newest = Entity::find()
        .filter(Column::Workspace.eq(&row.workspace))
        .filter(Column::ExperimentId.eq(row.experiment_id))
        .filter(Column::Name.eq(&row.name))
        .order_by_desc(Column::Version)
        .one(db)
        .await?;
    let row = match newest {
        Some(newest) => Model {
            version: newest.version + 1,
            scorer_id: newest.scorer_id,
            ..row
        },
        None => Model { version: 1, ..row },
    };
    let Model {
        workspace,
        experiment_id,
        name,
        version,
        scorer_id,
        serialized,
        created_at,
    } = row.clone();
    Entity::insert(ActiveModel {
        workspace: Set(workspace),
        experiment_id: Set(experiment_id),
        name: Set(name),
        version: Set(version),
        scorer_id: Set(scorer_id),
        serialized: Set(serialized),
        created_at: Set(created_at),
    })
    .exec_without_returning(db)
    .await?;
    Ok(row)
}

/// The versions of one scorer, the oldest first.
pub async fn versions(
    db: &impl ConnectionTrait,
    workspace: &str,
    experiment_id: i64,
    name: &str,
) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::ExperimentId.eq(experiment_id))
        .filter(Column::Name.eq(name))
        .order_by_asc(Column::Version)
        .all(db)
        .await?)
}

/// The newest version of each scorer, by experiment and name; of one experiment, or of all of them.
pub async fn newest(
    db: &impl ConnectionTrait,
    workspace: &str,
    experiment_id: Option<i64>,
) -> Result<Vec<Model>> {
    let mut query = Entity::find().filter(Column::Workspace.eq(workspace));
    if let Some(id) = experiment_id {
        query = query.filter(Column::ExperimentId.eq(id));
    }
    let mut rows = query
        .order_by_asc(Column::ExperimentId)
        .order_by_asc(Column::Name)
        .order_by_desc(Column::Version)
        .all(db)
        .await?;
    rows.dedup_by(|row, before| (row.experiment_id, &row.name) == (before.experiment_id, &before.name));
    Ok(rows)
}

/// Removes one version of a scorer, or all of them; gives how many.
pub async fn delete(
    db: &impl ConnectionTrait,
    workspace: &str,
    experiment_id: i64,
    name: &str,
    version: Option<i64>,
) -> Result<u64> {
    let mut delete = Entity::delete_many()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::ExperimentId.eq(experiment_id))
        .filter(Column::Name.eq(name));
    if let Some(version) = version {
        delete = delete.filter(Column::Version.eq(version));
    }
    Ok(delete.exec(db).await?.rows_affected)
}

/// Removes the scorers of an experiment.
pub async fn delete_all(db: &impl ConnectionTrait, workspace: &str, experiment_id: i64) -> Result<()> {
    Entity::delete_many()
        .filter(
            Column::Workspace
                .eq(workspace)
                .and(Column::ExperimentId.eq(experiment_id)),
        )
        .exec(db)
        .await?;
    Ok(())
}
