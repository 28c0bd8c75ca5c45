//! Logged models: what a run made that can be loaded, before anybody registers it.

use std::collections::HashMap;

use sea_orm::ActiveValue::Set;
use sea_orm::QueryTrait;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, JoinType, OnConflict, Order, Query, SelectStatement};
use tidemill_query::{Comparison, Entity as Of, Operator, Order as OrderBy};

use crate::Result;
use crate::experiment::{ACTIVE, DELETED};
use crate::metric::{Point, shown, stored};
use crate::search::{Found, Window, compare, direction, has_text, sort_nulls_last};
use crate::tag::{self, Noun, Pairs, Table};

/// One logged model.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "logged_model")]
pub struct Model {
    /// The workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// `m-` and 32 hex digits.
    #[sea_orm(primary_key, auto_increment = false)]
    pub model_id: String,
    /// Its experiment.
    pub experiment_id: i64,
    /// As people call it.
    pub name: String,
    /// Where its files are.
    pub artifact_location: String,
    /// `PENDING`, `READY`, `FAILED` or `UNSPECIFIED`.
    pub status: String,
    /// Why it is not ready.
    pub status_message: Option<String>,
    /// Such as `Classifier`.
    pub model_type: Option<String>,
    /// The run that made it.
    pub source_run_id: Option<String>,
    /// `active` or `deleted`.
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

/// A point that says something about a logged model.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelPoint {
    /// The model.
    pub model_id: String,
    /// The run that measured it.
    pub run_id: String,
    /// The point.
    pub point: Point,
    /// The dataset that it was measured on.
    pub dataset_name: Option<String>,
    /// The digest of that dataset.
    pub dataset_digest: Option<String>,
}

/// What belongs to a logged model.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Logged {
    /// Parameters by key.
    pub params: Pairs,
    /// Tags by key.
    pub tags: Pairs,
    /// All points.
    pub metrics: Vec<ModelPoint>,
}

/// A dataset, with or without its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnDataset {
    /// Its name.
    pub name: String,
    /// What its content hashes to.
    pub digest: Option<String>,
}

/// An ordering, and on which dataset a metric counts for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderOn {
    /// What to sort by.
    pub order: OrderBy,
    /// Only points on it count.
    pub dataset: Option<OnDataset>,
}

/// One logged model by id; also a deleted one.
pub async fn get(db: &impl ConnectionTrait, workspace: &str, model_id: &str) -> Result<Option<Model>> {
    Ok(Entity::find_by_id((workspace.to_owned(), model_id.to_owned()))
        .one(db)
        .await?)
}

/// Adds a logged model.
pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<()> {
    let Model {
        workspace,
        model_id,
        experiment_id,
        name,
        artifact_location,
        status,
        status_message,
        model_type,
        source_run_id,
        lifecycle_stage,
        created_at,
        updated_at,
    } = row;
    Entity::insert(ActiveModel {
        workspace: Set(workspace),
        model_id: Set(model_id),
        experiment_id: Set(experiment_id),
        name: Set(name),
        artifact_location: Set(artifact_location),
        status: Set(status),
        status_message: Set(status_message),
        model_type: Set(model_type),
        source_run_id: Set(source_run_id),
        lifecycle_stage: Set(lifecycle_stage),
        created_at: Set(created_at),
        updated_at: Set(updated_at),
    })
    .exec_without_returning(db)
    .await?;
    Ok(())
}

/// Says how far a logged model is.
pub async fn set_status(
    db: &impl ConnectionTrait,
    workspace: &str,
    model_id: &str,
    status: &str,
    now_ms: i64,
) -> Result<()> {
    set(db, workspace, model_id, Column::Status, status, now_ms).await
}

/// Deletes a logged model; its files and points stay.
pub async fn delete(db: &impl ConnectionTrait, workspace: &str, model_id: &str, now_ms: i64) -> Result<()> {
    set(db, workspace, model_id, Column::LifecycleStage, DELETED, now_ms).await
}

async fn set(
    db: &impl ConnectionTrait,
    workspace: &str,
    model_id: &str,
    column: Column,
    value: &str,
    now_ms: i64,
) -> Result<()> {
    Entity::update_many()
        .col_expr(column, Expr::value(value))
        .col_expr(Column::UpdatedAt, Expr::value(now_ms))
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::ModelId.eq(model_id))
        .exec(db)
        .await?;
    Ok(())
}

/// Adds points; one at the same time and step of the same run stays as it is.
pub async fn append_points(db: &impl ConnectionTrait, workspace: &str, points: &[ModelPoint]) -> Result<()> {
    for points in points.chunks(2000) {
        let mut insert = Query::insert();
        insert
            .into_table("logged_model_metric")
            .columns([
                "workspace",
                "model_id",
                "key",
                "timestamp",
                "step",
                "run_id",
                "value",
                "is_nan",
                "dataset_name",
                "dataset_digest",
            ])
            .on_conflict(OnConflict::new().do_nothing().to_owned());
        for ModelPoint {
            model_id,
            run_id,
            point,
            dataset_name,
            dataset_digest,
        } in points
        {
            let (value, is_nan) = stored(point.value);
            insert.values_panic([
                workspace.into(),
                model_id.as_str().into(),
                point.key.as_str().into(),
                point.timestamp.into(),
                point.step.into(),
                run_id.as_str().into(),
                value.into(),
                is_nan.into(),
                dataset_name.clone().into(),
                dataset_digest.clone().into(),
            ]);
        }
        db.execute(&insert).await?;
    }
    Ok(())
}

/// What belongs to these models, in their order.
pub async fn logged(db: &impl ConnectionTrait, workspace: &str, models: &[Model]) -> Result<Vec<Logged>> {
    let ids: Vec<String> = models.iter().map(|model| model.model_id.clone()).collect();
    let mut params = tag::of_many(db, Table::Param, workspace, Noun::LoggedModel, &ids).await?;
    let mut tags = tag::of_many(db, Table::Tag, workspace, Noun::LoggedModel, &ids).await?;
    let mut metrics: HashMap<String, Vec<ModelPoint>> = HashMap::new();
    for ids in ids.chunks(500) {
        let mut select = Query::select();
        select
            .columns([
                "model_id",
                "run_id",
                "key",
                "timestamp",
                "step",
                "value",
                "is_nan",
            ])
            .columns(["dataset_name", "dataset_digest"])
            .from("logged_model_metric")
            .and_where(Expr::col("workspace").eq(workspace))
            .and_where(Expr::col("model_id").is_in(ids))
            .order_by("key", Order::Asc)
            .order_by("timestamp", Order::Asc)
            .order_by("step", Order::Asc);
        for row in db.query_all(&select).await? {
            let model_id: String = row.try_get("", "model_id")?;
            metrics.entry(model_id.clone()).or_default().push(ModelPoint {
                model_id,
                run_id: row.try_get("", "run_id")?,
                point: Point {
                    key: row.try_get("", "key")?,
                    value: shown(row.try_get("", "value")?, row.try_get("", "is_nan")?),
                    timestamp: row.try_get("", "timestamp")?,
                    step: row.try_get("", "step")?,
                },
                dataset_name: row.try_get("", "dataset_name")?,
                dataset_digest: row.try_get("", "dataset_digest")?,
            });
        }
    }
    Ok(ids
        .iter()
        .map(|id| Logged {
            params: params.remove(id).unwrap_or_default(),
            tags: tags.remove(id).unwrap_or_default(),
            metrics: metrics.remove(id).unwrap_or_default(),
        })
        .collect())
}

/// Logged models of experiments that fit a filter. When datasets are named, only points on them count, and a model
/// needs one. After `order_by` come the youngest first.
pub async fn search(
    db: &impl ConnectionTrait,
    workspace: &str,
    experiment_ids: &[i64],
    filter: &[Comparison],
    datasets: &[OnDataset],
    order_by: &[OrderOn],
    window: Window,
) -> Result<Found<Model>> {
    let backend = db.get_database_backend();
    let mut query = Entity::find()
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::ExperimentId.is_in(experiment_ids.iter().copied()))
        .filter(Column::LifecycleStage.eq(ACTIVE));
    let select = QueryTrait::query(&mut query);
    let id = || Expr::col(("logged_model", "model_id"));
    for comparison in filter {
        let Comparison { key, operator, value } = comparison;
        select.and_where(match key.entity {
            Of::Tag => has_text(
                backend,
                Table::Tag,
                workspace,
                Noun::LoggedModel,
                id(),
                comparison,
            ),
            Of::Param => has_text(
                backend,
                Table::Param,
                workspace,
                Noun::LoggedModel,
                id(),
                comparison,
            ),
            Of::Metric => {
                let mut fits = compare(backend, Expr::col(("m", "value")), *operator, value);
                let is_nan = Expr::col(("m", "is_nan")).eq(true);
                fits = if *operator == Operator::Ne {
                    fits.or(is_nan)
                } else {
                    fits.and(is_nan.not())
                };
                let mut latest = Query::select();
                latest
                    .expr(Expr::value(1))
                    .from_subquery(latest_points(workspace, &key.name, datasets), "m")
                    .and_where(Expr::col(("m", "model_id")).eq(id()))
                    .and_where(fits);
                Expr::exists(latest)
            }
            _ => compare(
                backend,
                Expr::col(("logged_model", column(&key.name))),
                *operator,
                value,
            ),
        });
    }
    if !datasets.is_empty()
        && filter
            .iter()
            .all(|comparison| comparison.key.entity != Of::Metric)
    {
        let mut measured = Query::select();
        measured
            .expr(Expr::value(1))
            .from_as("logged_model_metric", "p")
            .and_where(Expr::col(("p", "workspace")).eq(workspace))
            .and_where(Expr::col(("p", "model_id")).eq(id()))
            .and_where_option(on_datasets(datasets));
        select.and_where(Expr::exists(measured));
    }
    for (at, OrderOn { order, dataset }) in order_by.iter().enumerate() {
        if order.key.entity != Of::Metric {
            let value = Expr::col(("logged_model", column(&order.key.name)));
            sort_nulls_last(select, value, order.ascending);
            continue;
        }
        let alias = format!("order_{at}");
        let on: Vec<_> = dataset.iter().chain(datasets).cloned().collect();
        let on = if dataset.is_some() { &on[..1] } else { &on[..] };
        select.join_subquery(
            JoinType::LeftJoin,
            latest_points(workspace, &order.key.name, on),
            alias.clone(),
            Expr::col((alias.clone(), "model_id")).eq(id()),
        );
        sort_nulls_last(select, Expr::col((alias, "value")), order.ascending);
    }
    let sorted_by = |name: &str| {
        order_by
            .iter()
            .any(|o| o.order.key.entity == Of::Attribute && o.order.key.name == name)
    };
    if !sorted_by("creation_time") {
        select.order_by(("logged_model", "created_at"), Order::Desc);
    }
    if !sorted_by("model_id") {
        select.order_by(("logged_model", "model_id"), direction(true));
    }
    window.apply(select);
    let mut items = query.all(db).await?;
    let more = window.cut(&mut items);
    Ok(Found { items, more })
}

/// Of each model the latest point of a metric: the greatest (step, timestamp, value).
fn latest_points(workspace: &str, key: &str, datasets: &[OnDataset]) -> SelectStatement {
    let mut newer = Query::select();
    let tuple = |table: &'static str| {
        Expr::tuple(["step", "timestamp", "value", "run_id"].map(|column| Expr::col((table, column))))
    };
    newer
        .expr(Expr::value(1))
        .from_as("logged_model_metric", "q")
        .and_where(Expr::col(("q", "workspace")).eq(workspace))
        .and_where(Expr::col(("q", "model_id")).eq(Expr::col(("p", "model_id"))))
        .and_where(Expr::col(("q", "key")).eq(key))
        .and_where_option(on_datasets_of("q", datasets))
        .and_where(tuple("q").gt(tuple("p")));
    let mut select = Query::select();
    select
        .columns(["model_id", "value", "is_nan"].map(|column| ("p", column)))
        .from_as("logged_model_metric", "p")
        .and_where(Expr::col(("p", "workspace")).eq(workspace))
        .and_where(Expr::col(("p", "key")).eq(key))
        .and_where_option(on_datasets(datasets))
        .and_where(Expr::not_exists(newer));
    select
}

fn on_datasets(datasets: &[OnDataset]) -> Option<Expr> {
    on_datasets_of("p", datasets)
}

fn on_datasets_of(table: &'static str, datasets: &[OnDataset]) -> Option<Expr> {
    datasets
        .iter()
        .map(|OnDataset { name, digest }| {
            let named = Expr::col((table, "dataset_name")).eq(name.as_str());
            match digest {
                Some(digest) => named.and(Expr::col((table, "dataset_digest")).eq(digest.as_str())),
                None => named,
            }
        })
        .reduce(ExprTrait::or)
}

/// The column of an attribute that filters and orderings know.
fn column(attribute: &str) -> &'static str {
    match attribute {
        "name" => "name",
        "model_type" => "model_type",
        "status" => "status",
        "source_run_id" => "source_run_id",
        "creation_time" => "created_at",
        "last_updated_time" => "updated_at",
        _ => "model_id",
    }
}
