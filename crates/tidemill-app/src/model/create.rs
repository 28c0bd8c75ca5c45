//! A version that is new: of files, or of a job's output.

use serde_json::{Value, json};
use tidemill_api::asset::AssetVersion;
use tidemill_api::runner::Source;
use tidemill_objects::{Progress, SafePath};
use tidemill_spec::kinds::{Model, ModelType};
use tidemill_spec::refs::DataPath;
use tidemill_store::tag::Pairs;
use tidemill_store::{DatabaseTransaction, model_version, registered_model, to_json};

use super::files::read;
use super::find::{find_version, number};
use super::show::view;
use super::{Row, change, scope};
use crate::artifact::Download;
use crate::content::{self, Content};
use crate::data::OutputVersion;
use crate::place::Place;
use crate::webhook::Herald;
use crate::{Error, OpContext, Result, Scope, action, datastore, name, resolve};

/// The file in which MLflow describes a model.
const ML_MODEL: &str = "MLmodel";

/// The most bytes of that file.
const ML_MODEL_BYTES: u64 = 16 << 20;

/// Makes a version: under `version`, or under the next number. Files that are not uploaded are read where they lie. The
/// same content under the same version again is the same answer.
///
/// # Errors
/// Invalid when what lies there is no model of its type; Conflict when the version is there with other content; NotFound.
pub async fn create(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    version: Option<&str>,
    spec: Model,
    progress: &dyn Progress,
) -> Result<AssetVersion> {
    ctx.authorize(action::MODEL_WRITE, &scope(workspace, name))
        .await?;
    name::check("model", name)?;
    let number = version.map(number).transpose()?;
    crate::workspace::get(ctx, workspace).await?;
    let path = spec.path.as_ref().ok_or_else(|| {
        Error::invalid(format!("failed to create model `{name}`: it has no `path`"))
            .hint("give the folder or file of the model")
    })?;
    // Whoever registers a place gets to read it, and a job may read only what runs and models are made of.
    if !matches!(
        path,
        DataPath::Run { .. } | DataPath::JobOutput { .. } | DataPath::Asset(_)
    ) {
        ctx.authorize(action::DATASTORE_READ, &Scope::workspace(workspace))
            .await?;
    }
    let place = resolve::place(ctx, workspace, path).await?;
    let content = content::survey(ctx, workspace, &place.source, None, progress).await?;
    let model_type = spec.model_type.unwrap_or_default();
    let described = describe(ctx, workspace, name, &place, &content, model_type).await?;
    let digest = content::keep_manifest(ctx.app(), &content.manifest).await?;
    let flavors = match spec.flavors.is_empty() {
        true => described.flavors,
        false => json!(spec.flavors),
    };
    let (run_id, job) = match path {
        DataPath::Run { run, .. } => (Some(run.clone()), job_of(ctx, workspace, run).await?),
        DataPath::JobOutput { job, .. } => (Some(job.clone()), Some(job.clone())),
        _ => (described.run_id, None),
    };
    let stage = match &spec.stage {
        Some(stage) => tidemill_api::mlflow::rule::stage(stage)?.to_owned(),
        None => "None".to_owned(),
    };
    let row = Row {
        version: number.unwrap_or(0),
        description: spec.description.clone(),
        created_by: Some(ctx.principal().to_string()),
        stage,
        storage_location: storage(&place),
        run_id,
        job,
        kind: model_type.word().to_owned(),
        digest: Some(digest),
        properties: to_json(&spec.properties),
        flavors: to_json(&flavors),
        ..Row::new(workspace, name, &path.to_string(), ctx.now_ms())
    };
    let tags: Pairs = spec.tags.into_iter().collect();
    let told = json!({ "name": name, "path": path, "type": row.kind, "digest": row.digest, "tags": tags });
    let herald = Herald::new(ctx);
    let written = ctx
        .change_as(change(workspace, name, Value::Null, Value::Null), move |tx| {
            Box::pin(async move {
                let (row, wrote) = add(tx, row, &tags).await?;
                if wrote {
                    crate::model_version::tell_created(tx, &herald, &row, &tags).await?;
                }
                let mut told = told;
                told["version"] = json!(row.version);
                Ok(wrote.then_some((row, told)))
            })
        })
        .await?;
    let row = match written {
        Some(row) => row,
        None => find_version(ctx, workspace, name, version.unwrap_or_default()).await?,
    };
    view(ctx, row).await
}

/// Adds a version, with its model when that is new, in the transaction of whoever makes it. The same content under the
/// same number again changes nothing. Says whether anything was written.
async fn add(tx: &DatabaseTransaction, row: Row, tags: &Pairs) -> Result<(Row, bool)> {
    let model = registered_model::Model {
        workspace: row.workspace.clone(),
        name: row.name.clone(),
        description: None,
        archived: false,
        created_at: row.created_at,
        updated_at: row.created_at,
    };
    registered_model::insert(tx, model).await?;
    if row.version > 0
        && let Some(there) = model_version::get(tx, &row.workspace, &row.name, row.version).await?
    {
        let content = |row: &Row| (row.digest.clone(), row.kind.clone(), row.storage_location.clone());
        if content(&there) == content(&row) {
            return Ok((there, false));
        }
        let tell = |row: &Row| {
            let digest = row
                .digest
                .as_deref()
                .and_then(|digest| digest.get(..12))
                .unwrap_or("not hashed");
            format!("{} {} ({digest})", row.kind, row.storage_location)
        };
        return Err(Error::conflict(format!(
            "failed to create model `{}` version `{}`: it is there with other content: {}, and this is {}",
            row.name,
            row.version,
            tell(&there),
            tell(&row)
        ))
        .hint("give another version, or none to count up"));
    }
    Ok((crate::model_version::insert(tx, row, tags).await?, true))
}

/// Registers an output of a job, in the transaction that ends it; gives `models/{name}/{version}`.
///
/// # Errors
/// Conflict, when the version is there with other content; Invalid for a bad name or version.
pub async fn register_output(tx: &DatabaseTransaction, output: OutputVersion) -> Result<String> {
    name::check("model", &output.name)?;
    let version = output.version.as_deref().map(number).transpose()?.unwrap_or(0);
    let row = Row {
        version,
        created_by: Some(output.created_by),
        storage_location: output.uri.clone(),
        run_id: Some(output.job.clone()),
        job: Some(output.job),
        kind: output.asset_type,
        digest: Some(output.digest).filter(|digest| !digest.is_empty()),
        ..Row::new(&output.workspace, &output.name, &output.uri, output.now_ms)
    };
    let (row, _) = add(tx, row, &Vec::new()).await?;
    Ok(format!("models/{}/{}", row.name, row.version))
}

/// What a model's files say about it.
#[derive(Default)]
struct Described {
    flavors: Value,
    run_id: Option<String>,
}

/// Reads `MLmodel` of a model in MLflow's format; one without it is not of that type.
async fn describe(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    place: &Place,
    content: &Content,
    model_type: ModelType,
) -> Result<Described> {
    if content.manifest.is_empty() {
        return Err(Error::invalid(format!(
            "failed to create model `{name}`: no file lies at its path"
        ))
        .hint("check the path"));
    }
    if model_type != ModelType::MlflowModel {
        return Ok(Described {
            flavors: json!({}),
            run_id: None,
        });
    }
    let path = SafePath::parse(ML_MODEL)?;
    if content.is_file || content.manifest.get(&path).is_none() {
        return Err(Error::invalid(format!(
            "failed to create model `{name}`: its type is mlflow_model, and no file `MLmodel` lies in its folder"
        ))
        .hint("name the folder that holds MLmodel, or write `type: custom_model`"));
    }
    let Download { size_bytes, bytes } = read(ctx, workspace, &place.source, content, ML_MODEL, None).await?;
    let text = tidemill_objects::collect(ML_MODEL, bytes, size_bytes, ML_MODEL_BYTES).await?;
    let read: Value = serde_yaml_ng::from_slice(&text).map_err(|error| {
        Error::invalid(format!(
            "failed to create model `{name}`: its MLmodel is not YAML: {error}"
        ))
    })?;
    Ok(Described {
        flavors: read
            .get("flavors")
            .filter(|flavors| flavors.is_object())
            .cloned()
            .unwrap_or(json!({})),
        run_id: read.get("run_id").and_then(Value::as_str).map(str::to_owned),
    })
}

/// Where a version is, as the registry keeps it: artifacts under the scheme that MLflow's clients read.
fn storage(place: &Place) -> String {
    match &place.source {
        Source::Datastore { datastore, path } if datastore == datastore::ARTIFACTS => {
            format!("mlflow-artifacts:/{path}")
        }
        source if place.uri.starts_with("azureml://jobs/") || place.uri.starts_with("runs:/") => {
            crate::place::uri(source)
        }
        _ => place.uri.clone(),
    }
}

async fn job_of(ctx: &OpContext, workspace: &str, run: &str) -> Result<Option<String>> {
    Ok(tidemill_store::job::get(ctx.app().store.read(), workspace, run)
        .await?
        .map(|job| job.name))
}
