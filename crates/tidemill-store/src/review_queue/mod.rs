//! Review queues of experiments: traces that people shall look at, who, and which questions they answer.

mod item;

pub use item::{
    Model as Item, add as add_items, count as count_items, get as get_item, list as list_items,
    of_many as items_of, remove as remove_items, update as update_item,
};

use sea_orm::QuerySelect;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{ExprTrait, OnConflict, Query};
use sea_orm::{ActiveValue::Set, IntoActiveModel, QueryOrder};

use crate::Result;
use crate::search::{Found, Window};

/// One queue.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "review_queue")]
pub struct Model {
    /// The workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// `rq-` and 32 hex digits.
    #[sea_orm(primary_key, auto_increment = false)]
    pub queue_id: String,
    /// The experiment that it belongs to.
    pub experiment_id: i64,
    /// As people call it.
    pub name: String,
    /// The same in small letters; unique in the experiment.
    pub name_key: String,
    /// `USER` or `CUSTOM`.
    #[sea_orm(column_name = "type")]
    pub kind: String,
    /// Whose it is.
    pub created_by: Option<String>,
    /// Who reviews: a list of texts as JSON.
    pub users: String,
    /// Which questions are asked: a list of texts as JSON.
    pub schema_ids: String,
    /// UTC milliseconds.
    pub created_at: i64,
    /// UTC milliseconds.
    pub updated_at: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Adds a queue; says whether its name was free.
pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<bool> {
    let added = Entity::insert(row.into_active_model())
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(added > 0)
}

/// One queue by id.
pub async fn get(db: &impl ConnectionTrait, workspace: &str, queue_id: &str) -> Result<Option<Model>> {
    Ok(Entity::find_by_id((workspace.to_owned(), queue_id.to_owned()))
        .one(db)
        .await?)
}

/// The same, held until the transaction ends: of two that change it at once, the second sees what the first wrote.
pub async fn held(db: &impl ConnectionTrait, workspace: &str, queue_id: &str) -> Result<Option<Model>> {
    Ok(Entity::find_by_id((workspace.to_owned(), queue_id.to_owned()))
        .lock_exclusive()
        .one(db)
        .await?)
}

/// One queue of an experiment by its name in small letters.
pub async fn by_name(
    db: &impl ConnectionTrait,
    workspace: &str,
    experiment_id: i64,
    name_key: &str,
) -> Result<Option<Model>> {
    Ok(Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::ExperimentId.eq(experiment_id))
        .filter(Column::NameKey.eq(name_key))
        .one(db)
        .await?)
}

/// The queues of an experiment, the youngest first: only those that hold a trace, when one is named. Those of a reviewer
/// are chosen by the caller, who reads the list of users.
pub async fn list(
    db: &impl ConnectionTrait,
    workspace: &str,
    experiment_id: i64,
    trace_id: Option<&str>,
) -> Result<Vec<Model>> {
    let mut query = Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::ExperimentId.eq(experiment_id))
        .order_by_desc(Column::CreatedAt)
        .order_by_asc(Column::QueueId);
    if let Some(trace_id) = trace_id {
        let mut holding = Query::select();
        holding
            .column("queue_id")
            .from("review_item")
            .and_where(Expr::col("workspace").eq(workspace))
            .and_where(Expr::col("trace_id").eq(trace_id));
        query = query.filter(Column::QueueId.in_subquery(holding));
    }
    Ok(query.all(db).await?)
}

/// Writes a queue as it is now.
pub async fn update(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        workspace,
        queue_id,
        experiment_id: _,
        name,
        name_key,
        kind: _,
        created_by,
        users,
        schema_ids,
        created_at: _,
        updated_at,
    } = row;
    Entity::update_many()
        .set(ActiveModel {
            name: Set(name),
            name_key: Set(name_key),
            created_by: Set(created_by),
            users: Set(users),
            schema_ids: Set(schema_ids),
            updated_at: Set(updated_at),
            ..Default::default()
        })
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::QueueId.eq(queue_id))
        .exec(db)
        .await?;
    Ok(())
}

/// Removes a queue with its items.
pub async fn delete(db: &impl ConnectionTrait, workspace: &str, queue_id: &str) -> Result<()> {
    for table in ["review_item", "review_queue"] {
        let mut delete = Query::delete();
        delete
            .from_table(table)
            .and_where(Expr::col("workspace").eq(workspace))
            .and_where(Expr::col("queue_id").eq(queue_id));
        db.execute(&delete).await?;
    }
    Ok(())
}

/// Removes what belongs to an experiment alone: its issues, questions and queues.
pub(crate) async fn delete_all(db: &impl ConnectionTrait, workspace: &str, experiment_id: i64) -> Result<()> {
    let mut queues = Query::select();
    queues
        .column("queue_id")
        .from("review_queue")
        .and_where(Expr::col("workspace").eq(workspace))
        .and_where(Expr::col("experiment_id").eq(experiment_id));
    let mut items = Query::delete();
    items
        .from_table("review_item")
        .and_where(Expr::col("workspace").eq(workspace))
        .and_where(Expr::col("queue_id").in_subquery(queues));
    db.execute(&items).await?;
    for table in ["review_queue", "label_schema", "issue"] {
        let mut delete = Query::delete();
        delete
            .from_table(table)
            .and_where(Expr::col("workspace").eq(workspace))
            .and_where(Expr::col("experiment_id").eq(experiment_id));
        db.execute(&delete).await?;
    }
    Ok(())
}

/// The part of a list that a window shows.
pub fn page(items: Vec<Model>, window: Window) -> Found<Model> {
    let skip = usize::try_from(window.offset).unwrap_or(usize::MAX);
    let take = usize::try_from(window.limit).unwrap_or(usize::MAX);
    let more = items.len() > skip.saturating_add(take);
    Found {
        items: items.into_iter().skip(skip).take(take).collect(),
        more,
    }
}
