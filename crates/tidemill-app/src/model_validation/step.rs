//! The step of a pipeline that holds a model against a validation before anybody takes it: what `model validate` does, of a model
//! that is no version yet.

use indexmap::IndexMap;
use serde_json::{Value, json};
use tidemill_api::runner::Source;
use tidemill_objects::{SafePath, Silent};
use tidemill_spec::kinds::{AssetType, DataInput, Environment, EnvironmentRef, Input, ValidateModelNode};
use tidemill_spec::refs::DataPath;
use tidemill_store::model_validation::{self, End};
use tidemill_store::to_json;

use super::{FAILED, PASSED, Row, UNREGISTERED, champion, figures, named, plan};
use crate::data_validation::STEP_FOLDER;
use crate::job::submit::plan_environment;
use crate::job::{CommandPlan, Job, ModelStep, OutputRecord, PlannedInput, artifact_root};
use crate::online_deployment::{self, ModelPlan};
use crate::{Error, OpContext, Result, bytes, content, datastore};

/// The name of the model's folder where the place where it lies has none.
const MODEL_FOLDER: &str = "model";
/// The input that brings the champion.
const CHAMPION: &str = "champion";

/// A version of data as an input.
///
/// # Errors
/// Invalid for what names no version.
pub(crate) fn named_data(text: &str) -> Result<Input> {
    Ok(Input::Data(DataInput {
        path: Some(DataPath::Asset(named(text, "the training data")?)),
        ..DataInput::default()
    }))
}

/// A tree as an input.
pub(crate) fn tree(digest: &str) -> Input {
    Input::Data(DataInput {
        asset_type: Some(AssetType::UriFolder),
        path: Some(DataPath::Tree {
            digest: digest.to_owned(),
            path: String::new(),
        }),
        ..DataInput::default()
    })
}

/// Fills in what is known when the step's turn has come: its champion, its program, and the environment of its model.
///
/// # Errors
/// NotFound for a champion that is not there; Invalid where nobody says in which environment the model runs.
pub(crate) async fn complete(ctx: &OpContext, workspace: &str, command: &mut CommandPlan) -> Result<()> {
    let Some(mut step) = command.validates_model.take() else {
        return Ok(());
    };
    let Some(PlannedInput::Data { source, r#type, .. }) =
        command.inputs.get(ValidateModelNode::MODEL).cloned()
    else {
        return Err(Error::invalid("its input `model` is no model")
            .hint("bind it to an output of a step, or name a version"));
    };
    let there = content::survey(ctx, workspace, &source, None, &Silent).await?;
    let against = champion::find(ctx, workspace, &step.model, step.validation.champion.as_deref()).await?;
    if let Some(against) = &against {
        let uri = format!("models/{}", against.shown);
        let planned = PlannedInput::Data {
            r#type: "uri_folder".into(),
            mode: "ro_mount".into(),
            source: against.tree.clone(),
            manifest: Some(against.digest.clone()),
            asset: None,
            uri,
        };
        command.inputs.insert(CHAMPION.to_owned(), planned);
    }
    step.champion = against.as_ref().map(|against| against.shown.clone());
    if !step.has_environment {
        let model = ModelPlan {
            input: command.inputs[ValidateModelNode::MODEL].clone(),
            kind: r#type,
            name: MODEL_FOLDER.to_owned(),
        };
        let of_mlflow = there
            .manifest
            .entries()
            .iter()
            .any(|entry| entry.path.as_str() == "MLmodel");
        match (of_mlflow, command.environment.request.is_null()) {
            (true, _) => {
                let environment = Environment {
                    conda_file: Some(online_deployment::conda_of(ctx, workspace, &model).await?),
                    ..Environment::default()
                };
                let reference = EnvironmentRef::Inline(Box::new(environment));
                command.environment = plan_environment(ctx, workspace, &reference, "relaxed").await?;
            }
            (false, false) => {}
            (false, true) => {
                return Err(
                    Error::invalid("it does not say in which environment the model runs")
                        .hint("write `environment: azureml:NAME:VERSION` into the validation"),
                );
            }
        }
    }
    let name = name_of(&source);
    let code = plan::harness(ctx, &step.validation, &name, against.as_ref()).await?;
    ctx.hold(&code)?;
    command.code = Some(code);
    command.command = plan::command(&command.inputs);
    if command.outputs.contains_key(ValidateModelNode::MODEL) {
        command.command += if there.is_file { PASS_FILE } else { PASS_FOLDER };
    }
    command.validates_model = Some(step);
    Ok(())
}

/// What hands the model on as it was validated.
const PASS_FOLDER: &str =
    " && mkdir -p \"${{outputs.model}}\" && cp -RL \"${{inputs.model}}/.\" \"${{outputs.model}}/\"";
const PASS_FILE: &str = " && cp -L \"${{inputs.model}}\" \"${{outputs.model}}\"";

/// The last name of where a model lies: scoring scripts find it under this name.
fn name_of(source: &Source) -> String {
    let path = match source {
        Source::Tree { path, .. } | Source::Datastore { path, .. } | Source::Local { path } => path.as_str(),
        Source::Url { url } => url.as_str(),
    };
    let name = path.rsplit('/').find(|name| !name.is_empty());
    name.unwrap_or(MODEL_FOLDER).to_owned()
}

/// Judges what the program of a step wrote, keeps it in the history of the model and among the artifacts of the run, and writes
/// the output `report`. Gives why the step fails, where it does: nobody takes the model before.
///
/// # Errors
/// When it cannot be kept.
pub(crate) async fn verdict(
    ctx: &OpContext,
    job: &Job,
    (command, step): (&CommandPlan, &ModelStep),
    records: &mut IndexMap<String, OutputRecord>,
) -> Result<Option<String>> {
    let ctx = &ctx.app().system();
    let (row, size) = row_of(ctx, job, command, step).await?;
    let said = records
        .get(plan::OUTPUT)
        .map(|record| (source_of(record), record.digest.clone()));
    let judged = match said {
        Some((source, digest)) => {
            figures::judge(ctx, &row, job, (&source, digest.as_deref()), (None, size)).await
        }
        None => Err(Error::invalid("its program wrote nothing down")),
    };
    let end = judged.unwrap_or_else(|error| figures::broken(error.message, ctx.now_ms()));
    let found = json!({
        "model": row.name, "digest": row.digest, "state": end.state, "reason": end.reason, "data": row.data,
        "training": row.training, "champion": row.champion,
        "result": end.result.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok()),
    });
    let found = serde_json::to_vec_pretty(&found).map_err(Error::internal)?;
    let mut files = vec![("validation.json", found)];
    files.extend(
        end.report
            .clone()
            .map(|report| ("report.html", report.into_bytes())),
    );
    keep(ctx, job, command, &files, records).await?;
    let failure = (end.state != PASSED).then(|| failure_of(&row, job, &end));
    add(ctx, row, end).await?;
    Ok(failure)
}

/// The validation as it stands before it is judged, with the bytes of the model's files.
async fn row_of(ctx: &OpContext, job: &Job, command: &CommandPlan, step: &ModelStep) -> Result<(Row, u64)> {
    let shown = |port: &str| match command.inputs.get(port) {
        Some(PlannedInput::Data { asset, uri, .. }) => Some(
            match asset.as_deref().map(|asset| asset.split('/').collect::<Vec<_>>()) {
                Some(parts) if parts.len() == 3 => format!("azureml:{}:{}", parts[1], parts[2]),
                _ => uri.clone(),
            },
        ),
        _ => None,
    };
    let Some(PlannedInput::Data { source, .. }) = command.inputs.get(ValidateModelNode::MODEL) else {
        return Err(Error::internal("a step that validates a model has one"));
    };
    let there = content::survey(ctx, &job.workspace, source, None, &Silent).await?;
    let row = Row {
        id: ctx.app().clock.ulid(),
        workspace: job.workspace.clone(),
        name: step.model.clone(),
        version: UNREGISTERED,
        digest: there.manifest.digest().to_hex(),
        state: super::RUNNING.into(),
        reason: None,
        job: job.name.clone(),
        data: shown(ValidateModelNode::DATA).unwrap_or_default(),
        champion: step.champion.clone(),
        training: shown(ValidateModelNode::TRAINING),
        spec: to_json(&step.validation),
        result: None,
        report: None,
        created_by: job.created_by.clone(),
        created_at: ctx.now_ms(),
        ended_at: None,
    };
    Ok((row, there.manifest.total_bytes()))
}

fn source_of(record: &OutputRecord) -> Source {
    let datastore = record.datastore.clone();
    Source::Datastore {
        datastore: datastore.unwrap_or_else(|| datastore::ARTIFACTS.to_owned()),
        path: record.path.clone(),
    }
}

fn failure_of(row: &Row, job: &Job, end: &End) -> String {
    let why = end.reason.as_deref().unwrap_or("it did not say why");
    match end.state.as_str() {
        FAILED => format!(
            "model `{}` did not pass its validation: {why}; the report is {STEP_FOLDER}/report.html among the artifacts of job `{}`",
            row.name, job.name
        ),
        _ => format!("failed to validate model `{}`: {why}", row.name),
    }
}

/// Writes files among the artifacts of the run, and into the output `report`.
async fn keep(
    ctx: &OpContext,
    job: &Job,
    command: &CommandPlan,
    files: &[(&str, Vec<u8>)],
    records: &mut IndexMap<String, OutputRecord>,
) -> Result<()> {
    let artifacts = bytes::open(ctx, &job.workspace, datastore::ARTIFACTS).await?;
    let folder = SafePath::parse(&format!("{}/{STEP_FOLDER}", artifact_root(job)))?;
    for (name, content) in files {
        artifacts
            .put(&folder.join(&SafePath::parse(*name)?), content.clone().into())
            .await?;
    }
    let Some(planned) = command.outputs.get(ValidateModelNode::REPORT) else {
        return Ok(());
    };
    let Some(name) = &planned.datastore else {
        return Ok(());
    };
    let store = bytes::open(ctx, &job.workspace, name).await?;
    let folder = SafePath::parse(&planned.path)?;
    for (name, content) in files {
        store
            .put(&folder.join(&SafePath::parse(*name)?), content.clone().into())
            .await?;
    }
    let place = Source::Datastore {
        datastore: name.clone(),
        path: planned.path.clone(),
    };
    let there = content::survey(ctx, &job.workspace, &place, None, &Silent).await?;
    let digest = content::keep_manifest(ctx.app(), &there.manifest).await?;
    let record = OutputRecord {
        r#type: planned.r#type.clone(),
        uri: planned.uri(&job.name),
        datastore: Some(name.clone()),
        path: planned.path.clone(),
        digest: Some(digest),
        size_bytes: there.manifest.total_bytes(),
        files: there.manifest.len() as u64,
        asset: None,
    };
    records.insert(ValidateModelNode::REPORT.to_owned(), record);
    Ok(())
}

async fn add(ctx: &OpContext, row: Row, end: End) -> Result<()> {
    let written: Result<()> = ctx
        .app()
        .store
        .write(move |tx| {
            Box::pin(async move {
                let id = row.id.clone();
                model_validation::add(tx, row).await?;
                model_validation::end(tx, &id, end).await?;
                Ok(())
            })
        })
        .await;
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_found_under_the_last_name_of_where_it_lies() {
        let at = |path: &str| {
            name_of(&Source::Datastore {
                datastore: "d".into(),
                path: path.into(),
            })
        };
        assert_eq!(at("azureml/calm_tide_train/model/"), "model");
        assert_eq!(at("runs/7/forest.pkl"), "forest.pkl");
        assert_eq!(at(""), "model");
    }
}
