//! Each time that a schedule fell due, once: the key is the time, or what happened.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};

use crate::Result;

/// The job is about to be submitted, or the data on their way.
pub const CLAIMED: &str = "Claimed";
/// The job was submitted.
pub const SUBMITTED: &str = "Submitted";
/// The data was brought in.
pub const IMPORTED: &str = "Imported";
/// The job could not be submitted, or the data not brought in.
pub const FAILED: &str = "Failed";

/// One time.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "schedule_run")]
pub struct Model {
    /// The workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// The schedule.
    #[sea_orm(primary_key, auto_increment = false)]
    pub schedule: String,
    /// The time, the version of data, or what else started it: it starts nothing twice.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// When it was due, in UTC milliseconds.
    pub due_at: i64,
    /// When it was taken up, in UTC milliseconds.
    pub at: i64,
    /// `due`, `catch_up`, `by_hand`, `data_version` or `drift_alarm`.
    pub why: String,
    /// How many other times it stands for.
    pub missed: i64,
    /// Who started it; `system` for the server.
    pub who: String,
    /// The name of its job; empty for data that are brought in.
    pub job: String,
    /// JSON of the inputs that what happened gives.
    pub inputs: String,
    /// `Claimed`, `Submitted`, `Imported` or `Failed`.
    pub state: String,
    /// Why it failed, or what else is to be said.
    pub reason: Option<String>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// One time of a schedule.
pub async fn get(
    db: &impl ConnectionTrait,
    workspace: &str,
    schedule: &str,
    id: &str,
) -> Result<Option<Model>> {
    let key = (workspace.to_owned(), schedule.to_owned(), id.to_owned());
    Ok(Entity::find_by_id(key).one(db).await?)
}

/// The times of a schedule, newest first.
pub async fn of(db: &impl ConnectionTrait, workspace: &str, schedule: &str, most: u64) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Schedule.eq(schedule))
        .order_by_desc(Column::At)
        .order_by_desc(Column::Id)
        .limit(most)
        .all(db)
        .await?)
}

/// What a server before this one has taken up and not ended.
pub async fn claimed(db: &impl ConnectionTrait) -> Result<Vec<Model>> {
    Ok(Entity::find().filter(Column::State.eq(CLAIMED)).all(db).await?)
}

/// Adds one; fails when it is there.
pub async fn add(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        workspace,
        schedule,
        id,
        due_at,
        at,
        why,
        missed,
        who,
        job,
        inputs,
        state,
        reason,
    } = row;
    Entity::insert(ActiveModel {
        workspace: Set(workspace),
        schedule: Set(schedule),
        id: Set(id),
        due_at: Set(due_at),
        at: Set(at),
        why: Set(why),
        missed: Set(missed),
        who: Set(who),
        job: Set(job),
        inputs: Set(inputs),
        state: Set(state),
        reason: Set(reason),
    })
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// Writes what came of one.
pub async fn end(db: &impl ConnectionTrait, row: &Model, state: &str, reason: Option<String>) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::State, Expr::value(state))
        .col_expr(Column::Reason, Expr::value(reason))
        .filter(Column::Workspace.eq(&row.workspace))
        .filter(Column::Schedule.eq(&row.schedule))
        .filter(Column::Id.eq(&row.id))
        .exec(db)
        .await?;
    Ok(())
}

/// Removes the history of a schedule.
pub(crate) async fn delete_of(db: &impl ConnectionTrait, workspace: &str, schedule: &str) -> Result<()> {
    Entity::delete_many()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Schedule.eq(schedule))
        .exec(db)
        .await?;
    Ok(())
}
