//! What happened to break-glass askings, and each change that was made by one: only ever added to.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};

use crate::Result;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "break_glass_event")]
pub struct Model {
    /// Sorts by time.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The asking.
    pub glass: String,
    /// The workspace.
    pub workspace: String,
    /// Its stage at that moment.
    pub stage: String,
    /// UTC milliseconds.
    pub at: i64,
    /// Who did it.
    pub who: String,
    /// `break_glass_asked`, `break_glass_opened`, `break_glass_used` or `break_glass_closed`.
    pub kind: String,
    /// JSON of more.
    pub detail: String,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What happened in a workspace, newest first; up to a moment where it is given.
pub async fn of(
    db: &impl ConnectionTrait,
    workspace: &str,
    until: Option<i64>,
    most: u64,
) -> Result<Vec<Model>> {
    let mut query = Entity::find().filter(Column::Workspace.eq(workspace));
    if let Some(until) = until {
        query = query.filter(Column::At.lte(until));
    }
    Ok(query.order_by_desc(Column::Id).limit(most).all(db).await?)
}

/// Adds one.
pub async fn add(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        id,
        glass,
        workspace,
        stage,
        at,
        who,
        kind,
        detail,
    } = row;
    Entity::insert(ActiveModel {
        id: Set(id),
        glass: Set(glass),
        workspace: Set(workspace),
        stage: Set(stage),
        at: Set(at),
        who: Set(who),
        kind: Set(kind),
        detail: Set(detail),
    })
    .exec_without_returning(db)
    .await?;
    Ok(())
}
