//! What happened to releases: only ever added to.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};

use crate::Result;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "release_event")]
pub struct Model {
    /// Sorts by time.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The workspace in which the release was made.
    pub workspace: String,
    /// The release.
    pub name: String,
    /// Its number.
    pub number: i64,
    /// The stage.
    pub stage: String,
    /// The workspace of the stage.
    pub target: String,
    /// UTC milliseconds.
    pub at: i64,
    /// Who did it.
    pub who: String,
    /// `created`, `promoted`, `approved`, `rejected`, `passed`, `deployed`, `tested`, `step`, `live`, `superseded`,
    /// `rolled_back` or `failed`.
    pub kind: String,
    /// JSON of more.
    pub detail: String,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What happened to a release, oldest first.
pub async fn of(db: &impl ConnectionTrait, workspace: &str, name: &str, number: i64) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Name.eq(name))
        .filter(Column::Number.eq(number))
        .order_by_asc(Column::Id)
        .all(db)
        .await?)
}

/// What happened in the workspace of a stage, newest first; up to a moment where it is given.
pub async fn in_target(
    db: &impl ConnectionTrait,
    target: &str,
    until: Option<i64>,
    most: u64,
) -> Result<Vec<Model>> {
    let mut query = Entity::find().filter(Column::Target.eq(target));
    if let Some(until) = until {
        query = query.filter(Column::At.lte(until));
    }
    Ok(query.order_by_desc(Column::Id).limit(most).all(db).await?)
}

/// Adds one.
pub async fn add(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        id,
        workspace,
        name,
        number,
        stage,
        target,
        at,
        who,
        kind,
        detail,
    } = row;
    Entity::insert(ActiveModel {
        id: Set(id),
        workspace: Set(workspace),
        name: Set(name),
        number: Set(number),
        stage: Set(stage),
        target: Set(target),
        at: Set(at),
        who: Set(who),
        kind: Set(kind),
        detail: Set(detail),
    })
    .exec_without_returning(db)
    .await?;
    Ok(())
}
