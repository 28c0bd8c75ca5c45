//! Break-glass: who asked to change the last stage without a release, who agreed, and until when it counts.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{ExprTrait, OnConflict};
use sea_orm::{QueryOrder, QuerySelect};

use crate::Result;

/// One asking.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "break_glass")]
pub struct Model {
    /// Sorts by time.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The workspace.
    pub workspace: String,
    /// Why.
    pub reason: String,
    /// Who asked, and may act once somebody else agreed.
    pub asked_by: String,
    /// UTC milliseconds.
    pub asked_at: i64,
    /// How long it counts once it is agreed to.
    pub minutes: i64,
    /// Who agreed.
    pub approved_by: Option<String>,
    /// UTC milliseconds.
    pub approved_at: Option<i64>,
    /// UTC milliseconds: until then it may be agreed to, and then until then it counts.
    pub expires_at: i64,
    /// Who ended it early.
    pub closed_by: Option<String>,
    /// How many changes it was used for.
    pub uses: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// One by its id.
pub async fn get(db: &impl ConnectionTrait, id: &str) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(id.to_owned()).one(db).await?)
}

/// Those of a workspace, newest first, 100 at most.
pub async fn of(db: &impl ConnectionTrait, workspace: &str) -> Result<Vec<Model>> {
    const MOST: u64 = 100;
    Ok(Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .order_by_desc(Column::Id)
        .limit(MOST)
        .all(db)
        .await?)
}

/// Writes one, new or changed.
pub async fn put(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        id,
        workspace,
        reason,
        asked_by,
        asked_at,
        minutes,
        approved_by,
        approved_at,
        expires_at,
        closed_by,
        uses,
    } = row;
    Entity::insert(ActiveModel {
        id: Set(id),
        workspace: Set(workspace),
        reason: Set(reason),
        asked_by: Set(asked_by),
        asked_at: Set(asked_at),
        minutes: Set(minutes),
        approved_by: Set(approved_by),
        approved_at: Set(approved_at),
        expires_at: Set(expires_at),
        closed_by: Set(closed_by),
        uses: Set(uses),
    })
    .on_conflict(
        OnConflict::column(Column::Id)
            .update_columns([
                Column::ApprovedBy,
                Column::ApprovedAt,
                Column::ExpiresAt,
                Column::ClosedBy,
            ])
            .to_owned(),
    )
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// Counts a change that it was used for.
pub async fn used(db: &impl ConnectionTrait, id: &str) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::Uses, Expr::col(Column::Uses).add(1))
        .filter(Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}
