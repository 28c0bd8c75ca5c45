//! What runs read and made: datasets, and logged models.

use tidemill_api::mlflow::rule;
use tidemill_api::mlflow::run_input::{
    DatasetInput, DatasetSummary, LogInputs, LogOutputs, SearchDatasets, SearchDatasetsResponse,
};
use tidemill_store::run_input::{self, Direction, RunModel};

use crate::experiment::pairs;
use crate::run::{find_active, writable};
use crate::{Error, OpContext, Result, Scope, action};

/// Notes what a run read.
///
/// # Errors
/// Invalid for a dataset without a name or digest, or with texts that are too long.
pub async fn log_inputs(ctx: &OpContext, workspace: &str, request: LogInputs) -> Result<()> {
    let LogInputs {
        run_id,
        datasets,
        models,
    } = request;
    rule::run_id(&run_id)?;
    writable(ctx, workspace, &run_id).await?;
    rule::batch_limit("datasets", 1000, datasets.len())?;
    let datasets = datasets.into_iter().map(checked).collect::<Result<Vec<_>>>()?;
    let models: Vec<_> = models
        .into_iter()
        .map(|m| RunModel {
            model_id: m.model_id,
            step: 0,
        })
        .collect();
    let workspace = workspace.to_owned();
    ctx.app()
        .store
        .write(move |tx| {
            Box::pin(async move {
                let run = find_active(tx, &workspace, &run_id).await?;
                run_input::append_datasets(tx, &workspace, run.experiment_id, &run_id, &datasets).await?;
                Ok(run_input::append_models(tx, &workspace, &run_id, Direction::Input, &models).await?)
            })
        })
        .await
}

/// Notes which logged models a run made.
///
/// # Errors
/// Invalid for a deleted run.
pub async fn log_outputs(ctx: &OpContext, workspace: &str, request: LogOutputs) -> Result<()> {
    let LogOutputs { run_id, models } = request;
    writable(ctx, workspace, &run_id).await?;
    let models: Vec<_> = models
        .into_iter()
        .map(|m| RunModel {
            model_id: m.model_id,
            step: m.step,
        })
        .collect();
    let workspace = workspace.to_owned();
    ctx.app()
        .store
        .write(move |tx| {
            Box::pin(async move {
                find_active(tx, &workspace, &run_id).await?;
                Ok(run_input::append_models(tx, &workspace, &run_id, Direction::Output, &models).await?)
            })
        })
        .await
}

/// The datasets that runs of these experiments read.
///
/// # Errors
/// Invalid for an id that is no number.
pub async fn search_datasets(
    ctx: &OpContext,
    workspace: &str,
    request: SearchDatasets,
) -> Result<SearchDatasetsResponse> {
    ctx.authorize(action::RUN_READ, &Scope::workspace(workspace))
        .await?;
    let asked = request.experiment_ids.len();
    if asked == 0 {
        return Err(Error::invalid(
            "SearchDatasets request must specify at least one experiment_id.",
        ));
    }
    if asked > 20 {
        return Err(Error::invalid(format!(
            "SearchDatasets request cannot specify more than 20 experiment_ids. Received {asked} experiment_ids."
        )));
    }
    let ids = request
        .experiment_ids
        .iter()
        .map(|id| rule::experiment_id(id))
        .collect::<Result<Vec<_>, _>>()?;
    let found = run_input::summaries(ctx.app().store.read(), workspace, &ids).await?;
    let view = |summary: run_input::DatasetSummary| DatasetSummary {
        experiment_id: summary.experiment_id.to_string(),
        name: summary.name,
        digest: summary.digest,
        context: summary.context,
    };
    Ok(SearchDatasetsResponse {
        dataset_summaries: found.into_iter().map(view).collect(),
    })
}

fn checked(input: DatasetInput) -> Result<run_input::DatasetInput> {
    let DatasetInput { tags, dataset } = input;
    let dataset = dataset.ok_or_else(|| Error::invalid("Dataset cannot be None"))?;
    rule::length("name", 500, &dataset.name)?;
    rule::length("digest", 36, &dataset.digest)?;
    rule::length("source", 65_535, &dataset.source)?;
    rule::length("schema", 1_048_575, dataset.schema.as_deref().unwrap_or_default())?;
    rule::length(
        "profile",
        16_777_215,
        dataset.profile.as_deref().unwrap_or_default(),
    )?;
    for tag in &tags {
        rule::length("key", 255, &tag.key)?;
        rule::length("value", 500, &tag.value)?;
    }
    Ok(run_input::DatasetInput {
        name: dataset.name,
        digest: dataset.digest,
        source_type: dataset.source_type,
        source: dataset.source,
        schema: dataset.schema,
        profile: dataset.profile,
        tags: pairs(tags),
    })
}
