//! Runs: what MLflow tracks. A job has one under its own name; a run that a client started is no job.

use std::collections::HashMap;

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};

use crate::experiment::{ACTIVE, DELETED};
use crate::metric::Point;
use crate::run_input::{self, DatasetInput, Direction, RunModel};
use crate::tag::{self, Noun, Pairs, Table};
use crate::{Result, Store, experiment, param};

/// The tag that holds a run's name.
pub const NAME_TAG: &str = "mlflow.runName";
/// The tag that names the run above.
pub const PARENT_TAG: &str = "mlflow.parentRunId";

/// One run.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "run")]
pub struct Model {
    /// The workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace: String,
    /// The name of its job, or 32 hex digits.
    #[sea_orm(primary_key, auto_increment = false)]
    pub run_id: String,
    /// Its experiment.
    pub experiment_id: i64,
    /// As people call it; also the tag [`NAME_TAG`].
    pub name: String,
    /// Who started it.
    pub user_id: String,
    /// `RUNNING`, `SCHEDULED`, `FINISHED`, `FAILED` or `KILLED`.
    pub status: String,
    /// UTC milliseconds.
    pub start_time: i64,
    /// UTC milliseconds.
    pub end_time: Option<i64>,
    /// `active` or `deleted`.
    pub lifecycle_stage: String,
    /// UTC milliseconds.
    pub deleted_at: Option<i64>,
    /// Where its artifacts are.
    pub artifact_uri: String,
    /// The job that may write to it: its own, or the one whose child it is.
    pub job: Option<String>,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What a run logged, read and made.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Logged {
    /// The latest point of each metric.
    pub metrics: Vec<Point>,
    /// Parameters by key.
    pub params: Pairs,
    /// Tags by key.
    pub tags: Pairs,
    /// Datasets that it read.
    pub datasets: Vec<DatasetInput>,
    /// Logged models that it read.
    pub model_inputs: Vec<RunModel>,
    /// Logged models that it made.
    pub model_outputs: Vec<RunModel>,
}

/// Where a run's artifacts are, below its experiment's.
pub fn artifact_uri(experiment: &experiment::Model, run_id: &str) -> String {
    format!("{}/{run_id}/artifacts", experiment.artifact_location)
}

/// The same in the server's own store, also of an experiment that keeps its artifacts elsewhere: for what the server
/// itself writes.
pub fn artifact_uri_here(experiment: &experiment::Model, run_id: &str) -> String {
    format!("{}/{run_id}/artifacts", experiment.own_location())
}

/// One run by id.
pub async fn get(db: &impl ConnectionTrait, workspace: &str, run_id: &str) -> Result<Option<Model>> {
    Ok(Entity::find_by_id((workspace.to_owned(), run_id.to_owned()))
        .one(db)
        .await?)
}

/// Adds a run with its tags; its name becomes the tag [`NAME_TAG`]. Says whether the id was free.
pub async fn insert(db: &impl ConnectionTrait, row: Model, tags: &[(String, String)]) -> Result<bool> {
    let name_tag = (NAME_TAG.to_owned(), row.name.clone());
    let (workspace_name, id) = (row.workspace.clone(), row.run_id.clone());
    let Model {
        workspace,
        run_id,
        experiment_id,
        name,
        user_id,
        status,
        start_time,
        end_time,
        lifecycle_stage,
        deleted_at,
        artifact_uri,
        job,
    } = row;
    let added = Entity::insert(ActiveModel {
        workspace: Set(workspace),
        run_id: Set(run_id),
        experiment_id: Set(experiment_id),
        name: Set(name),
        user_id: Set(user_id),
        status: Set(status),
        start_time: Set(start_time),
        end_time: Set(end_time),
        lifecycle_stage: Set(lifecycle_stage),
        deleted_at: Set(deleted_at),
        artifact_uri: Set(artifact_uri),
        job: Set(job),
    })
    .on_conflict(OnConflict::new().do_nothing().to_owned())
    .exec_without_returning(db)
    .await?;
    if added == 0 {
        return Ok(false);
    }
    let mut tags = tags.to_vec();
    tags.push(name_tag);
    tag::put(db, Table::Tag, &workspace_name, Noun::Run, &id, &tags).await?;
    Ok(true)
}

/// What [`update`] changes; `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// How it is doing.
    pub status: Option<String>,
    /// UTC milliseconds.
    pub end_time: Option<i64>,
    /// As people call it; the tag [`NAME_TAG`] follows.
    pub name: Option<String>,
}

/// Changes status, end and name of a run; says whether it is there.
pub async fn update(
    db: &impl ConnectionTrait,
    workspace: &str,
    run_id: &str,
    change: Change,
) -> Result<bool> {
    let Change {
        status,
        end_time,
        name,
    } = change;
    let mut update = Query::update();
    update
        .table("run")
        .and_where(Expr::col("workspace").eq(workspace))
        .and_where(Expr::col("run_id").eq(run_id))
        // A statement needs one change at least.
        .value("run_id", run_id);
    if let Some(status) = status {
        update.value("status", status);
    }
    if let Some(end_time) = end_time {
        update.value("end_time", end_time);
    }
    if let Some(name) = &name {
        update.value("name", name.as_str());
    }
    if db.execute(&update).await?.rows_affected() == 0 {
        return Ok(false);
    }
    if let Some(name) = name {
        tag::put(
            db,
            Table::Tag,
            workspace,
            Noun::Run,
            run_id,
            &[(NAME_TAG.to_owned(), name)],
        )
        .await?;
    }
    Ok(true)
}

/// Deletes (`Some(when)`) or restores (`None`) a run; says whether it is there.
pub async fn set_deleted(
    db: &impl ConnectionTrait,
    workspace: &str,
    run_id: &str,
    deleted_at: Option<i64>,
) -> Result<bool> {
    let done = Entity::update_many()
        .col_expr(
            Column::LifecycleStage,
            Expr::value(if deleted_at.is_some() { DELETED } else { ACTIVE }),
        )
        .col_expr(Column::DeletedAt, Expr::value(deleted_at))
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::RunId.eq(run_id))
        .exec(db)
        .await?;
    Ok(done.rows_affected > 0)
}

/// Deletes (`Some(when)`) or restores (`None`) all runs of an experiment.
pub async fn set_experiment_deleted(
    db: &impl ConnectionTrait,
    workspace: &str,
    experiment_id: i64,
    deleted_at: Option<i64>,
) -> Result<()> {
    Entity::update_many()
        .col_expr(
            Column::LifecycleStage,
            Expr::value(if deleted_at.is_some() { DELETED } else { ACTIVE }),
        )
        .col_expr(Column::DeletedAt, Expr::value(deleted_at))
        .filter(Column::Workspace.eq(workspace))
        .filter(Column::ExperimentId.eq(experiment_id))
        .exec(db)
        .await?;
    Ok(())
}

/// What these runs logged, read and made, in their order.
pub async fn logged(store: &Store, workspace: &str, runs: &[Model]) -> Result<Vec<Logged>> {
    let db = store.read();
    let ids: Vec<String> = runs.iter().map(|run| run.run_id.clone()).collect();
    let mut metrics = store.latest_metrics(workspace, &ids).await?;
    let mut params = tag::of_many(db, Table::Param, workspace, Noun::Run, &ids).await?;
    let mut tags = tag::of_many(db, Table::Tag, workspace, Noun::Run, &ids).await?;
    let mut datasets = run_input::datasets(db, workspace, &ids).await?;
    let mut inputs = run_input::models(db, workspace, &ids, Direction::Input).await?;
    let mut outputs = run_input::models(db, workspace, &ids, Direction::Output).await?;
    fn take<T>(of: &mut HashMap<String, Vec<T>>, id: &str) -> Vec<T> {
        of.remove(id).unwrap_or_default()
    }
    Ok(ids
        .iter()
        .map(|id| Logged {
            metrics: take(&mut metrics, id),
            params: take(&mut params, id),
            tags: take(&mut tags, id),
            datasets: take(&mut datasets, id),
            model_inputs: take(&mut inputs, id),
            model_outputs: take(&mut outputs, id),
        })
        .collect())
}

/// The run of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRun {
    /// The workspace.
    pub workspace: String,
    /// The name of the job: the run's id.
    pub job: String,
    /// Its experiment by name, made when it is not there.
    pub experiment: String,
    /// As people call it.
    pub display_name: String,
    /// Who submitted it.
    pub user: String,
    /// The job of the pipeline that it is a step of.
    pub parent: Option<String>,
    /// Such as `mlflow.source.name`.
    pub tags: Vec<(String, String)>,
    /// Literal inputs.
    pub params: Vec<(String, String)>,
    /// UTC milliseconds.
    pub now_ms: i64,
}

/// Makes the run of a job, `SCHEDULED` until [`set_job_status`] says more. A run that is there stays as it is.
pub async fn create_for_job(db: &impl ConnectionTrait, job: JobRun) -> Result<Model> {
    let JobRun {
        workspace,
        job,
        experiment,
        display_name,
        user,
        parent,
        mut tags,
        params,
        now_ms,
    } = job;
    let experiment = experiment::ensure(db, &workspace, &experiment, now_ms).await?;
    let row = Model {
        workspace: workspace.clone(),
        run_id: job.clone(),
        experiment_id: experiment.experiment_id,
        name: display_name,
        user_id: user.clone(),
        status: "SCHEDULED".to_owned(),
        start_time: now_ms,
        end_time: None,
        lifecycle_stage: ACTIVE.to_owned(),
        deleted_at: None,
        artifact_uri: artifact_uri_here(&experiment, &job),
        job: Some(job.clone()),
    };
    tags.push(("mlflow.user".to_owned(), user));
    tags.extend(parent.map(|parent| (PARENT_TAG.to_owned(), parent)));
    if insert(db, row.clone(), &tags).await? {
        param::append(db, &workspace, &job, &params).await?;
        return Ok(row);
    }
    Ok(get(db, &workspace, &job)
        .await?
        .expect("an insert that changed nothing met the same run"))
}

/// Says how the run of a job is doing; `start_time` is set when it starts to run.
pub async fn set_job_status(
    db: &impl ConnectionTrait,
    workspace: &str,
    job: &str,
    status: &str,
    start_time: Option<i64>,
    end_time: Option<i64>,
) -> Result<()> {
    let mut update = Query::update();
    update
        .table("run")
        .value("status", status)
        .value("end_time", end_time)
        .and_where(Expr::col("workspace").eq(workspace))
        .and_where(Expr::col("run_id").eq(job));
    if let Some(start_time) = start_time {
        update.value("start_time", start_time);
    }
    db.execute(&update).await?;
    Ok(())
}
