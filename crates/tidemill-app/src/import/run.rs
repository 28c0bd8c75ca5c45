//! Runs of an import: they keep their ids, begin unfinished, and stay as they are when they were there.

use std::collections::HashMap;

use tidemill_api::import::{
    ImportAnswer, ImportDataset, ImportOutcome, ImportRun, ImportRunModel, ImportRuns, Imported,
    UNFINISHED_TAG,
};
use tidemill_api::mlflow::rule;
use tidemill_api::mlflow::run::RunStatus;
use tidemill_store::run_input::{self, DatasetInput, Direction, RunModel};
use tidemill_store::tag::{self, Noun, Table};
use tidemill_store::{ConnectionTrait, experiment, run};

use super::{change, fits, item, keep, refused, time, told};
use crate::artifact::store_path;
use crate::{OpContext, Result, Scope, action};

/// Begins runs, and ends the import of others.
///
/// # Errors
/// NotFound without the workspace, Invalid for too many of them.
pub async fn runs(ctx: &OpContext, workspace: &str, request: ImportRuns) -> Result<ImportAnswer> {
    ctx.authorize(action::RUN_WRITE, &Scope::workspace(workspace))
        .await?;
    let count = request.runs.len() + request.finished.len();
    fits("runs", count)?;
    crate::workspace::get(ctx, workspace).await?;
    let (now, place) = (ctx.now_ms(), workspace.to_owned());
    let ImportRuns { runs, finished } = request;
    let ended = finished.clone();
    let change = change(action::RUN_WRITE, workspace, "runs", count);
    let done = ctx
        .change_as(change, move |tx| {
            Box::pin(async move {
                let (mut answer, mut experiments) = (ImportAnswer::default(), HashMap::new());
                for one in runs {
                    if !experiments.contains_key(&one.experiment) {
                        let found = experiment::by_name(tx, &place, &one.experiment).await?;
                        experiments.insert(one.experiment.clone(), found);
                    }
                    let of = experiments.get(&one.experiment).and_then(Option::as_ref);
                    answer.items.push(import(tx, of, one, now).await?);
                }
                for run_id in &finished {
                    tag::delete(tx, &place, Noun::Run, run_id, UNFINISHED_TAG).await?;
                }
                let mut told = told("runs", &answer);
                told["finished"] = finished.len().into();
                Ok(Some((answer, told)))
            })
        })
        .await?;
    for run_id in &ended {
        ctx.app().hub.tell_run(workspace, run_id);
    }
    Ok(done.unwrap_or_default())
}

async fn import(
    db: &impl ConnectionTrait,
    experiment: Option<&experiment::Model>,
    one: ImportRun,
    now: i64,
) -> Result<Imported> {
    let ImportRun {
        run_id,
        experiment: experiment_name,
        name,
        user,
        status,
        started_at,
        ended_at,
        deleted,
        deleted_at,
        tags,
        params,
        datasets,
        model_inputs,
        model_outputs,
    } = one;
    if let Err(why) = rule::run_id(&run_id) {
        return Ok(refused(&run_id, why.0));
    }
    let Some(experiment) = experiment else {
        return Ok(refused(
            &run_id,
            format!("its experiment `{experiment_name}` is not there"),
        ));
    };
    let Some(status) = RunStatus::parse(&status) else {
        return Ok(refused(&run_id, format!("there is no status `{status}`")));
    };
    let workspace = experiment.workspace.as_str();
    let mut left_out = Vec::new();
    let row = run::Model {
        workspace: workspace.to_owned(),
        artifact_uri: run::artifact_uri_here(experiment, &run_id),
        run_id,
        experiment_id: experiment.experiment_id,
        name,
        user_id: user,
        status: status.as_str().to_owned(),
        start_time: started_at,
        end_time: ended_at,
        lifecycle_stage: if deleted {
            experiment::DELETED
        } else {
            experiment::ACTIVE
        }
        .to_owned(),
        deleted_at: deleted.then(|| time(deleted_at.unwrap_or(0), now)),
        job: None,
    };
    let run_id = row.run_id.clone();
    let artifact_path = store_path(&row.artifact_uri).to_owned();
    let mut tags = keep("tag", tags, &mut left_out);
    tags.push((UNFINISHED_TAG.to_owned(), "true".to_owned()));
    if !run::insert(db, row, &tags).await? {
        let unfinished = tag::get(db, workspace, Noun::Run, &run_id, UNFINISHED_TAG).await?;
        let Some(there) = run::get(db, workspace, &run_id)
            .await?
            .filter(|_| unfinished.is_some())
        else {
            return Ok(item(&run_id, ImportOutcome::There));
        };
        return Ok(Imported {
            artifact_path: Some(store_path(&there.artifact_uri).to_owned()),
            ..item(&run_id, ImportOutcome::Resumed)
        });
    }
    let params = keep("parameter", params, &mut left_out);
    tag::put(db, Table::Param, workspace, Noun::Run, &run_id, &params).await?;
    let datasets: Vec<DatasetInput> = datasets.into_iter().map(dataset).collect();
    run_input::append_datasets(db, workspace, experiment.experiment_id, &run_id, &datasets).await?;
    for (direction, models) in [
        (Direction::Input, model_inputs),
        (Direction::Output, model_outputs),
    ] {
        let models: Vec<RunModel> = models
            .into_iter()
            .map(|ImportRunModel { model_id, step }| RunModel { model_id, step })
            .collect();
        run_input::append_models(db, workspace, &run_id, direction, &models).await?;
    }
    Ok(Imported {
        artifact_path: Some(artifact_path),
        left_out,
        ..item(&run_id, ImportOutcome::Added)
    })
}

fn dataset(one: ImportDataset) -> DatasetInput {
    let ImportDataset {
        name,
        digest,
        source_type,
        source,
        schema,
        profile,
        tags,
    } = one;
    DatasetInput {
        name,
        digest,
        source_type,
        source,
        schema,
        profile,
        tags: tags.into_iter().collect(),
    }
}
