//! What runs read and made: datasets, and logged models.

use std::collections::HashMap;

use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Expr, ExprTrait, JoinType, OnConflict, Order, Query};

use crate::{Result, from_json, to_json};

/// The tag of an input that says how it was used.
pub const CONTEXT_TAG: &str = "mlflow.data.context";

/// A dataset that a run read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatasetInput {
    /// Its name.
    pub name: String,
    /// What its content hashes to.
    pub digest: String,
    /// Such as `local`.
    pub source_type: String,
    /// JSON that tells how to get it.
    pub source: String,
    /// JSON of its columns.
    pub schema: Option<String>,
    /// JSON of its counts.
    pub profile: Option<String>,
    /// How it was used, by key.
    pub tags: Vec<(String, String)>,
}

/// A logged model that a run read or made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunModel {
    /// Which one.
    pub model_id: String,
    /// At which step; 0 for one that was read.
    pub step: i64,
}

/// Whether a run read a logged model or made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// It read it.
    Input,
    /// It made it.
    Output,
}

impl Direction {
    fn as_str(self) -> &'static str {
        match self {
            Direction::Input => "input",
            Direction::Output => "output",
        }
    }
}

/// A dataset of an experiment, and how it was used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatasetSummary {
    /// The experiment.
    pub experiment_id: i64,
    /// Its name.
    pub name: String,
    /// What its content hashes to.
    pub digest: String,
    /// How it was used.
    pub context: Option<String>,
}

/// Adds datasets to what a run read; one that is there stays as it is.
pub async fn append_datasets(
    db: &impl ConnectionTrait,
    workspace: &str,
    experiment_id: i64,
    run_id: &str,
    inputs: &[DatasetInput],
) -> Result<()> {
    for input in inputs {
        let DatasetInput {
            name,
            digest,
            source_type,
            source,
            schema,
            profile,
            tags,
        } = input;
        let mut dataset = Query::insert();
        dataset
            .into_table("dataset")
            .columns([
                "workspace",
                "experiment_id",
                "name",
                "digest",
                "source_type",
                "source",
                "schema",
                "profile",
            ])
            .values_panic([
                workspace.into(),
                experiment_id.into(),
                name.as_str().into(),
                digest.as_str().into(),
                source_type.as_str().into(),
                source.as_str().into(),
                schema.clone().into(),
                profile.clone().into(),
            ])
            .on_conflict(OnConflict::new().do_nothing().to_owned());
        db.execute(&dataset).await?;
        let context = tags
            .iter()
            .find(|(key, _)| key == CONTEXT_TAG)
            .map(|(_, value)| value.clone());
        let mut link = Query::insert();
        link.into_table("run_input")
            .columns([
                "workspace",
                "run_id",
                "experiment_id",
                "name",
                "digest",
                "context",
                "tags",
            ])
            .values_panic([
                workspace.into(),
                run_id.into(),
                experiment_id.into(),
                name.as_str().into(),
                digest.as_str().into(),
                context.into(),
                to_json(tags).into(),
            ])
            .on_conflict(OnConflict::new().do_nothing().to_owned());
        db.execute(&link).await?;
    }
    Ok(())
}

/// The datasets that runs read, by name.
pub async fn datasets(
    db: &impl ConnectionTrait,
    workspace: &str,
    run_ids: &[String],
) -> Result<HashMap<String, Vec<DatasetInput>>> {
    let mut found: HashMap<String, Vec<DatasetInput>> = HashMap::new();
    for run_ids in run_ids.chunks(500) {
        let mut select = Query::select();
        select
            .columns([("i", "run_id"), ("i", "tags")])
            .columns(["name", "digest", "source_type", "source", "schema", "profile"].map(|c| ("d", c)))
            .from_as("run_input", "i")
            .join_as(
                JoinType::InnerJoin,
                "dataset",
                "d",
                Expr::col(("d", "workspace"))
                    .eq(Expr::col(("i", "workspace")))
                    .and(Expr::col(("d", "experiment_id")).eq(Expr::col(("i", "experiment_id"))))
                    .and(Expr::col(("d", "name")).eq(Expr::col(("i", "name"))))
                    .and(Expr::col(("d", "digest")).eq(Expr::col(("i", "digest")))),
            )
            .and_where(Expr::col(("i", "workspace")).eq(workspace))
            .and_where(Expr::col(("i", "run_id")).is_in(run_ids))
            .order_by(("i", "name"), Order::Asc)
            .order_by(("i", "digest"), Order::Asc);
        for row in db.query_all(&select).await? {
            let tags: String = row.try_get("", "tags")?;
            found
                .entry(row.try_get("", "run_id")?)
                .or_default()
                .push(DatasetInput {
                    name: row.try_get("", "name")?,
                    digest: row.try_get("", "digest")?,
                    source_type: row.try_get("", "source_type")?,
                    source: row.try_get("", "source")?,
                    schema: row.try_get("", "schema")?,
                    profile: row.try_get("", "profile")?,
                    tags: from_json("run_input", "tags", &tags)?,
                });
        }
    }
    Ok(found)
}

/// Adds logged models to what a run read or made.
pub async fn append_models(
    db: &impl ConnectionTrait,
    workspace: &str,
    run_id: &str,
    direction: Direction,
    models: &[RunModel],
) -> Result<()> {
    if models.is_empty() {
        return Ok(());
    }
    let mut insert = Query::insert();
    insert
        .into_table("run_model")
        .columns(["workspace", "run_id", "direction", "model_id", "step"])
        .on_conflict(OnConflict::new().do_nothing().to_owned());
    for RunModel { model_id, step } in models {
        insert.values_panic([
            workspace.into(),
            run_id.into(),
            direction.as_str().into(),
            model_id.as_str().into(),
            (*step).into(),
        ]);
    }
    db.execute(&insert).await?;
    Ok(())
}

/// The logged models that runs read or made, by step.
pub async fn models(
    db: &impl ConnectionTrait,
    workspace: &str,
    run_ids: &[String],
    direction: Direction,
) -> Result<HashMap<String, Vec<RunModel>>> {
    let mut found: HashMap<String, Vec<RunModel>> = HashMap::new();
    for run_ids in run_ids.chunks(500) {
        let mut select = Query::select();
        select
            .columns(["run_id", "model_id", "step"])
            .from("run_model")
            .and_where(Expr::col("workspace").eq(workspace))
            .and_where(Expr::col("direction").eq(direction.as_str()))
            .and_where(Expr::col("run_id").is_in(run_ids))
            .order_by("step", Order::Asc)
            .order_by("model_id", Order::Asc);
        for row in db.query_all(&select).await? {
            let model = RunModel {
                model_id: row.try_get("", "model_id")?,
                step: row.try_get("", "step")?,
            };
            found.entry(row.try_get("", "run_id")?).or_default().push(model);
        }
    }
    Ok(found)
}

/// The datasets that runs of these experiments read, 1000 at most.
pub async fn summaries(
    db: &impl ConnectionTrait,
    workspace: &str,
    experiment_ids: &[i64],
) -> Result<Vec<DatasetSummary>> {
    let mut select = Query::select();
    select
        .distinct()
        .columns(["experiment_id", "name", "digest", "context"])
        .from("run_input")
        .and_where(Expr::col("workspace").eq(workspace))
        .and_where(Expr::col("experiment_id").is_in(experiment_ids.iter().copied()))
        .order_by("experiment_id", Order::Asc)
        .order_by("name", Order::Asc)
        .order_by("digest", Order::Asc)
        .limit(1000);
    let rows = db.query_all(&select).await?;
    rows.iter()
        .map(|row| {
            Ok(DatasetSummary {
                experiment_id: row.try_get("", "experiment_id")?,
                name: row.try_get("", "name")?,
                digest: row.try_get("", "digest")?,
                context: row.try_get("", "context")?,
            })
        })
        .collect()
}
