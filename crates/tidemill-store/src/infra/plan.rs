//! Plans: made once, applied once.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};

use crate::Result;
use crate::page::{Page, PageRequest};

/// One plan.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "infra_plan")]
pub struct Model {
    /// A ULID.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The stack.
    pub stack: String,
    /// `planned`, `applying`, `applied` or `failed`.
    pub state: String,
    /// Whether it takes everything away.
    pub destroys: bool,
    /// Names the state that it was made against.
    pub digest: String,
    /// JSON of its steps, secrets masked.
    pub body: String,
    /// The secrets that it brings, sealed; none once it was applied.
    pub sealed: Option<String>,
    /// Who made it.
    pub created_by: String,
    /// UTC milliseconds.
    pub created_at: i64,
    /// Who applied it.
    pub applied_by: Option<String>,
    /// UTC milliseconds.
    pub started_at: Option<i64>,
    /// UTC milliseconds.
    pub ended_at: Option<i64>,
    /// Why it failed.
    pub error: Option<String>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// One plan.
pub async fn get(db: &impl ConnectionTrait, id: &str) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// Plans, newest first; of one stack, when it is named.
pub async fn list(db: &impl ConnectionTrait, stack: Option<&str>, page: &PageRequest) -> Result<Page<Model>> {
    let mut query = Entity::find().order_by_desc(Column::Id).limit(page.limit + 1);
    if let Some(stack) = stack {
        query = query.filter(Column::Stack.eq(stack));
    }
    if let Some(after) = &page.after {
        query = query.filter(Column::Id.lt(after));
    }
    Ok(Page::cut(query.all(db).await?, page.limit, |row| row.id.clone()))
}

/// The plan of a stack that was applied last, whole or in part.
pub async fn last_applied(db: &impl ConnectionTrait, stack: &str) -> Result<Option<Model>> {
    Ok(Entity::find()
        .filter(Column::Stack.eq(stack))
        .filter(Column::StartedAt.is_not_null())
        .order_by_desc(Column::StartedAt)
        .one(db)
        .await?)
}

/// Plans that were applied whole, the last first; only so many.
pub async fn applied(db: &impl ConnectionTrait, most: u64) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::State.eq("applied"))
        .order_by_desc(Column::EndedAt)
        .limit(most)
        .all(db)
        .await?)
}

/// Writes a new plan.
pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        id,
        stack,
        state,
        destroys,
        digest,
        body,
        sealed,
        created_by,
        created_at,
        applied_by,
        started_at,
        ended_at,
        error,
    } = row;
    Entity::insert(ActiveModel {
        id: Set(id),
        stack: Set(stack),
        state: Set(state),
        destroys: Set(destroys),
        digest: Set(digest),
        body: Set(body),
        sealed: Set(sealed),
        created_by: Set(created_by),
        created_at: Set(created_at),
        applied_by: Set(applied_by),
        started_at: Set(started_at),
        ended_at: Set(ended_at),
        error: Set(error),
    })
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// Says that somebody applies it.
pub async fn start(db: &impl ConnectionTrait, id: &str, by: &str, now_ms: i64) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::State, Expr::value("applying"))
        .col_expr(Column::AppliedBy, Expr::value(Some(by.to_owned())))
        .col_expr(Column::StartedAt, Expr::value(Some(now_ms)))
        .col_expr(Column::EndedAt, Expr::value(None::<i64>))
        .col_expr(Column::Error, Expr::value(None::<String>))
        .filter(Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

/// Says how it ended. Its secrets go when it is applied.
pub async fn end(db: &impl ConnectionTrait, id: &str, error: Option<String>, now_ms: i64) -> Result<()> {
    let mut update = Entity::update_many()
        .col_expr(Column::EndedAt, Expr::value(Some(now_ms)))
        .col_expr(Column::Error, Expr::value(error.clone()))
        .col_expr(
            Column::State,
            Expr::value(if error.is_some() { "failed" } else { "applied" }),
        );
    if error.is_none() {
        update = update.col_expr(Column::Sealed, Expr::value(None::<String>));
    }
    update.filter(Column::Id.eq(id)).exec(db).await?;
    Ok(())
}

/// Takes the secrets away from plans of a stack that can't be applied any more: all but this one.
pub async fn forget_secrets(db: &impl ConnectionTrait, stack: &str, but: &str) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::Sealed, Expr::value(None::<String>))
        .filter(Column::Stack.eq(stack))
        .filter(Column::Id.ne(but))
        .exec(db)
        .await?;
    Ok(())
}

/// Takes the secrets away from plans of a stack that were made before a time.
pub async fn forget_old_secrets(db: &impl ConnectionTrait, stack: &str, before_ms: i64) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::Sealed, Expr::value(None::<String>))
        .filter(Column::Stack.eq(stack))
        .filter(Column::CreatedAt.lt(before_ms))
        .exec(db)
        .await?;
    Ok(())
}
