//! Validations of model versions.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{IntoActiveModel, QueryOrder, QuerySelect};

use crate::Result;

/// One validation.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "model_validation")]
pub struct Model {
    /// A ULID.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The workspace.
    pub workspace: String,
    /// The model.
    pub name: String,
    /// Its version.
    pub version: i64,
    /// The digest of its files.
    pub digest: String,
    /// `Running`, `Passed`, `Failed` or `Broken`.
    pub state: String,
    /// Why it failed or broke off.
    pub reason: Option<String>,
    /// The job that scores it.
    pub job: String,
    /// What it is scored on, as `azureml:NAME:VERSION`.
    pub data: String,
    /// What it is held against, as `NAME:VERSION`.
    pub champion: Option<String>,
    /// What it was trained on, as `azureml:NAME:VERSION`.
    pub training: Option<String>,
    /// JSON of what is asked.
    pub spec: String,
    /// JSON of what was found.
    pub result: Option<String>,
    /// The page.
    pub report: Option<String>,
    /// Who asked for it.
    pub created_by: String,
    /// UTC milliseconds.
    pub created_at: i64,
    /// UTC milliseconds.
    pub ended_at: Option<i64>,
}

/// The version of what was validated before it became one.
pub const UNREGISTERED: i64 = 0;

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// How a validation ended.
#[derive(Debug, Clone)]
pub struct End {
    /// `Passed`, `Failed` or `Broken`.
    pub state: String,
    /// Why.
    pub reason: Option<String>,
    /// JSON of what was found.
    pub result: Option<String>,
    /// The page.
    pub report: Option<String>,
    /// UTC milliseconds.
    pub at: i64,
}

/// Validations that were scored on these data, or whose model was trained on them, as `azureml:NAME:VERSION`.
pub async fn of_data(db: &impl ConnectionTrait, workspace: &str, data: &str) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Data.eq(data).or(Column::Training.eq(data)))
        .all(db)
        .await?)
}

/// Adds one.
pub async fn add(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    Entity::insert(row.into_active_model().reset_all())
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Ends one that runs. Says whether it did.
pub async fn end(db: &impl ConnectionTrait, id: &str, end: End) -> Result<bool> {
    let done = Entity::update_many()
        .col_expr(Column::State, Expr::value(end.state))
        .col_expr(Column::Reason, Expr::value(end.reason))
        .col_expr(Column::Result, Expr::value(end.result))
        .col_expr(Column::Report, Expr::value(end.report))
        .col_expr(Column::EndedAt, Expr::value(end.at))
        .filter(Column::Id.eq(id))
        .filter(Column::State.eq("Running"))
        .exec(db)
        .await?;
    Ok(done.rows_affected > 0)
}

/// One of a model.
pub async fn get(db: &impl ConnectionTrait, workspace: &str, name: &str, id: &str) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(id.to_owned())
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Name.eq(name))
        .one(db)
        .await?)
}

/// Those of a model, newest first; of a version those too whose model was none yet.
pub async fn list(
    db: &impl ConnectionTrait,
    workspace: &str,
    name: &str,
    version: Option<i64>,
    most: u64,
) -> Result<Vec<Model>> {
    let mut query = Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Name.eq(name));
    if let Some(version) = version {
        query = query.filter(Column::Version.is_in([version, UNREGISTERED]));
    }
    Ok(query.order_by_desc(Column::Id).limit(most).all(db).await?)
}

/// The newest that has ended of a model of these very bytes, in any of these workspaces.
pub async fn newest_of(
    db: &impl ConnectionTrait,
    workspaces: &[String],
    digest: &str,
) -> Result<Option<Model>> {
    Ok(Entity::find()
        .filter(Column::Workspace.is_in(workspaces.iter().cloned()))
        .filter(Column::Digest.eq(digest))
        .filter(Column::State.is_in(["Passed", "Failed"]))
        .order_by_desc(Column::Id)
        .one(db)
        .await?)
}

/// All that run.
pub async fn running(db: &impl ConnectionTrait) -> Result<Vec<Model>> {
    Ok(Entity::find().filter(Column::State.eq("Running")).all(db).await?)
}
