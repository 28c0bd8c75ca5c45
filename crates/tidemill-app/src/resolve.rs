//! From a reference to bytes: data, models, outputs of jobs, artifacts of runs, and paths of every form.

use serde_json::Value;
use tidemill_api::runner::Source;
use tidemill_spec::refs::{AssetRef, DataPath};
use tidemill_store::{from_json, job, run};

use crate::asset::{self, Kind};
use crate::job::artifact_home;
use crate::place::{self, Place};
use crate::{Error, Kind as ErrorKind, OpContext, Result, Scope, action, datastore, model};

/// Data, found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// `uri_file`, `uri_folder`, `mltable`, `custom_model`, …
    pub r#type: String,
    /// Where the bytes are.
    pub source: Source,
    /// The exact bytes expected, where they are known: a digest whose manifest is kept, or that of a tree.
    pub manifest: Option<String>,
    /// The asset, such as `data/flights/3` or `models/delay/1`.
    pub asset: Option<String>,
    /// Where the bytes are, as people read it.
    pub uri: String,
}

/// Finds what an input names. `hint` is the type that is wanted: of models it says where to look first, and it is the
/// type of what has none of its own.
///
/// # Errors
/// NotFound, with what there is; Invalid for a path that cannot be reached from here.
pub async fn data(ctx: &OpContext, workspace: &str, path: &DataPath, hint: Option<&str>) -> Result<Resolved> {
    ctx.authorize(action::DATA_READ, &Scope::workspace(workspace))
        .await?;
    match path {
        DataPath::Asset(wanted) => of_asset(ctx, workspace, wanted, hint).await,
        DataPath::JobOutput { job, output, path } => {
            job_output(ctx, workspace, job, output, path, hint).await
        }
        _ => {
            let Place { source, uri } = place(ctx, workspace, path).await?;
            // A whole tree is named by its bytes; of other places nothing is known yet.
            let manifest = match &source {
                Source::Tree { tree, path } if path.is_empty() => Some(tree.clone()),
                _ => None,
            };
            let unsaid = if matches!(source, Source::Url { .. }) {
                "uri_file"
            } else {
                "uri_folder"
            };
            Ok(Resolved {
                r#type: hint.unwrap_or(unsaid).to_owned(),
                source,
                manifest,
                asset: None,
                uri,
            })
        }
    }
}

/// Where the bytes of a path are.
pub(crate) async fn place(ctx: &OpContext, workspace: &str, path: &DataPath) -> Result<Place> {
    match path {
        DataPath::Local(path) => place::on_this_machine(ctx, workspace, path).await,
        DataPath::Tree { digest, path } => {
            ctx.hold(digest)?;
            Ok(Place::of(Source::Tree {
                tree: digest.clone(),
                path: path.clone(),
            }))
        }
        DataPath::Datastore {
            datastore,
            path,
            scope,
        } => place::in_datastore(ctx, workspace, datastore, path, scope.as_ref()).await,
        DataPath::Url(url) => place::at_url(ctx, workspace, url).await,
        DataPath::Run { run, path } => artifact(ctx, workspace, run, path).await,
        DataPath::Asset(wanted) => {
            let found = of_asset(ctx, workspace, wanted, None).await?;
            Ok(Place {
                source: found.source,
                uri: found.uri,
            })
        }
        DataPath::JobOutput { job, output, path } => {
            let found = job_output(ctx, workspace, job, output, path, None).await?;
            Ok(Place {
                source: found.source,
                uri: found.uri,
            })
        }
        DataPath::Expression(text) => Err(Error::invalid(format!(
            "failed to resolve the path `{text}`: it is not filled in"
        ))),
    }
}

/// A version of data or of a model.
async fn of_asset(
    ctx: &OpContext,
    workspace: &str,
    wanted: &AssetRef,
    hint: Option<&str>,
) -> Result<Resolved> {
    let said = match wanted {
        AssetRef::Named { .. } => None,
        AssetRef::Registry { kind, .. } | AssetRef::Id { kind, .. } => Some(kind == "models"),
    };
    let model_first = said.unwrap_or_else(|| hint.is_some_and(|hint| hint.ends_with("_model")));
    let first = one_asset(ctx, workspace, wanted, model_first).await;
    match first {
        Err(error) if error.kind == ErrorKind::NotFound && said.is_none() => {
            // A model may be given as data, and the other way round; what was looked for first is what is told.
            match one_asset(ctx, workspace, wanted, !model_first).await {
                Err(other) if other.kind == ErrorKind::NotFound => Err(error),
                found => found,
            }
        }
        found => found,
    }
}

async fn one_asset(ctx: &OpContext, workspace: &str, wanted: &AssetRef, is_model: bool) -> Result<Resolved> {
    if is_model {
        return model::resolve(ctx, workspace, wanted).await;
    }
    let row = asset::resolve(ctx, Kind::Data, workspace, wanted).await?;
    let uri = row
        .uri
        .clone()
        .ok_or_else(|| Error::internal("data has a place"))?;
    let Place { source, .. } = stored_place(ctx, workspace, &uri).await?;
    Ok(Resolved {
        r#type: row.asset_type,
        source,
        manifest: Some(row.digest).filter(|digest| !digest.is_empty()),
        asset: Some(format!("data/{}/{}", row.name, row.version)),
        uri,
    })
}

/// Where the bytes of a URI are that was written down when an asset was made.
pub(crate) async fn stored_place(ctx: &OpContext, workspace: &str, uri: &str) -> Result<Place> {
    if let Some(path) = uri.strip_prefix("mlflow-artifacts:/") {
        return Ok(Place {
            uri: uri.to_owned(),
            ..artifact_place(path)?
        });
    }
    let path: DataPath = uri
        .parse()
        .map_err(|error| Error::invalid(format!("failed to read the place {uri}: {error}")))?;
    match &path {
        DataPath::Asset(_) | DataPath::JobOutput { .. } | DataPath::Expression(_) => {
            Err(Error::internal(format!("{uri} is no place")))
        }
        path => Box::pin(place(ctx, workspace, path)).await,
    }
}

/// A path under the artifacts of a workspace.
fn artifact_place(path: &str) -> Result<Place> {
    let path = tidemill_objects::SafePath::normalise(path.trim_start_matches('/'))?;
    Ok(Place::of(Source::Datastore {
        datastore: datastore::ARTIFACTS.to_owned(),
        path: path.to_string(),
    }))
}

/// An artifact of a run, or a model that the run logged under this name.
async fn artifact(ctx: &OpContext, workspace: &str, run_id: &str, path: &str) -> Result<Place> {
    let db = ctx.app().store.read();
    let row = run::get(db, workspace, run_id).await?.ok_or_else(|| {
        Error::not_found("run", run_id).hint("a run's id is on its page, and is the name of its job")
    })?;
    let uri = format!("runs:/{run_id}/{path}");
    let root = row
        .artifact_uri
        .strip_prefix("mlflow-artifacts:/")
        .ok_or_else(|| {
            Error::invalid(format!(
                "failed to reach `{uri}`: the run keeps its artifacts at {}",
                row.artifact_uri
            ))
        })?;
    let source = in_artifacts(ctx, workspace, run_id, root, path).await?;
    Ok(Place { source, uri })
}

/// A path in the artifacts of a run, or in a model that the run logged under a name: MLflow keeps those apart.
async fn in_artifacts(
    ctx: &OpContext,
    workspace: &str,
    run_id: &str,
    root: &str,
    path: &str,
) -> Result<Source> {
    let path = path.trim_matches('/');
    let found = artifact_place(&format!("{root}/{path}"))?.source;
    let (store, inside) = crate::content::open(ctx, workspace, &found).await?;
    if tidemill_objects::ScanTarget::resolve(&store, &inside)
        .await
        .is_ok()
    {
        return Ok(found);
    }
    let db = ctx.app().store.read();
    let mut name = path;
    while !name.is_empty() {
        if let Some(logged) = tidemill_store::model::logged_by(db, workspace, run_id, name).await?
            && let Some(location) = logged.artifact_location.strip_prefix("mlflow-artifacts:/")
        {
            return Ok(artifact_place(&format!("{location}{}", &path[name.len()..]))?.source);
        }
        name = name.rsplit_once('/').map_or("", |(above, _)| above);
    }
    Ok(found)
}

/// An output of a job, or a path in it. `artifacts` is the artifact root of its run where it declares no other.
async fn job_output(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    output: &str,
    path: &str,
    hint: Option<&str>,
) -> Result<Resolved> {
    let db = ctx.app().store.read();
    let row = job::get(db, workspace, name)
        .await?
        .ok_or_else(|| Error::not_found("job", name).hint("`tidemill job list` shows what there is"))?;
    let outputs: Value = from_json("job", "outputs", &row.outputs)?;
    let uri = match path {
        "" => format!("azureml://jobs/{name}/outputs/{output}"),
        path => format!("azureml://jobs/{name}/outputs/{output}/paths/{path}"),
    };
    let Some(record) = outputs.get(output) else {
        // Azure calls the artifacts the output `default`.
        if output == "artifacts" || output == "default" {
            let home = artifact_home(ctx, &row).await?;
            let run = row.reused_from.as_deref().unwrap_or(name);
            let r#type = hint.unwrap_or("uri_folder").to_owned();
            return Ok(Resolved {
                r#type,
                source: in_artifacts(ctx, workspace, run, &home, path).await?,
                manifest: None,
                asset: None,
                uri,
            });
        }
        let there: Vec<&String> = outputs
            .as_object()
            .into_iter()
            .flat_map(|map| map.keys())
            .collect();
        return Err(
            Error::not_found("output", &format!("{output} of job {name}")).hint(match there.is_empty() {
                true => format!("the job is {} and has no outputs yet", row.status),
                false => format!(
                    "it has: {}",
                    there
                        .iter()
                        .map(|name| name.as_str())
                        .collect::<Vec<_>>()
                        .join(", ")
                ),
            }),
        );
    };
    let text = |field: &str| record.get(field).and_then(Value::as_str);
    let within = |base: &str| match path {
        "" => base.to_owned(),
        path => format!("{}/{path}", base.trim_end_matches('/')),
    };
    let source = match text("datastore") {
        Some(datastore) => {
            let base = within(text("path").unwrap_or_default());
            place::in_datastore(ctx, workspace, datastore, &base, None)
                .await?
                .source
        }
        None => {
            // Where the job wrote it that did the work, which may be another one: `{experiment}/{run}/artifacts`.
            let home = text("path").unwrap_or_default();
            let run = home.split('/').nth(1).unwrap_or(name);
            in_artifacts(ctx, workspace, run, home, path).await?
        }
    };
    let own = text("type").filter(|_| path.is_empty());
    Ok(Resolved {
        r#type: own.or(hint).unwrap_or("uri_folder").to_owned(),
        source,
        manifest: text("digest").filter(|_| path.is_empty()).map(str::to_owned),
        asset: text("asset").filter(|_| path.is_empty()).map(str::to_owned),
        uri,
    })
}
