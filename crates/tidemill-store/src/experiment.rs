//! Experiments: what runs belong to. `0` is `Default` and exists in each workspace.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};
use sea_orm::{QueryTrait, sea_query::Order};
use tidemill_query::{Comparison, Entity as Of, Order as OrderBy};

use crate::search::{Found, Window, compare, direction, has_text};
use crate::tag::{Noun, Table};
use crate::{Result, sequence};

/// `lifecycle_stage` of what lives.
pub const ACTIVE: &str = "active";
/// `lifecycle_stage` of what is deleted and can be restored.
pub const DELETED: &str = "deleted";

/// One experiment.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "experiment")]
pub struct Model {
    /// The workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// Counts up; never used twice.
    #[sea_orm(primary_key, auto_increment = false)]
    pub experiment_id: i64,
    /// Unique in the workspace, also among the deleted.
    pub name: String,
    /// `mlflow-artifacts:/{experiment_id}`, or an address that this server does not reach.
    pub artifact_location: String,
    /// [`ACTIVE`] or [`DELETED`].
    pub lifecycle_stage: String,
    /// UTC milliseconds.
    pub created_at: i64,
    /// UTC milliseconds.
    pub updated_at: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Where its artifacts are in the server's own store, also when its clients keep theirs elsewhere.
    pub fn own_location(&self) -> String {
        if self.artifact_location.starts_with("mlflow-artifacts:") {
            return self.artifact_location.clone();
        }
        artifact_location(self.experiment_id)
    }
}

/// Where an experiment's artifacts are.
pub fn artifact_location(experiment_id: i64) -> String {
    format!("mlflow-artifacts:/{experiment_id}")
}

/// One experiment by id.
pub async fn get(db: &impl ConnectionTrait, workspace: &str, experiment_id: i64) -> Result<Option<Model>> {
    Ok(Entity::find_by_id((workspace.to_owned(), experiment_id))
        .one(db)
        .await?)
}

/// One experiment by name.
pub async fn by_name(db: &impl ConnectionTrait, workspace: &str, name: &str) -> Result<Option<Model>> {
    Ok(Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::Name.eq(name))
        .one(db)
        .await?)
}

/// Makes the experiment `0` of a workspace, when it is not there.
pub async fn ensure_default(db: &impl ConnectionTrait, workspace: &str, now_ms: i64) -> Result<()> {
    insert(db, workspace, 0, "Default", artifact_location(0), now_ms).await?;
    Ok(())
}

/// Removes the experiment `0` of a workspace that holds nothing else, with what has no run.
pub(crate) async fn delete_default(db: &impl ConnectionTrait, workspace: &str) -> Result<()> {
    for table in [
        "logged_model_metric",
        "logged_model",
        "assessment",
        "trace_link",
        "trace_span",
        "trace_info",
        "eval_record",
        "eval_dataset_experiment",
        "eval_dataset",
        "scorer",
        "review_item",
        "review_queue",
        "label_schema",
        "issue",
        "webhook_delivery",
        "webhook",
        "model_history",
        "tag",
        "param",
        "experiment",
        "sequence",
    ] {
        let mut delete = Query::delete();
        delete
            .from_table(table)
            .and_where(Expr::col("workspace").eq(workspace));
        db.execute(&delete).await?;
    }
    Ok(())
}

/// Makes an experiment under the next id; `None` when the name is taken.
pub async fn create(
    db: &impl ConnectionTrait,
    workspace: &str,
    name: &str,
    location: Option<String>,
    now_ms: i64,
) -> Result<Option<Model>> {
    if by_name(db, workspace, name).await?.is_some() {
        return Ok(None);
    }
    let id = sequence::next(db, workspace, "experiment").await?;
    let location = location.unwrap_or_else(|| artifact_location(id));
    if !insert(db, workspace, id, name, location, now_ms).await? {
        return Ok(None);
    }
    get(db, workspace, id).await
}

/// The experiment of this name, made when it is not there, and restored when it is deleted.
pub async fn ensure(db: &impl ConnectionTrait, workspace: &str, name: &str, now_ms: i64) -> Result<Model> {
    if let Some(mut found) = by_name(db, workspace, name).await? {
        if found.lifecycle_stage == DELETED {
            found.lifecycle_stage = ACTIVE.to_owned();
            found.updated_at = now_ms;
            update(db, found.clone()).await?;
        }
        return Ok(found);
    }
    match create(db, workspace, name, None, now_ms).await? {
        Some(made) => Ok(made),
        // Another server was faster.
        None => Ok(by_name(db, workspace, name)
            .await?
            .expect("its name was just taken")),
    }
}

async fn insert(
    db: &impl ConnectionTrait,
    workspace: &str,
    experiment_id: i64,
    name: &str,
    location: String,
    now_ms: i64,
) -> Result<bool> {
    let added = Entity::insert(ActiveModel {
        workspace: Set(workspace.to_owned()),
        experiment_id: Set(experiment_id),
        name: Set(name.to_owned()),
        artifact_location: Set(location),
        lifecycle_stage: Set(ACTIVE.to_owned()),
        created_at: Set(now_ms),
        updated_at: Set(now_ms),
    })
    .on_conflict(OnConflict::new().do_nothing().to_owned())
    .exec_without_returning(db)
    .await?;
    Ok(added > 0)
}

/// Writes what can change: name, stage and time.
pub async fn update(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        workspace,
        experiment_id,
        name,
        artifact_location: _,
        lifecycle_stage,
        created_at: _,
        updated_at,
    } = row;
    Entity::update_many()
        .col_expr(Column::Name, Expr::value(name))
        .col_expr(Column::LifecycleStage, Expr::value(lifecycle_stage))
        .col_expr(Column::UpdatedAt, Expr::value(updated_at))
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::ExperimentId.eq(experiment_id))
        .exec(db)
        .await?;
    Ok(())
}

/// Experiments that fit a filter; `stages` are the lifecycle stages wanted.
pub async fn search(
    db: &impl ConnectionTrait,
    workspace: &str,
    stages: &[&str],
    filter: &[Comparison],
    order_by: &[OrderBy],
    window: Window,
) -> Result<Found<Model>> {
    let backend = db.get_database_backend();
    let mut query = Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::LifecycleStage.is_in(stages.iter().copied()));
    let select = QueryTrait::query(&mut query);
    for comparison in filter {
        let Comparison { key, operator, value } = comparison;
        select.and_where(match (key.entity, key.name.as_str()) {
            (Of::Tag, _) => {
                let owner = Expr::col(("experiment", "experiment_id")).cast_as("text");
                has_text(
                    backend,
                    Table::Tag,
                    workspace,
                    Noun::Experiment,
                    owner,
                    comparison,
                )
            }
            (_, "experiment_id") => {
                let id = Expr::col(("experiment", "experiment_id")).cast_as("text");
                compare(backend, id, *operator, value)
            }
            (_, name) => compare(backend, Expr::col(("experiment", column(name))), *operator, value),
        });
    }
    if order_by.is_empty() {
        select
            .order_by("created_at", Order::Desc)
            .order_by("experiment_id", Order::Asc);
    } else {
        for order in order_by {
            select.order_by(column(&order.key.name), direction(order.ascending));
        }
        if order_by.iter().all(|order| order.key.name != "experiment_id") {
            select.order_by("experiment_id", Order::Desc);
        }
    }
    window.apply(select);
    let mut items = query.all(db).await?;
    let more = window.cut(&mut items);
    Ok(Found { items, more })
}

/// The column of an attribute that filters and orderings know.
fn column(attribute: &str) -> &'static str {
    match attribute {
        "name" => "name",
        "creation_time" => "created_at",
        "last_update_time" => "updated_at",
        _ => "experiment_id",
    }
}
