//! Lineage: which bytes and assets went into a job, and which came out.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{ExprTrait, OnConflict};

use crate::Result;

/// One input or output of one job.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "lineage")]
pub struct Model {
    /// The workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// The job.
    #[sea_orm(primary_key, auto_increment = false)]
    pub job: String,
    /// `in` or `out`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub direction: String,
    /// Name of the input or output.
    #[sea_orm(primary_key, auto_increment = false)]
    pub port: String,
    /// Such as `data/flights/3` or `models/delay/1`.
    pub asset: Option<String>,
    /// Where the bytes are.
    pub uri: String,
    /// Digest of the manifest, in hex.
    pub digest: Option<String>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Adds rows; a job that runs again replaces its own.
pub async fn put(db: &impl ConnectionTrait, rows: Vec<Model>) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let rows = rows.into_iter().map(|row| {
        let Model {
            workspace,
            job,
            direction,
            port,
            asset,
            uri,
            digest,
        } = row;
        ActiveModel {
            workspace: Set(workspace),
            job: Set(job),
            direction: Set(direction),
            port: Set(port),
            asset: Set(asset),
            uri: Set(uri),
            digest: Set(digest),
        }
    });
    Entity::insert_many(rows)
        .on_conflict(
            OnConflict::columns([Column::Workspace, Column::Job, Column::Direction, Column::Port])
                .update_columns([Column::Asset, Column::Uri, Column::Digest])
                .to_owned(),
        )
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// What went into and came out of a job.
pub async fn of_job(db: &impl ConnectionTrait, workspace: &str, job: &str) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Job.eq(job))
        .all(db)
        .await?)
}

/// Every job that made or used an asset, such as `models/delay/1`.
pub async fn of_asset(db: &impl ConnectionTrait, workspace: &str, asset: &str) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Asset.eq(asset))
        .all(db)
        .await?)
}

/// The jobs whose output was written to this place: with exactly these bytes, where the digest is known.
pub async fn makers(
    db: &impl ConnectionTrait,
    workspace: &str,
    uri: &str,
    digest: Option<&str>,
) -> Result<Vec<Model>> {
    let mut query = Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Direction.eq("out"))
        .filter(Column::Uri.eq(uri));
    if let Some(digest) = digest {
        query = query.filter(Column::Digest.eq(digest).or(Column::Digest.is_null()));
    }
    Ok(query.all(db).await?)
}

/// The jobs that read these bytes at this place without naming an asset, such as a step that was handed what another one wrote.
pub async fn readers(
    db: &impl ConnectionTrait,
    workspace: &str,
    uri: &str,
    digest: Option<&str>,
) -> Result<Vec<Model>> {
    let mut query = Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Direction.eq("in"))
        .filter(Column::Asset.is_null())
        .filter(Column::Uri.eq(uri));
    if let Some(digest) = digest {
        query = query.filter(Column::Digest.eq(digest).or(Column::Digest.is_null()));
    }
    Ok(query.all(db).await?)
}
