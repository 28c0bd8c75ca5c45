//! Models as Azure's YAML and clients know them, on the registry that MLflow's clients use: versions are whole numbers,
//! and a label is an alias.

use std::collections::HashMap;
use std::ops::Range;

use indexmap::IndexMap;
use serde_json::{Map, Value, json};
use tidemill_api::asset::{Asset, AssetPatch, AssetVersion, Label};
use tidemill_api::runner::Source;
use tidemill_objects::{Manifest, Progress, SafePath, TreeSource, open_entry};
use tidemill_spec::kinds::{Model, ModelType};
use tidemill_spec::refs::{AssetRef, DataPath, VersionRef};
use tidemill_store::asset::Archived;
use tidemill_store::page::{Page, PageRequest};
use tidemill_store::registered_model::{self, Alias};
use tidemill_store::tag::{self, Noun, Pairs, Table, version_owner};
use tidemill_store::{ConnectionTrait, DatabaseTransaction, from_json, model, model_version, to_json};

use crate::artifact::Download;
use crate::asset::{self, LATEST};
use crate::content::{self, Content};
use crate::context::Change;
use crate::data::OutputVersion;
use crate::model_history::Teller;
use crate::place::Place;
use crate::resolve::{self, Resolved};
use crate::webhook::Herald;
use crate::workspace::check_revision;
use crate::{Error, OpContext, Result, Scope, action, bytes, datastore, name};

type Row = model_version::Model;

/// The file in which MLflow describes a model.
const ML_MODEL: &str = "MLmodel";
/// The most bytes of that file.
const ML_MODEL_BYTES: u64 = 16 << 20;

/// Models by name, with what the newest version of each says.
///
/// # Errors
/// NotFound, for a workspace that is not there.
pub async fn list(
    ctx: &OpContext,
    workspace: &str,
    archived: Archived,
    page: &PageRequest,
) -> Result<Page<Asset>> {
    ctx.authorize(action::MODEL_READ, &Scope::workspace(workspace))
        .await?;
    crate::workspace::get(ctx, workspace).await?;
    let db = ctx.app().store.read();
    let rows = model::list(db, workspace, archived, page).await?;
    let names: Vec<String> = rows.items.iter().map(|row| row.name.clone()).collect();
    let mut newest = model::latest_of_many(db, workspace, &names).await?;
    let mut tags = tag::of_many(db, Table::Tag, workspace, Noun::Model, &names).await?;
    let aliases = registered_model::aliases(db, workspace, &names).await?;
    Ok(rows.map(|row| {
        let (tags, newest) = (
            tags.remove(&row.name).unwrap_or_default(),
            newest.remove(&row.name),
        );
        show_model(row, newest, tags, &aliases)
    }))
}

/// One model.
///
/// # Errors
/// NotFound, with the models that there are.
pub async fn get(ctx: &OpContext, workspace: &str, name: &str) -> Result<Asset> {
    ctx.authorize(action::MODEL_READ, &scope(workspace, name)).await?;
    let row = find_model(ctx, workspace, name).await?;
    let db = ctx.app().store.read();
    let names = [name.to_owned()];
    let newest = model::latest_of_many(db, workspace, &names).await?.remove(name);
    let tags = tag::of(db, Table::Tag, workspace, Noun::Model, name).await?;
    let aliases = registered_model::aliases(db, workspace, &names).await?;
    Ok(show_model(row, newest, tags, &aliases))
}

/// Hides a model from lists, or shows it again. Its versions still resolve.
///
/// # Errors
/// NotFound.
pub async fn archive(ctx: &OpContext, workspace: &str, name: &str, archived: bool) -> Result<Asset> {
    ctx.authorize(action::MODEL_WRITE, &scope(workspace, name))
        .await?;
    let before = find_model(ctx, workspace, name).await?;
    if before.archived != archived {
        let change = change(
            workspace,
            name,
            json!({ "archived": before.archived }),
            json!({ "archived": archived }),
        );
        let after = registered_model::Model {
            archived,
            updated_at: ctx.now_ms(),
            ..before
        };
        ctx.change(change, move |tx| {
            Box::pin(async move { Ok(registered_model::update(tx, after).await?) })
        })
        .await?;
    }
    get(ctx, workspace, name).await
}

/// Versions, newest first.
///
/// # Errors
/// NotFound.
pub async fn versions(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    archived: Archived,
    page: &PageRequest,
) -> Result<Page<AssetVersion>> {
    ctx.authorize(action::MODEL_READ, &scope(workspace, name)).await?;
    find_model(ctx, workspace, name).await?;
    let db = ctx.app().store.read();
    let rows = model::versions(db, workspace, name, archived, page).await?;
    let owners: Vec<String> = rows
        .items
        .iter()
        .map(|row| version_owner(name, row.version))
        .collect();
    let mut tags = tag::of_many(db, Table::Tag, workspace, Noun::ModelVersion, &owners).await?;
    let labels = labels_by_version(db, workspace, name).await?;
    Ok(rows.map(|row| {
        let tags = tags.remove(&version_owner(name, row.version)).unwrap_or_default();
        let labels = labels.get(&row.version).cloned().unwrap_or_default();
        show(row, tags, labels, None)
    }))
}

/// One version.
///
/// # Errors
/// NotFound, with the versions that there are.
pub async fn version(ctx: &OpContext, workspace: &str, name: &str, version: &str) -> Result<AssetVersion> {
    ctx.authorize(action::MODEL_READ, &scope(workspace, name)).await?;
    let row = find_version(ctx, workspace, name, version).await?;
    view(ctx, row).await
}

/// Labels and the versions that they name, `latest` among them.
///
/// # Errors
/// NotFound.
pub async fn labels(ctx: &OpContext, workspace: &str, name: &str) -> Result<Vec<Label>> {
    let model = get(ctx, workspace, name).await?;
    Ok(model
        .labels
        .into_iter()
        .map(|(label, version)| Label { label, version })
        .collect())
}

/// The version that a label names.
///
/// # Errors
/// NotFound, with the labels that there are.
pub async fn labelled(ctx: &OpContext, workspace: &str, name: &str, label: &str) -> Result<AssetVersion> {
    ctx.authorize(action::MODEL_READ, &scope(workspace, name)).await?;
    let row = find(ctx, workspace, name, &VersionRef::Label(label.to_owned())).await?;
    view(ctx, row).await
}

/// Lets a label name a version, whatever it named before.
///
/// # Errors
/// Invalid for `latest`, which moves by itself; NotFound.
pub async fn put_label(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    label: &str,
    version: &str,
) -> Result<Label> {
    ctx.authorize(action::MODEL_WRITE, &scope(workspace, name))
        .await?;
    asset::check_label(label)?;
    let row = find_version(ctx, workspace, name, version).await?;
    let alias = Alias {
        name: name.to_owned(),
        alias: label.to_owned(),
        version: row.version,
    };
    let after = json!({ "label": label, "version": row.version });
    let workspace_of = workspace.to_owned();
    let mut teller = Teller::new(ctx, 1);
    ctx.change(change(workspace, name, Value::Null, after), move |tx| {
        Box::pin(async move {
            let at = (workspace_of.as_str(), alias.name.as_str());
            teller.alias(tx, at, &alias.alias, Some(alias.version)).await?;
            Ok(registered_model::put_alias(tx, &workspace_of, alias).await?)
        })
    })
    .await?;
    Ok(Label {
        label: label.to_owned(),
        version: row.version.to_string(),
    })
}

/// Removes a label; its version stays.
///
/// # Errors
/// Invalid for `latest`; NotFound.
pub async fn delete_label(ctx: &OpContext, workspace: &str, name: &str, label: &str) -> Result<()> {
    ctx.authorize(action::MODEL_WRITE, &scope(workspace, name))
        .await?;
    asset::check_label(label)?;
    find_model(ctx, workspace, name).await?;
    let aliases = registered_model::aliases(ctx.app().store.read(), workspace, &[name.to_owned()]).await?;
    if !aliases.iter().any(|alias| alias.alias == label) {
        return Err(Error::not_found("label", label));
    }
    let change = change(workspace, name, json!({ "label": label }), Value::Null);
    let (workspace, name, label) = (workspace.to_owned(), name.to_owned(), label.to_owned());
    let mut teller = Teller::new(ctx, 0);
    ctx.change(change, move |tx| {
        Box::pin(async move {
            teller.alias(tx, (&workspace, &name), &label, None).await?;
            Ok(registered_model::delete_alias(tx, &workspace, &name, &label).await?)
        })
    })
    .await
}

/// Changes what may change of a version: description, tags, properties and stage.
///
/// # Errors
/// NotFound; Precondition when it was changed in between.
pub async fn patch(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    version: &str,
    patch: AssetPatch,
    if_match: Option<i64>,
) -> Result<AssetVersion> {
    ctx.authorize(action::MODEL_WRITE, &scope(workspace, name))
        .await?;
    let before = find_version(ctx, workspace, name, version).await?;
    check_revision(
        "model",
        &format!("{name}:{version}"),
        Some(before.updated_at),
        if_match,
    )?;
    let AssetPatch {
        display_name,
        description,
        tags,
        properties,
        stage,
    } = patch;
    if display_name.is_some() {
        return Err(
            Error::invalid(format!("failed to change model `{name}`: it has no such field"))
                .hint("description, tags, properties and stage may change"),
        );
    }
    let mut after = before.clone();
    if let Some(text) = description {
        after.description = (!text.is_empty()).then_some(text);
    }
    if properties.is_some() {
        let mut fields = Map::from_iter([("properties".to_owned(), json_map(&before.properties))]);
        asset::patch_map(&mut fields, "properties", properties);
        after.properties = to_json(&fields.get("properties").cloned().unwrap_or(json!({})));
    }
    if let Some(stage) = stage {
        after.stage = tidemill_api::mlflow::rule::stage(&stage)?.to_owned();
    }
    write_version(ctx, before, after, tags.unwrap_or_default()).await
}

/// Hides a version from lists and from `latest`, or shows it again. It still resolves by its number.
///
/// # Errors
/// NotFound.
pub async fn archive_version(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    version: &str,
    archived: bool,
) -> Result<AssetVersion> {
    ctx.authorize(action::MODEL_WRITE, &scope(workspace, name))
        .await?;
    let before = find_version(ctx, workspace, name, version).await?;
    let after = Row {
        archived,
        ..before.clone()
    };
    write_version(ctx, before, after, IndexMap::new()).await
}

async fn write_version(
    ctx: &OpContext,
    before: Row,
    after: Row,
    tags: IndexMap<String, Option<String>>,
) -> Result<AssetVersion> {
    if before == after && tags.is_empty() {
        return view(ctx, after).await;
    }
    // The time is the mark by which changes are told apart, so it always moves on.
    let after = Row {
        updated_at: ctx.now_ms().max(before.updated_at + 1),
        ..after
    };
    let told = |row: &Row| {
        json!({ "version": row.version, "archived": row.archived, "description": row.description,
                "stage": row.stage, "properties": json_map(&row.properties) })
    };
    let mut now = told(&after);
    now["tags"] = json!(tags);
    let change = change(&before.workspace, &before.name, told(&before), now);
    let written = after.clone();
    let stage = (before.stage != after.stage).then(|| after.stage.clone());
    let mut teller = Teller::new(ctx, 1);
    ctx.change(change, move |tx| {
        Box::pin(async move {
            let (workspace, name) = (written.workspace.clone(), written.name.clone());
            let found = model_version::get(tx, &workspace, &name, written.version).await?;
            check_revision(
                "model",
                &name,
                found.map(|row| row.updated_at),
                Some(before.updated_at),
            )?;
            let owner = version_owner(&name, written.version);
            let (set, gone): (Vec<_>, Vec<_>) = tags.into_iter().partition(|(_, value)| value.is_some());
            let set: Pairs = set
                .into_iter()
                .filter_map(|(key, value)| Some((key, value?)))
                .collect();
            tag::put(tx, Table::Tag, &workspace, Noun::ModelVersion, &owner, &set).await?;
            for (key, _) in gone {
                tag::delete(tx, &workspace, Noun::ModelVersion, &owner, &key).await?;
            }
            if let Some(stage) = stage {
                teller
                    .stage(tx, (&workspace, &name), written.version, &stage)
                    .await?;
            }
            Ok(model_version::update(tx, written).await?)
        })
    })
    .await?;
    view(ctx, after).await
}

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

/// The bytes of one file of what lies at a place, or of a range of it.
pub(crate) async fn read(
    ctx: &OpContext,
    workspace: &str,
    source: &Source,
    content: &Content,
    file: &str,
    range: Option<Range<u64>>,
) -> Result<Download> {
    let file = SafePath::normalise(file)?;
    if content.manifest.get(&file).is_none() {
        return Err(
            Error::new(crate::Kind::NotFound, format!("failed to find the file {file}"))
                .hint("`files` lists what there is"),
        );
    }
    match source {
        Source::Tree { tree, path } => {
            let (store, path) = (bytes::tree_store(ctx.app())?, SafePath::normalise(path)?);
            let tree = store.tree(&tree.parse()?).await?;
            let whole = if content.is_file { path } else { path.join(&file) };
            let (size_bytes, bytes) = open_entry(&store, &tree, &whole, range).await?;
            Ok(Download { size_bytes, bytes })
        }
        Source::Url { url } => {
            let (meta, bytes) = tidemill_objects::HttpFile::open(url)?.get(range).await?;
            Ok(Download {
                size_bytes: meta.size_bytes,
                bytes,
            })
        }
        Source::Datastore { .. } | Source::Local { .. } => {
            let (store, path) = content::open(ctx, workspace, source).await?;
            let path = SafePath::normalise(&path)?;
            let whole = if content.is_file { path } else { path.join(&file) };
            let (meta, bytes) = store.get(&whole, range).await?;
            Ok(Download {
                size_bytes: meta.size_bytes,
                bytes,
            })
        }
    }
}

/// The files of a version, wherever they lie.
///
/// # Errors
/// NotFound, when the version or its files are not there.
pub async fn files(ctx: &OpContext, workspace: &str, name: &str, version: &str) -> Result<Manifest> {
    ctx.authorize(action::MODEL_READ, &scope(workspace, name)).await?;
    let row = find_version(ctx, workspace, name, version).await?;
    Ok(content_of(ctx, &row).await?.1.manifest)
}

/// The bytes of one file of a version.
///
/// # Errors
/// NotFound.
pub async fn file(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    version: &str,
    file: &str,
) -> Result<Download> {
    ctx.authorize(action::MODEL_READ, &scope(workspace, name)).await?;
    let row = find_version(ctx, workspace, name, version).await?;
    let (place, content) = content_of(ctx, &row).await?;
    read(ctx, workspace, &place.source, &content, file, None).await
}

async fn content_of(ctx: &OpContext, row: &Row) -> Result<(Place, Content)> {
    let place = resolve::stored_place(ctx, &row.workspace, &row.storage_location).await?;
    let known = match &row.digest {
        Some(digest) => content::read_manifest(ctx.app(), digest).await?,
        None => None,
    };
    let is_file = |manifest: &Manifest| {
        let last = row.storage_location.rsplit('/').next().unwrap_or_default();
        manifest.len() == 1 && manifest.entries()[0].path.as_str() == last
    };
    let content = match known {
        Some(manifest) => Content {
            is_file: is_file(&manifest),
            manifest,
        },
        // A version that an MLflow client registered: its files are listed as they are now.
        None => {
            content::survey(
                ctx,
                &row.workspace,
                &place.source,
                None,
                &tidemill_objects::Silent,
            )
            .await?
        }
    };
    Ok((place, content))
}

/// The version that a reference means, as an input of a job.
pub(crate) async fn resolve(ctx: &OpContext, workspace: &str, wanted: &AssetRef) -> Result<Resolved> {
    let row = match wanted {
        AssetRef::Named { name, version } => find(ctx, workspace, name, version).await?,
        AssetRef::Id {
            kind, name, version, ..
        } if kind == "models" => find(ctx, workspace, name, version).await?,
        AssetRef::Id { id, kind, .. } => {
            return Err(Error::invalid(format!(
                "failed to resolve model `{id}`: it names {kind}"
            )));
        }
        AssetRef::Registry { registry, name, .. } => {
            return Err(Error::not_found("model", name).hint(format!(
                "registry `{registry}` cannot be reached from here: register the model in workspace `{workspace}`, \
                 and name it `azureml:{name}@latest`"
            )));
        }
    };
    let Place { source, .. } = resolve::stored_place(ctx, workspace, &row.storage_location).await?;
    Ok(Resolved {
        r#type: row.kind,
        source,
        manifest: row.digest,
        asset: Some(format!("models/{}/{}", row.name, row.version)),
        uri: row.storage_location,
    })
}

async fn find(ctx: &OpContext, workspace: &str, name: &str, wanted: &VersionRef) -> Result<Row> {
    let db = ctx.app().store.read();
    match wanted {
        VersionRef::Version(version) => find_version(ctx, workspace, name, version).await,
        VersionRef::Label(label) if label != LATEST => {
            find_model(ctx, workspace, name).await?;
            let aliases = registered_model::aliases(db, workspace, &[name.to_owned()]).await?;
            match aliases.iter().find(|alias| alias.alias == *label) {
                Some(alias) => find_version(ctx, workspace, name, &alias.version.to_string()).await,
                None => {
                    let mut there: Vec<&str> = aliases.iter().map(|alias| alias.alias.as_str()).collect();
                    there.push(LATEST);
                    Err(Error::not_found("label", &format!("{name}@{label}"))
                        .hint(format!("model `{name}` has: {}", there.join(", "))))
                }
            }
        }
        VersionRef::Label(_) | VersionRef::Unsaid => match model::latest(db, workspace, name).await? {
            Some(row) => Ok(row),
            None => {
                find_model(ctx, workspace, name).await?;
                Err(Error::not_found("model", &format!("{name}@latest"))
                    .hint("it has no version that is not archived: register one, or name one exactly"))
            }
        },
    }
}

async fn find_model(ctx: &OpContext, workspace: &str, name: &str) -> Result<registered_model::Model> {
    let db = ctx.app().store.read();
    if let Some(row) = registered_model::get(db, workspace, name).await? {
        return Ok(row);
    }
    crate::workspace::get(ctx, workspace).await?;
    let page = PageRequest {
        limit: 20,
        after: None,
    };
    let there = model::list(db, workspace, Archived::Exclude, &page).await?;
    let names: Vec<_> = there.items.iter().map(|row| row.name.as_str()).collect();
    Err(Error::not_found("model", name).hint(match names.is_empty() {
        true => format!("workspace `{workspace}` has none: make it with `tidemill model create`"),
        false => format!("workspace `{workspace}` has: {}", names.join(", ")),
    }))
}

async fn find_version(ctx: &OpContext, workspace: &str, name: &str, version: &str) -> Result<Row> {
    let db = ctx.app().store.read();
    if let Ok(number) = number(version)
        && let Some(row) = model_version::get(db, workspace, name, number).await?
    {
        return Ok(row);
    }
    find_model(ctx, workspace, name).await?;
    let page = PageRequest {
        limit: 20,
        after: None,
    };
    let there = model::versions(db, workspace, name, Archived::Include, &page).await?;
    let versions: Vec<_> = there.items.iter().map(|row| row.version.to_string()).collect();
    Err(Error::not_found("model", &format!("{name}:{version}"))
        .hint(format!("it has the versions {}", versions.join(", "))))
}

/// Versions of models are whole numbers from 1.
fn number(version: &str) -> Result<i64> {
    version.parse().ok().filter(|number| *number > 0).ok_or_else(|| {
        Error::invalid(format!(
            "failed to use {version:?} as the version of a model: it is no whole number from 1"
        ))
        .hint("leave the version out to count up, and give it a label for a name")
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

async fn view(ctx: &OpContext, row: Row) -> Result<AssetVersion> {
    let db = ctx.app().store.read();
    let owner = version_owner(&row.name, row.version);
    let tags = tag::of(db, Table::Tag, &row.workspace, Noun::ModelVersion, &owner).await?;
    let mut labels = labels_by_version(db, &row.workspace, &row.name).await?;
    let manifest = match &row.digest {
        Some(digest) => content::read_manifest(ctx.app(), digest).await?,
        None => None,
    };
    let labels = labels.remove(&row.version).unwrap_or_default();
    Ok(show(row, tags, labels, manifest.as_ref()))
}

async fn labels_by_version(
    db: &impl ConnectionTrait,
    workspace: &str,
    name: &str,
) -> Result<HashMap<i64, Vec<String>>> {
    let mut found: HashMap<i64, Vec<String>> = HashMap::new();
    if let Some(latest) = model::latest(db, workspace, name).await? {
        found.entry(latest.version).or_default().push(LATEST.to_owned());
    }
    for alias in registered_model::aliases(db, workspace, &[name.to_owned()]).await? {
        found.entry(alias.version).or_default().push(alias.alias);
    }
    Ok(found)
}

fn show(row: Row, tags: Pairs, labels: Vec<String>, manifest: Option<&Manifest>) -> AssetVersion {
    let Row {
        workspace: _,
        name,
        version,
        description,
        created_by,
        stage,
        source,
        storage_location,
        run_id,
        run_link: _,
        model_id: _,
        job,
        status: _,
        status_message: _,
        kind,
        digest,
        properties,
        flavors,
        archived,
        created_at,
        updated_at,
    } = row;
    let version = version.to_string();
    let tags: IndexMap<String, String> = tags.into_iter().collect();
    let mut spec = json!({ "name": name, "version": version, "type": kind, "path": source });
    for (field, value) in [
        ("description", json!(description)),
        ("tags", json!(tags)),
        ("properties", json_map(&properties)),
        ("flavors", json_map(&flavors)),
        ("stage", json!(stage)),
    ] {
        let empty = value.is_null() || value.as_object().is_some_and(Map::is_empty) || value == "None";
        if !empty {
            spec[field] = value;
        }
    }
    AssetVersion {
        name,
        version,
        r#type: kind,
        spec,
        description,
        tags,
        labels,
        archived,
        created_at,
        updated_at,
        created_by,
        job,
        run_id,
        digest,
        size_bytes: manifest.map(Manifest::total_bytes),
        files: manifest.map(|manifest| manifest.len() as u64),
        uri: Some(storage_location),
        etag: updated_at.to_string(),
        warnings: Vec::new(),
    }
}

fn show_model(row: registered_model::Model, newest: Option<Row>, tags: Pairs, aliases: &[Alias]) -> Asset {
    let registered_model::Model {
        workspace: _,
        name,
        description,
        archived,
        created_at,
        updated_at,
    } = row;
    let latest = newest
        .as_ref()
        .filter(|row| !row.archived)
        .map(|row| row.version.to_string());
    let own = aliases.iter().filter(|alias| alias.name == name);
    let mut labels: IndexMap<String, String> = own
        .map(|alias| (alias.alias.clone(), alias.version.to_string()))
        .collect();
    labels.extend(latest.clone().map(|version| (LATEST.to_owned(), version)));
    Asset {
        name,
        description: description.or_else(|| newest.as_ref().and_then(|row| row.description.clone())),
        r#type: newest.map(|row| row.kind),
        tags: tags.into_iter().collect(),
        latest_version: latest,
        labels,
        archived,
        created_at,
        updated_at,
    }
}

fn json_map(text: &str) -> Value {
    from_json("model_version", "properties", text).unwrap_or(json!({}))
}

fn scope(workspace: &str, name: &str) -> Scope {
    Scope::resource(workspace, "models", name)
}

fn change(workspace: &str, name: &str, before: Value, after: Value) -> Change {
    Change {
        action: action::MODEL_WRITE,
        scope: scope(workspace, name),
        before,
        after,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_models_are_whole_numbers() {
        assert_eq!(number("7").ok(), Some(7));
        for bad in ["0", "-1", "1.0", "v1", "", "99999999999999999999"] {
            assert!(number(bad).is_err(), "{bad}");
        }
    }
}
