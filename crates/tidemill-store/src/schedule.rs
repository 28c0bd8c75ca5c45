//! Schedules: what is submitted by itself, and when next.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{QueryOrder, QuerySelect};

use crate::Result;
use crate::page::{Page, PageRequest};

/// One schedule.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "schedule")]
pub struct Model {
    /// The workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// Unique in the workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// JSON of its specification.
    pub spec: String,
    /// JSON of the job that is submitted; none where a published pipeline is invoked.
    pub job: Option<String>,
    /// As whom, such as `user:ada`.
    pub owner: String,
    /// Whether it counts.
    pub enabled: bool,
    /// When it falls due next, in UTC milliseconds; none where it has no more times, or waits for something to happen.
    pub next_at: Option<i64>,
    /// From when on its times count, in UTC milliseconds.
    pub made_at: i64,
    /// Up to where what happened has been looked at: UTC milliseconds, or the number of the newest version of data.
    pub seen_at: i64,
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

/// One schedule by name.
pub async fn get(db: &impl ConnectionTrait, workspace: &str, name: &str) -> Result<Option<Model>> {
    Ok(Entity::find_by_id((workspace.to_owned(), name.to_owned()))
        .one(db)
        .await?)
}

/// Schedules of a workspace by name.
pub async fn list(db: &impl ConnectionTrait, workspace: &str, page: &PageRequest) -> Result<Page<Model>> {
    let mut query = Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .order_by_asc(Column::Name)
        .limit(page.limit + 1);
    if let Some(after) = &page.after {
        query = query.filter(Column::Name.gt(after));
    }
    Ok(Page::cut(query.all(db).await?, page.limit, |row| {
        row.name.clone()
    }))
}

/// Every schedule of the server that counts.
pub async fn enabled(db: &impl ConnectionTrait) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::Enabled.eq(true))
        .filter(Column::Workspace.not_in_subquery(crate::workspace_state::at_rest()))
        .order_by_asc(Column::NextAt)
        .all(db)
        .await?)
}

/// Writes when a schedule falls due next, and up to when what happened has been looked at; nothing else of it.
pub async fn advance(
    db: &impl ConnectionTrait,
    row: &Model,
    next_at: Option<i64>,
    seen_at: i64,
) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::NextAt, Expr::value(next_at))
        .col_expr(Column::SeenAt, Expr::value(seen_at))
        .filter(Column::Workspace.eq(&row.workspace))
        .filter(Column::Name.eq(&row.name))
        .filter(Column::Revision.eq(row.revision))
        .exec(db)
        .await?;
    Ok(())
}

/// Writes a schedule, new or changed.
pub async fn put(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        workspace,
        name,
        spec,
        job,
        owner,
        enabled,
        next_at,
        made_at,
        seen_at,
        created_by,
        revision,
        created_at,
        updated_at,
    } = row;
    Entity::insert(ActiveModel {
        workspace: Set(workspace),
        name: Set(name),
        spec: Set(spec),
        job: Set(job),
        owner: Set(owner),
        enabled: Set(enabled),
        next_at: Set(next_at),
        made_at: Set(made_at),
        seen_at: Set(seen_at),
        created_by: Set(created_by),
        revision: Set(revision),
        created_at: Set(created_at),
        updated_at: Set(updated_at),
    })
    .on_conflict(
        OnConflict::columns([Column::Workspace, Column::Name])
            .update_columns([
                Column::Spec,
                Column::Job,
                Column::Owner,
                Column::Enabled,
                Column::NextAt,
                Column::MadeAt,
                Column::SeenAt,
                Column::Revision,
                Column::UpdatedAt,
            ])
            .to_owned(),
    )
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// Removes a schedule with the history of its runs; their jobs stay. Says whether it was there.
pub async fn delete(db: &impl ConnectionTrait, workspace: &str, name: &str) -> Result<bool> {
    crate::schedule_run::delete_of(db, workspace, name).await?;
    Ok(Entity::delete_by_id((workspace.to_owned(), name.to_owned()))
        .exec(db)
        .await?
        .rows_affected
        > 0)
}
