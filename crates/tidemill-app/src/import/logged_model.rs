//! Logged models of an import: they keep their ids, begin unfinished, and stay as they are when they were there.

use tidemill_api::import::{
    ImportAnswer, ImportLoggedModel, ImportLoggedModels, ImportModelPoint, ImportOutcome, Imported,
    UNFINISHED_TAG,
};
use tidemill_api::mlflow::logged_model::LoggedModelStatus;
use tidemill_api::mlflow::rule;
use tidemill_store::logged_model::{self, ModelPoint};
use tidemill_store::metric::Point;
use tidemill_store::tag::{self, Noun, Table};
use tidemill_store::{ConnectionTrait, experiment};

use super::{change, fits, item, keep, refused, time, told};
use crate::artifact::store_path;
use crate::{OpContext, Result, Scope, action};

/// Begins logged models, and ends the import of others.
///
/// # Errors
/// NotFound without the workspace, Invalid for too many of them.
pub async fn logged_models(
    ctx: &OpContext,
    workspace: &str,
    request: ImportLoggedModels,
) -> Result<ImportAnswer> {
    ctx.authorize(action::RUN_WRITE, &Scope::workspace(workspace))
        .await?;
    let count = request.logged_models.len() + request.finished.len();
    fits("logged models", count)?;
    crate::workspace::get(ctx, workspace).await?;
    let (now, workspace) = (ctx.now_ms(), workspace.to_owned());
    let change = change(action::RUN_WRITE, &workspace, "logged models", count);
    let done = ctx
        .change_as(change, move |tx| {
            Box::pin(async move {
                let mut answer = ImportAnswer::default();
                for one in request.logged_models {
                    answer.items.push(import(tx, &workspace, one, now).await?);
                }
                for id in &request.finished {
                    tag::delete(tx, &workspace, Noun::LoggedModel, id, UNFINISHED_TAG).await?;
                }
                let mut told = told("logged models", &answer);
                told["finished"] = request.finished.len().into();
                Ok(Some((answer, told)))
            })
        })
        .await?;
    Ok(done.unwrap_or_default())
}

async fn import(
    db: &impl ConnectionTrait,
    workspace: &str,
    one: ImportLoggedModel,
    now: i64,
) -> Result<Imported> {
    let ImportLoggedModel {
        model_id,
        experiment: experiment_name,
        name,
        status,
        status_message,
        model_type,
        source_run_id,
        deleted,
        created_at,
        updated_at,
        tags,
        params,
        metrics,
    } = one;
    let fits = |id: &str| {
        id.strip_prefix("m-")
            .is_some_and(|rest| rule::run_id(rest).is_ok())
    };
    if !fits(&model_id) {
        return Ok(refused(&model_id, "an id is `m-` and hexadecimal digits"));
    }
    if let Err(why) = rule::logged_model_name(&name) {
        return Ok(refused(&model_id, why.0));
    }
    if let Some(row) = logged_model::get(db, workspace, &model_id).await? {
        let unfinished = tag::get(db, workspace, Noun::LoggedModel, &model_id, UNFINISHED_TAG).await?;
        let outcome = match unfinished {
            Some(_) => ImportOutcome::Resumed,
            None => ImportOutcome::There,
        };
        return Ok(Imported {
            artifact_path: Some(store_path(&row.artifact_location).to_owned()),
            ..item(&model_id, outcome)
        });
    }
    let Some(experiment) = experiment::by_name(db, workspace, &experiment_name).await? else {
        let why = format!("its experiment `{experiment_name}` is not there");
        return Ok(refused(&model_id, why));
    };
    let Some(status) = LoggedModelStatus::from_word(&status) else {
        return Ok(refused(&model_id, format!("there is no status `{status}`")));
    };
    let created_at = time(created_at, now);
    let row = logged_model::Model {
        workspace: workspace.to_owned(),
        artifact_location: format!("{}/models/{model_id}/artifacts", experiment.own_location()),
        model_id: model_id.clone(),
        experiment_id: experiment.experiment_id,
        name,
        status: status.word().to_owned(),
        status_message,
        model_type,
        source_run_id,
        lifecycle_stage: if deleted {
            experiment::DELETED
        } else {
            experiment::ACTIVE
        }
        .to_owned(),
        created_at,
        updated_at: time(updated_at, created_at),
    };
    let artifact_path = store_path(&row.artifact_location).to_owned();
    logged_model::insert(db, row).await?;
    let mut left_out = Vec::new();
    let mut tags = keep("tag", tags, &mut left_out);
    tags.push((UNFINISHED_TAG.to_owned(), "true".to_owned()));
    tag::put(db, Table::Tag, workspace, Noun::LoggedModel, &model_id, &tags).await?;
    let params = keep("parameter", params, &mut left_out);
    tag::put(db, Table::Param, workspace, Noun::LoggedModel, &model_id, &params).await?;
    let points: Vec<ModelPoint> = metrics.into_iter().map(|one| point(&model_id, one)).collect();
    logged_model::append_points(db, workspace, &points).await?;
    Ok(Imported {
        artifact_path: Some(artifact_path),
        left_out,
        ..item(&model_id, ImportOutcome::Added)
    })
}

fn point(model_id: &str, one: ImportModelPoint) -> ModelPoint {
    let ImportModelPoint {
        key,
        run_id,
        timestamp,
        step,
        value,
        dataset_name,
        dataset_digest,
    } = one;
    ModelPoint {
        model_id: model_id.to_owned(),
        run_id,
        point: Point {
            key,
            value,
            timestamp,
            step,
        },
        dataset_name,
        dataset_digest,
    }
}
