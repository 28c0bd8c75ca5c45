//! What validations of data found: verdicts, columns that had drifted, alarms. Only ever added to.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};

use crate::Result;
use crate::page::{Page, PageRequest};

/// One validation.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "data_validation")]
pub struct Model {
    /// Sorts by time.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The workspace.
    pub workspace: String,
    /// The data asset.
    pub asset: String,
    /// Its version.
    pub version: String,
    /// When the version was made: UTC milliseconds.
    pub made_at: i64,
    /// The table in it; empty where it is one.
    pub inside: String,
    /// When it was validated: UTC milliseconds.
    pub at: i64,
    /// Who asked for it.
    pub principal: String,
    /// The job whose step it was.
    pub job: Option<String>,
    /// The job and its try: none is told twice.
    pub job_try: Option<String>,
    /// What it was compared with; empty for nothing.
    pub baseline: String,
    /// No error.
    pub passed: bool,
    /// Expectations that are not met and are errors.
    pub errors: i64,
    /// Expectations that are not met and are warnings.
    pub warnings: i64,
    /// All expectations.
    pub expected: i64,
    /// Columns that were compared with the baseline.
    pub compared: i64,
    /// JSON: the columns that had drifted.
    pub drifted: String,
    /// JSON: the columns that alarm.
    pub alarms: String,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The validations of an asset, the youngest first.
pub async fn list(
    db: &impl ConnectionTrait,
    workspace: &str,
    asset: &str,
    page: &PageRequest,
) -> Result<Page<Model>> {
    let mut query = Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Asset.eq(asset));
    if let Some(after) = &page.after {
        query = query.filter(Column::Id.lt(after));
    }
    let rows = query
        .order_by_desc(Column::Id)
        .limit(page.limit + 1)
        .all(db)
        .await?;
    Ok(Page::cut(rows, page.limit, |row| row.id.clone()))
}

/// One of an asset.
pub async fn get(db: &impl ConnectionTrait, workspace: &str, asset: &str, id: &str) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(id)
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Asset.eq(asset))
        .one(db)
        .await?)
}

/// That of a try of a job.
pub async fn of_try(db: &impl ConnectionTrait, workspace: &str, job_try: &str) -> Result<Option<Model>> {
    Ok(Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::JobTry.eq(job_try))
        .one(db)
        .await?)
}

/// Validations of a table against a baseline, of versions made up to a moment: the youngest versions first, and of one version the
/// youngest validation first.
pub async fn compared(
    db: &impl ConnectionTrait,
    (workspace, asset, inside): (&str, &str, &str),
    until_ms: i64,
    most: u64,
) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Asset.eq(asset))
        .filter(Column::Inside.eq(inside))
        .filter(Column::Compared.gt(0))
        .filter(Column::MadeAt.lte(until_ms))
        .order_by_desc(Column::MadeAt)
        .order_by_desc(Column::Id)
        .limit(most)
        .all(db)
        .await?)
}

/// Adds one.
pub async fn add(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        id,
        workspace,
        asset,
        version,
        made_at,
        inside,
        at,
        principal,
        job,
        job_try,
        baseline,
        passed,
        errors,
        warnings,
        expected,
        compared,
        drifted,
        alarms,
    } = row;
    Entity::insert(ActiveModel {
        id: Set(id),
        workspace: Set(workspace),
        asset: Set(asset),
        version: Set(version),
        made_at: Set(made_at),
        inside: Set(inside),
        at: Set(at),
        principal: Set(principal),
        job: Set(job),
        job_try: Set(job_try),
        baseline: Set(baseline),
        passed: Set(passed),
        errors: Set(errors),
        warnings: Set(warnings),
        expected: Set(expected),
        compared: Set(compared),
        drifted: Set(drifted),
        alarms: Set(alarms),
    })
    .exec_without_returning(db)
    .await?;
    Ok(())
}
