//! Validations of models: a job scores a version, and what it said is held against what was asked. Each is kept, and adds to the
//! metric history of its model.

mod champion;
mod figures;
mod plan;
mod step;

use serde_json::{Value, json};
use tidemill_spec::kinds::{Spec, Validation};
use tidemill_spec::refs::{AssetRef, DataPath, VersionRef};
use tidemill_store::{model_validation, model_version as version_row, to_json};

pub use tidemill_store::model_validation::UNREGISTERED;

use crate::context::Change;
use crate::{Error, Kind, OpContext, Result, Scope, action, content, job, model_version};

pub(crate) use figures::finish;
pub(crate) use plan::{OUTPUT, codes, command};
pub(crate) use step::{complete, named_data, tree, verdict};

/// A validation, as use cases hand it out.
pub type Row = model_validation::Model;

/// Its job has not ended, or its figures are being computed.
pub const RUNNING: &str = "Running";
/// All that was asked holds.
pub const PASSED: &str = "Passed";
/// Something that was asked does not hold.
pub const FAILED: &str = "Failed";
/// It could not be done.
pub const BROKEN: &str = "Broken";

/// The most validations that a list shows.
const MOST: u64 = 500;

/// Starts a validation of a version on data.
///
/// # Errors
/// NotFound for the version, the data or what the specification names; Invalid for a specification that makes no sense.
pub async fn create(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    version: &str,
    spec: Value,
    data: &str,
    champion: Option<String>,
) -> Result<Row> {
    ctx.authorize(action::JOB_WRITE, &Scope::workspace(workspace))
        .await?;
    let scope = scope(workspace, name);
    ctx.authorize(action::MODEL_READ, &scope).await?;
    let workspace = &crate::workspace::get(ctx, workspace).await?.name;
    let mut asked: Validation = serde_json::from_value(spec).map_err(|error| {
        Error::invalid(format!("failed to read the validation: {error}"))
            .hint("docs/validation.md shows how it is written")
    })?;
    asked.champion = champion.or(asked.champion);
    crate::spec::check(&Spec::Validation(Box::new(asked.clone())))?;
    let version = version_of(ctx, workspace, name, version).await?;
    let model = plan::model(ctx, workspace, name, version).await?;
    let data = plan::data(ctx, workspace, data).await?;
    let training = plan::training(ctx, workspace, name, version, &asked, &data).await?;
    let champion = champion::find(ctx, workspace, name, asked.champion.as_deref()).await?;
    let id = ctx.app().clock.ulid();
    let submission = plan::submission(
        ctx,
        workspace,
        &id,
        &asked,
        &model,
        &data,
        training.as_ref(),
        champion.as_ref(),
    )
    .await?;
    let job = format!("validation-{}", id.to_lowercase());
    let submitted = job::submit(ctx, workspace, &job, submission).await?;
    let spec = serde_json::to_value(&asked).map_err(Error::internal)?;
    let row = Row {
        id,
        workspace: workspace.clone(),
        name: name.to_owned(),
        version,
        digest: model.digest.clone(),
        state: RUNNING.into(),
        reason: None,
        job: submitted.name,
        data: data.shown.clone(),
        champion: champion.map(|champion| champion.shown),
        training: training.map(|training| training.shown),
        spec: to_json(&spec),
        result: None,
        report: None,
        created_by: ctx.principal().to_string(),
        created_at: ctx.now_ms(),
        ended_at: None,
    };
    let change = Change {
        action: action::JOB_WRITE,
        scope,
        before: Value::Null,
        after: json!({ "validation": row.id, "version": version, "digest": row.digest, "data": row.data, "job": row.job }),
    };
    let added = row.clone();
    ctx.change(change, move |tx| {
        Box::pin(async move { Ok(model_validation::add(tx, added).await?) })
    })
    .await?;
    crate::loops::follow_validation(ctx.app(), &row);
    Ok(row)
}

/// A validation of a model.
///
/// # Errors
/// NotFound.
pub async fn get(ctx: &OpContext, workspace: &str, name: &str, id: &str) -> Result<Row> {
    ctx.authorize(action::MODEL_READ, &scope(workspace, name)).await?;
    let workspace = crate::workspace::get(ctx, workspace).await?.name;
    let found = model_validation::get(ctx.app().store.read(), &workspace, name, id).await?;
    let found = found.ok_or_else(|| {
        Error::not_found("validation", id).hint(format!(
            "`tidemill model metrics --name {name}` shows those that there are"
        ))
    })?;
    let mut found = vec![found];
    name_versions(ctx, &mut found).await?;
    Ok(found.remove(0))
}

/// Says of what steps of pipelines validated which version it has become since: the one of the very same files.
async fn name_versions(ctx: &OpContext, rows: &mut [Row]) -> Result<()> {
    let Some(row) = rows.iter().find(|row| row.version == UNREGISTERED) else {
        return Ok(());
    };
    let there = version_row::list(ctx.app().store.read(), &row.workspace, &row.name).await?;
    for row in rows.iter_mut().filter(|row| row.version == UNREGISTERED) {
        let of_files = there
            .iter()
            .filter(|version| version.digest.as_ref() == Some(&row.digest));
        row.version = of_files
            .map(|version| version.version)
            .min()
            .unwrap_or(UNREGISTERED);
    }
    Ok(())
}

/// Validations of a model, newest first; of one version where it is given.
///
/// # Errors
/// NotFound, for a model that is not there.
pub async fn list(ctx: &OpContext, workspace: &str, name: &str, version: Option<i64>) -> Result<Vec<Row>> {
    ctx.authorize(action::MODEL_READ, &scope(workspace, name)).await?;
    let workspace = crate::workspace::get(ctx, workspace).await?.name;
    let db = ctx.app().store.read();
    let mut found = model_validation::list(db, &workspace, name, version, MOST).await?;
    name_versions(ctx, &mut found).await?;
    found.retain(|row| version.is_none_or(|version| row.version == version));
    // A model that no step of a pipeline let through yet has a history and no version.
    if found.is_empty() {
        crate::registered_model::find(db, &workspace, name).await?;
    }
    Ok(found)
}

/// The page of a validation that has ended.
///
/// # Errors
/// NotFound; Conflict while it runs or where it could not be done.
pub async fn report(ctx: &OpContext, workspace: &str, name: &str, id: &str) -> Result<String> {
    let row = get(ctx, workspace, name, id).await?;
    row.report.ok_or_else(|| {
        let why = row.reason.unwrap_or_else(|| "its job has not ended".to_owned());
        Error::conflict(format!(
            "failed to show the report of validation `{id}`: it is {}; {why}",
            row.state
        ))
        .hint(format!("its log: `tidemill job stream --name {}`", row.job))
    })
}

fn scope(workspace: &str, name: &str) -> Scope {
    Scope::resource(workspace, "models", name)
}

/// The number of a version; of an alias the one that it names.
async fn version_of(ctx: &OpContext, workspace: &str, model: &str, version: &str) -> Result<i64> {
    let row = match version.strip_prefix('@') {
        Some(label) => crate::model::labelled(ctx, workspace, model, label).await?,
        None => crate::model::version(ctx, workspace, model, version).await?,
    };
    let number = row.version.parse().map_err(Error::internal)?;
    model_version::find(ctx.app().store.read(), workspace, model, number)
        .await
        .map(|row| row.version)
}

/// A version of an asset, as a reference.
fn named(text: &str, what: &str) -> Result<AssetRef> {
    match text.parse::<DataPath>() {
        Ok(DataPath::Asset(reference @ AssetRef::Named { .. })) => Ok(reference),
        _ => Err(Error::invalid(format!(
            "failed to read {what} `{text}`: it is no version of an asset"
        ))
        .hint("write azureml:NAME:VERSION or azureml:NAME@LABEL")),
    }
}

/// Whether nothing is there, rather than something wrong.
fn is_absent(error: &Error) -> bool {
    error.kind == Kind::NotFound
}

/// The label of a reference, where it names one.
fn label(reference: &AssetRef) -> Option<&str> {
    match reference {
        AssetRef::Named {
            version: VersionRef::Label(label),
            ..
        } => Some(label),
        _ => None,
    }
}

/// The digest that names the files of a model, wherever they lie.
pub(crate) async fn digest_of(
    ctx: &OpContext,
    workspace: &str,
    source: &tidemill_api::runner::Source,
) -> Result<String> {
    let content = content::survey(ctx, workspace, source, None, &tidemill_objects::Silent).await?;
    Ok(content.manifest.digest().to_hex())
}
