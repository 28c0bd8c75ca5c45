//! Requests for computes: what somebody wants, and what was said to it.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};

use crate::Result;
use crate::page::{Page, PageRequest};

/// One request.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "compute_request")]
pub struct Model {
    /// The workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// A ULID.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The compute that is wanted.
    pub compute: String,
    /// JSON of what it is to be.
    pub spec: String,
    /// What for.
    pub reason: String,
    /// `requested`, `approved` or `rejected`.
    pub state: String,
    /// Who asks.
    pub created_by: String,
    /// UTC milliseconds.
    pub created_at: i64,
    /// Who said yes or no.
    pub decided_by: Option<String>,
    /// UTC milliseconds.
    pub decided_at: Option<i64>,
    /// What they said to it.
    pub comment: Option<String>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// One of them.
pub async fn get(db: &impl ConnectionTrait, workspace: &str, id: &str) -> Result<Option<Model>> {
    Ok(Entity::find_by_id((workspace.to_owned(), id.to_owned()))
        .one(db)
        .await?)
}

/// Requests of all workspaces.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<Model>> {
    Ok(Entity::find().order_by_asc(Column::Id).all(db).await?)
}

/// Writes what is wanted anew, as the same in another form.
pub async fn put_spec(db: &impl ConnectionTrait, row: &Model) -> Result<()> {
    let change = ActiveModel {
        workspace: Set(row.workspace.clone()),
        id: Set(row.id.clone()),
        spec: Set(row.spec.clone()),
        ..Default::default()
    };
    Entity::update(change).exec(db).await?;
    Ok(())
}

/// Requests of a workspace, newest first; of one person alone, when it is named.
pub async fn list(
    db: &impl ConnectionTrait,
    workspace: &str,
    by: Option<&str>,
    page: &PageRequest,
) -> Result<Page<Model>> {
    let mut query = Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .order_by_desc(Column::Id)
        .limit(page.limit + 1);
    if let Some(by) = by {
        query = query.filter(Column::CreatedBy.eq(by));
    }
    if let Some(after) = &page.after {
        query = query.filter(Column::Id.lt(after));
    }
    Ok(Page::cut(query.all(db).await?, page.limit, |row| row.id.clone()))
}

/// How many of somebody's requests wait for an answer.
pub async fn open(db: &impl ConnectionTrait, workspace: &str, by: &str) -> Result<u64> {
    use sea_orm::PaginatorTrait;
    Ok(Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::CreatedBy.eq(by))
        .filter(Column::State.eq("requested"))
        .count(db)
        .await?)
}

/// Writes a new one.
pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        workspace,
        id,
        compute,
        spec,
        reason,
        state,
        created_by,
        created_at,
        decided_by,
        decided_at,
        comment,
    } = row;
    Entity::insert(ActiveModel {
        workspace: Set(workspace),
        id: Set(id),
        compute: Set(compute),
        spec: Set(spec),
        reason: Set(reason),
        state: Set(state),
        created_by: Set(created_by),
        created_at: Set(created_at),
        decided_by: Set(decided_by),
        decided_at: Set(decided_at),
        comment: Set(comment),
    })
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// Writes what was said to one that waits; false when somebody has said it already.
pub async fn decide(db: &impl ConnectionTrait, row: &Model) -> Result<bool> {
    let done = Entity::update_many()
        .col_expr(Column::State, Expr::value(row.state.clone()))
        .col_expr(Column::DecidedBy, Expr::value(row.decided_by.clone()))
        .col_expr(Column::DecidedAt, Expr::value(row.decided_at))
        .col_expr(Column::Comment, Expr::value(row.comment.clone()))
        .filter(Column::Workspace.eq(&row.workspace))
        .filter(Column::Id.eq(&row.id))
        .filter(Column::State.eq("requested"))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Forgets those of a workspace.
pub async fn delete_of(db: &impl ConnectionTrait, workspace: &str) -> Result<()> {
    Entity::delete_many()
        .filter(Column::Workspace.eq(workspace))
        .exec(db)
        .await?;
    Ok(())
}
