//! Jobs: one row each, steps of a pipeline included.

use std::collections::HashSet;

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ActiveValue, Condition, IntoActiveModel, QueryOrder, QuerySelect};

use crate::Result;
use crate::page::{Page, PageRequest};

/// One job. Columns that hold JSON say so; what is in them is the use case's business.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "job")]
pub struct Model {
    /// The workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// Unique in the workspace; also the run id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// ULID: the order of creation.
    pub id: String,
    /// `command` or `pipeline`.
    pub kind: String,
    /// The name that people see.
    pub display_name: Option<String>,
    /// Markdown.
    pub description: Option<String>,
    /// The experiment of its run.
    pub experiment_name: String,
    /// Id of that experiment in the workspace.
    pub experiment_id: String,
    /// The pipeline job that it is a step of.
    pub parent: Option<String>,
    /// The outermost job; its own name when it has no parent.
    pub root: String,
    /// Its name as a step.
    pub node: Option<String>,
    /// Its place among the steps, from 0.
    pub position: i64,
    /// Azure's word for its state, such as `Running`.
    pub status: String,
    /// Why it waits, or why it ended as it did.
    pub reason: Option<String>,
    /// The compute that it runs on.
    pub compute: Option<String>,
    /// JSON: what was submitted.
    pub spec: String,
    /// JSON: what was made of it, every reference resolved.
    pub plan: String,
    /// Which try, from 1; 0 before the first.
    pub attempt: i64,
    /// JSON: where its runner is.
    pub handle: Option<String>,
    /// Names the work; equal work has the same key.
    pub cache_key: Option<String>,
    /// The job whose outputs it took over.
    pub reused_from: Option<String>,
    /// JSON: outputs by name.
    pub outputs: String,
    /// JSON: the environment that was prepared.
    pub environment: Option<String>,
    /// JSON: a list of texts.
    pub warnings: String,
    /// Of the command.
    pub exit_code: Option<i64>,
    /// JSON: a map.
    pub tags: String,
    /// JSON: a map.
    pub properties: String,
    /// The principal.
    pub created_by: String,
    /// UTC milliseconds.
    pub created_at: i64,
    /// UTC milliseconds: the command was started.
    pub started_at: Option<i64>,
    /// UTC milliseconds.
    pub ended_at: Option<i64>,
    /// Left out of lists.
    pub archived: bool,
    /// Counts changes; the ETag.
    pub revision: i64,
    /// JSON: the graphics cards that its try was given, by index.
    pub gpus: String,
    /// How many of its tries do not count against its limit: those that a server took along when it died, and those
    /// before somebody asked for another one.
    pub free_tries: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Which jobs a list shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Steps of this job; `None`: jobs that are no steps.
    pub parent: Option<String>,
    /// Only with this status.
    pub status: Option<String>,
    /// `Some(true)`: only archived ones, `Some(false)`: none of them, `None`: all.
    pub archived: Option<bool>,
}

/// Rows inserted by one statement; SQLite takes 32,766 values in one.
const ROWS_A_STATEMENT: usize = 500;

/// Adds jobs.
pub async fn insert(db: &impl ConnectionTrait, rows: Vec<Model>) -> Result<()> {
    let mut rows = rows
        .into_iter()
        .map(IntoActiveModel::into_active_model)
        .map(ActiveModel::reset_all)
        .peekable();
    while rows.peek().is_some() {
        let part: Vec<ActiveModel> = rows.by_ref().take(ROWS_A_STATEMENT).collect();
        Entity::insert_many(part).exec_without_returning(db).await?;
    }
    Ok(())
}

/// One job.
pub async fn get(db: &impl ConnectionTrait, workspace: &str, name: &str) -> Result<Option<Model>> {
    Ok(Entity::find_by_id((workspace.to_owned(), name.to_owned()))
        .one(db)
        .await?)
}

/// The same, held until the transaction ends: of two that change it at once, the second sees what the first wrote.
pub async fn held(db: &impl ConnectionTrait, workspace: &str, name: &str) -> Result<Option<Model>> {
    Ok(Entity::find_by_id((workspace.to_owned(), name.to_owned()))
        .lock_exclusive()
        .one(db)
        .await?)
}

/// Those of these names that jobs have.
pub async fn taken(db: &impl ConnectionTrait, workspace: &str, names: &[String]) -> Result<HashSet<String>> {
    let mut taken = HashSet::new();
    for part in names.chunks(ROWS_A_STATEMENT) {
        let query = Entity::find()
            .select_only()
            .column(Column::Name)
            .filter(Column::Workspace.eq(workspace))
            .filter(Column::Name.is_in(part));
        taken.extend(query.into_tuple::<String>().all(db).await?);
    }
    Ok(taken)
}

/// Jobs, newest first; `after` is the id of the last one seen.
pub async fn list(
    db: &impl ConnectionTrait,
    workspace: &str,
    filter: &Filter,
    page: &PageRequest,
) -> Result<Page<Model>> {
    let mut condition = Condition::all().add(Column::Workspace.eq(workspace));
    condition = match &filter.parent {
        Some(parent) => condition.add(Column::Parent.eq(parent)),
        None => condition.add(Column::Parent.is_null()),
    };
    if let Some(status) = &filter.status {
        condition = condition.add(Column::Status.eq(status));
    }
    if let Some(archived) = filter.archived {
        condition = condition.add(Column::Archived.eq(archived));
    }
    if let Some(after) = &page.after {
        condition = condition.add(Column::Id.lt(after));
    }
    let rows = Entity::find()
        .filter(condition)
        .order_by_desc(Column::Id)
        .limit(page.limit + 1)
        .all(db)
        .await?;
    Ok(Page::cut(rows, page.limit, |row| row.id.clone()))
}

/// The steps of a pipeline job, in order.
pub async fn children(db: &impl ConnectionTrait, workspace: &str, parent: &str) -> Result<Vec<Model>> {
    let query = Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Parent.eq(parent));
    Ok(query.order_by_asc(Column::Position).all(db).await?)
}

/// A job and all below it, in the order of creation.
pub async fn tree(db: &impl ConnectionTrait, workspace: &str, root: &str) -> Result<Vec<Model>> {
    let query = Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Root.eq(root));
    Ok(query.order_by_asc(Column::Id).all(db).await?)
}

/// One job, as much of it as its cost needs.
#[derive(Clone, Debug, PartialEq, Eq, sea_orm::FromQueryResult)]
pub struct Use {
    /// Azure's word for its state.
    pub status: String,
    /// The compute.
    pub compute: Option<String>,
    /// JSON: its plan.
    pub plan: String,
    /// The principal.
    pub created_by: String,
    /// UTC milliseconds.
    pub started_at: Option<i64>,
    /// UTC milliseconds.
    pub ended_at: Option<i64>,
}

/// The commands of a workspace that have not ended before a moment, but for those whose work had been done already.
pub async fn uses(db: &impl ConnectionTrait, workspace: &str, since: i64) -> Result<Vec<Use>> {
    Ok(Entity::find()
        .select_only()
        .columns([
            Column::Status,
            Column::Compute,
            Column::Plan,
            Column::CreatedBy,
            Column::StartedAt,
            Column::EndedAt,
        ])
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Kind.eq("command"))
        .filter(Column::ReusedFrom.is_null())
        .filter(
            Condition::any()
                .add(Column::EndedAt.is_null())
                .add(Column::EndedAt.gte(since)),
        )
        .into_model::<Use>()
        .all(db)
        .await?)
}

/// Jobs of all workspaces in one of these states, oldest first.
pub async fn in_states(db: &impl ConnectionTrait, states: &[&str]) -> Result<Vec<Model>> {
    let query = Entity::find().filter(Column::Status.is_in(states.iter().copied()));
    Ok(query.order_by_asc(Column::Id).all(db).await?)
}

/// The newest job that did this work and ended well.
pub async fn find_done(db: &impl ConnectionTrait, workspace: &str, cache_key: &str) -> Result<Option<Model>> {
    let query = Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::CacheKey.eq(cache_key))
        .filter(Column::Status.eq("Completed"))
        .filter(Column::ReusedFrom.is_null());
    Ok(query.order_by_desc(Column::Id).one(db).await?)
}

/// The columns to write; `None` leaves one as it is.
#[derive(Debug, Clone, Default)]
pub struct Patch {
    /// The name that people see.
    pub display_name: Option<Option<String>>,
    /// Markdown.
    pub description: Option<Option<String>>,
    /// JSON.
    pub tags: Option<String>,
    /// JSON: facts.
    pub properties: Option<String>,
    /// Left out of lists.
    pub archived: Option<bool>,
    /// The state.
    pub status: Option<&'static str>,
    /// Why it waits or ended so.
    pub reason: Option<Option<String>>,
    /// JSON: everything resolved.
    pub plan: Option<String>,
    /// The compute.
    pub compute: Option<Option<String>>,
    /// Id of the experiment.
    pub experiment_id: Option<String>,
    /// Which try.
    pub attempt: Option<i64>,
    /// JSON: where the runner is.
    pub handle: Option<Option<String>>,
    /// The name of the work.
    pub cache_key: Option<Option<String>>,
    /// The job whose outputs it took over.
    pub reused_from: Option<Option<String>>,
    /// JSON: outputs by name.
    pub outputs: Option<String>,
    /// JSON: the environment.
    pub environment: Option<Option<String>>,
    /// JSON: texts.
    pub warnings: Option<String>,
    /// Of the command.
    pub exit_code: Option<Option<i64>>,
    /// UTC milliseconds.
    pub started_at: Option<Option<i64>>,
    /// UTC milliseconds.
    pub ended_at: Option<Option<i64>>,
    /// JSON: graphics cards.
    pub gpus: Option<String>,
    /// Tries that do not count.
    pub free_tries: Option<i64>,
}

impl Patch {
    fn into_model(self) -> ActiveModel {
        fn set<T: Into<Value>>(value: Option<T>) -> ActiveValue<T> {
            value.map_or(ActiveValue::NotSet, ActiveValue::Set)
        }
        let Self {
            display_name,
            description,
            tags,
            properties,
            archived,
            status,
            reason,
            plan,
            compute,
            experiment_id,
            attempt,
            handle,
            cache_key,
            reused_from,
            outputs,
            environment,
            warnings,
            exit_code,
            started_at,
            ended_at,
            gpus,
            free_tries,
        } = self;
        ActiveModel {
            display_name: set(display_name),
            description: set(description),
            tags: set(tags),
            properties: set(properties),
            archived: set(archived),
            status: set(status.map(str::to_owned)),
            reason: set(reason),
            plan: set(plan),
            compute: set(compute),
            experiment_id: set(experiment_id),
            attempt: set(attempt),
            handle: set(handle),
            cache_key: set(cache_key),
            reused_from: set(reused_from),
            outputs: set(outputs),
            environment: set(environment),
            warnings: set(warnings),
            exit_code: set(exit_code),
            started_at: set(started_at),
            ended_at: set(ended_at),
            gpus: set(gpus),
            free_tries: set(free_tries),
            ..<ActiveModel as Default>::default()
        }
    }
}

/// Writes the columns of `patch`, if the job is in one of the states `from`. Says whether it was.
pub async fn transition(
    db: &impl ConnectionTrait,
    workspace: &str,
    name: &str,
    from: &[&str],
    patch: Patch,
) -> Result<bool> {
    let result = Entity::update_many()
        .set(patch.into_model())
        .col_expr(Column::Revision, Expr::col(Column::Revision).add(1))
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Name.eq(name))
        .filter(Column::Status.is_in(from.iter().copied()))
        .exec(db)
        .await?;
    Ok(result.rows_affected > 0)
}

/// As [`transition`], and only while the job is in its try number `attempt`.
pub async fn transition_in(
    db: &impl ConnectionTrait,
    workspace: &str,
    name: &str,
    attempt: i64,
    from: &[&str],
    patch: Patch,
) -> Result<bool> {
    let result = Entity::update_many()
        .set(patch.into_model())
        .col_expr(Column::Revision, Expr::col(Column::Revision).add(1))
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Name.eq(name))
        .filter(Column::Attempt.eq(attempt))
        .filter(Column::Status.is_in(from.iter().copied()))
        .exec(db)
        .await?;
    Ok(result.rows_affected > 0)
}

/// Writes the columns of `patch`, whatever the state.
pub async fn update(db: &impl ConnectionTrait, workspace: &str, name: &str, patch: Patch) -> Result<()> {
    Entity::update_many()
        .set(patch.into_model())
        .col_expr(Column::Revision, Expr::col(Column::Revision).add(1))
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Name.eq(name))
        .exec(db)
        .await?;
    Ok(())
}
