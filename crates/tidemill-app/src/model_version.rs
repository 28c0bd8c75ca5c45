//! Versions of registered models: register, show, search, stage, tag, delete, and where their files are.

use std::collections::HashMap;

use serde_json::{Value, json};
use tidemill_api::mlflow::model_version::{
    CreateModelVersion, DeleteModelVersionTag, ModelVersion, ModelVersionsResponse, SearchModelVersions,
    SetModelVersionTag, TransitionStage, UpdateModelVersion,
};
use tidemill_api::mlflow::rule;
use tidemill_api::mlflow::webhook::{WebhookAction, WebhookEntity, WebhookEvent};
use tidemill_query::{Subject, parse_order};
use tidemill_store::ConnectionTrait;
use tidemill_store::model_version;
use tidemill_store::registered_model;
use tidemill_store::tag::{self, Noun, Table, version_owner};

use crate::context::Change;
use crate::experiment::{pairs, texts};
use crate::model_history::Teller;
use crate::model_source::{Source, resolve};
use crate::registered_model::{change, find as find_model, missing as missing_model};
use crate::registered_model::{is_prompt, shown_tags};
use crate::rule::{Asked, next_token, no_duplicates, window};
use crate::webhook::Herald;
use crate::{Error, Kind, OpContext, Result, Scope, action};

/// A version, as it is stored.
pub(crate) type Row = model_version::Model;

/// The tag of a logged model that lists the versions that were registered from it.
const VERSIONS_TAG: &str = "mlflow.modelVersions";

/// What stands where the source of a prompt's version would be.
const PROMPT_SOURCES: &[&str] = &["prompt-template", "dummy-source"];

/// Registers a version under the next number.
///
/// # Errors
/// NotFound for the model, Invalid for a source that isn't its run's or logged model's.
pub async fn create(ctx: &OpContext, workspace: &str, request: CreateModelVersion) -> Result<ModelVersion> {
    let CreateModelVersion {
        name,
        source,
        run_id,
        tags,
        run_link,
        description,
        model_id,
    } = request;
    let scope = Scope::resource(workspace, "models", &name);
    ctx.authorize(action::MODEL_WRITE, &scope).await?;
    for tag in &tags {
        rule::registry_tag(&tag.key, &tag.value)?;
    }
    // Whoever registers a place gets to read it, and a job may read only what runs and models are made of.
    if let Some((scheme, _)) = source.split_once(':')
        && !["runs", "models", "mlflow-artifacts"].contains(&scheme.to_ascii_lowercase().as_str())
    {
        ctx.authorize(action::DATASTORE_READ, &Scope::workspace(workspace))
            .await?;
    }
    let db = ctx.app().store.read();
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let is_prompt = tags
        .iter()
        .rev()
        .find(|tag| tag.key == registered_model::PROMPT_TAG)
        .is_some_and(|tag| tag.value.eq_ignore_ascii_case("true"));
    let from = if is_prompt {
        if !PROMPT_SOURCES.contains(&source.as_str()) {
            return Err(Error::invalid(format!(
                "Invalid prompt source: '{source}'. Prompt sources must use an MLflow placeholder."
            )));
        }
        Source {
            storage_location: source.clone(),
            source,
            run_id: given(run_id),
            model_id: None,
        }
    } else {
        resolve(db, workspace, &source, given(run_id), given(model_id)).await?
    };
    // As MLflow, which looks at the source first.
    find_model(db, workspace, &name).await?;
    let job = match &from.run_id {
        Some(run_id) => {
            let run = tidemill_store::run::get(db, workspace, run_id).await?;
            run.and_then(|run| run.job).filter(|job| job == run_id)
        }
        None => None,
    };
    let Source {
        source,
        storage_location,
        run_id,
        model_id,
    } = from;
    let row = Row {
        storage_location,
        run_id,
        run_link: given(run_link),
        description: Some(description.unwrap_or_default()),
        model_id,
        job,
        created_by: Some(ctx.principal().to_string()),
        ..Row::new(workspace, &name, &source, ctx.now_ms())
    };
    register(ctx, row, pairs(tags)).await
}

/// Registers a version that is described already; the model is made when it is not there and `make_model` says so.
/// The number in the row counts, or the next one when that is 0.
///
/// # Errors
/// NotFound for the model, Conflict when the number is taken.
pub async fn register(ctx: &OpContext, row: Row, tags: tag::Pairs) -> Result<ModelVersion> {
    let scope = Scope::resource(&row.workspace, "models", &row.name);
    ctx.authorize(action::MODEL_WRITE, &scope).await?;
    let after = json!({ "name": row.name, "source": row.source, "run_id": row.run_id, "tags": tags });
    let herald = Herald::new(ctx);
    ctx.change(change(scope, Value::Null, after), move |tx| {
        Box::pin(async move {
            let row = insert(tx, row, &tags).await?;
            tell_created(tx, &herald, &row, &tags).await?;
            Ok(view_many(tx, &row.workspace.clone(), vec![row]).await?.remove(0))
        })
    })
    .await
}

/// Tells webhooks of a new version.
pub(crate) async fn tell_created(
    db: &impl ConnectionTrait,
    herald: &Herald,
    row: &Row,
    tags: &tag::Pairs,
) -> Result<()> {
    let prompt = is_prompt(db, &row.workspace, &row.name).await?;
    let event = WebhookEvent::new(WebhookEntity::ModelVersion, WebhookAction::Created).of_prompt(prompt);
    let shown: Value = match prompt {
        true => shown_tags(tags),
        false => tags
            .iter()
            .map(|(key, value)| (key.clone(), Value::from(value.as_str())))
            .collect(),
    };
    let mut told = json!({ "name": row.name, "version": row.version.to_string() });
    if prompt {
        let template = tags.iter().find(|(key, _)| key == "mlflow.prompt.text");
        told["template"] = json!(template.map_or("", |(_, text)| text.as_str()));
    } else {
        told["source"] = json!(row.source);
        told["run_id"] = json!(row.run_id);
    }
    told["tags"] = shown;
    told["description"] = json!(row.description);
    herald.tell(db, &row.workspace, event, told).await
}

/// Adds a version with its tags, inside a change; its logged model learns of it.
///
/// # Errors
/// NotFound for the model, Conflict when the number is taken.
pub async fn insert(db: &impl ConnectionTrait, row: Row, tags: &tag::Pairs) -> Result<Row> {
    let (ws, name, wanted) = (row.workspace.clone(), row.name.clone(), row.version);
    let Some(row) = model_version::insert(db, row).await? else {
        if registered_model::get(db, &ws, &name).await?.is_none() {
            return Err(missing_model(&name));
        }
        return Err(Error::conflict(format!(
            "Model Version (name={name}, version={wanted}) already exists."
        ))
        .hint("leave the version out to get the next one"));
    };
    let owner = version_owner(&name, row.version);
    tag::put(db, Table::Tag, &ws, Noun::ModelVersion, &owner, tags).await?;
    if let Some(model_id) = &row.model_id {
        let before = tag::get(db, &ws, Noun::LoggedModel, model_id, VERSIONS_TAG).await?;
        let mut versions: Vec<Value> = before
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default();
        versions.push(json!({ "name": name, "version": row.version }));
        let pair = [(VERSIONS_TAG.to_owned(), versions_text(&versions))];
        tag::put(db, Table::Tag, &ws, Noun::LoggedModel, model_id, &pair).await?;
    }
    Ok(row)
}

/// The list as MLflow's own server writes it: clients compare it as a text.
fn versions_text(versions: &[Value]) -> String {
    let fields = |version: &Value| {
        let fields = version.as_object().into_iter().flatten();
        let fields: Vec<String> = fields.map(|(key, value)| format!("\"{key}\": {value}")).collect();
        format!("{{{}}}", fields.join(", "))
    };
    let versions: Vec<String> = versions.iter().map(fields).collect();
    format!("[{}]", versions.join(", "))
}

/// One version.
///
/// # Errors
/// NotFound.
pub async fn get(ctx: &OpContext, workspace: &str, name: &str, version: &str) -> Result<ModelVersion> {
    ctx.authorize(action::MODEL_READ, &Scope::resource(workspace, "models", name))
        .await?;
    rule::model_name(name)?;
    let db = ctx.app().store.read();
    let row = find(db, workspace, name, rule::model_version(version)?).await?;
    Ok(view_many(db, workspace, vec![row]).await?.remove(0))
}

/// Versions that fit a filter, the last changed first unless ordered otherwise.
///
/// # Errors
/// Invalid for a filter, ordering or page token that can't be read.
pub async fn search(
    ctx: &OpContext,
    workspace: &str,
    request: SearchModelVersions,
) -> Result<ModelVersionsResponse> {
    let SearchModelVersions {
        filter,
        max_results,
        order_by,
        page_token,
    } = request;
    ctx.authorize(action::MODEL_READ, &Scope::workspace(workspace))
        .await?;
    let filter_text = filter.unwrap_or_default();
    let filter = crate::rule::filter(Subject::ModelVersion, &filter_text)?;
    let orders = order_by
        .iter()
        .map(|text| parse_order(Subject::ModelVersion, text))
        .collect::<Result<Vec<_>, _>>()?;
    no_duplicates(orders.iter().map(|order| order.key.clone()), &order_by)?;
    let asked = Asked::new(&["ModelVersion", workspace, &filter_text], &[&order_by]);
    if let Some(most) = max_results.filter(|most| *most < 1) {
        return Err(Error::invalid(format!(
            "Invalid value for max_results. It must be a positive integer, but got {most}"
        )));
    }
    let window = window(page_token.as_deref(), max_results, 10_000, 200_000, asked)?;
    let db = ctx.app().store.read();
    let found = model_version::search(db, workspace, &filter, &orders, window).await?;
    Ok(ModelVersionsResponse {
        model_versions: view_many(db, workspace, found.items).await?,
        next_page_token: next_token(window, found.more, asked),
    })
}

/// Says what a version is for.
///
/// # Errors
/// NotFound.
pub async fn update(ctx: &OpContext, workspace: &str, request: UpdateModelVersion) -> Result<ModelVersion> {
    let UpdateModelVersion {
        name,
        version,
        description,
    } = request;
    let after = json!({ "description": description });
    edit(ctx, workspace, &name, &version, after, |row| {
        row.description = description
    })
    .await
}

/// Moves a version to one of MLflow's stages.
///
/// # Errors
/// NotFound, Invalid for a stage that MLflow doesn't have, or that others can't be archived from.
pub async fn transition_stage(
    ctx: &OpContext,
    workspace: &str,
    request: TransitionStage,
) -> Result<ModelVersion> {
    let TransitionStage {
        name,
        version,
        stage: given,
        archive_existing_versions,
    } = request;
    let scope = Scope::resource(workspace, "models", &name);
    ctx.authorize(action::MODEL_WRITE, &scope).await?;
    rule::model_name(&name)?;
    let stage = rule::stage(&given)?;
    if archive_existing_versions && !matches!(stage, "Staging" | "Production") {
        return Err(Error::invalid(format!(
            "Model version transition cannot archive existing model versions because '{given}' is not an Active \
             stage. Valid stages are ['Staging', 'Production']"
        )));
    }
    let number = rule::model_version(&version)?;
    let row = find(ctx.app().store.read(), workspace, &name, number).await?;
    let (before, after) = (json!({ "stage": row.stage }), json!({ "stage": stage }));
    let now = ctx.now_ms();
    let row = Row {
        stage: stage.to_owned(),
        updated_at: now,
        ..row
    };
    let others = match archive_existing_versions {
        true => model_version::in_stage(ctx.app().store.read(), workspace, &name, stage)
            .await?
            .len(),
        false => 0,
    };
    // Versions that come into the stage at this very moment need ids too.
    let mut teller = Teller::new(ctx, 1 + others + 8);
    ctx.change(change(scope, before, after), move |tx| {
        Box::pin(async move {
            if archive_existing_versions {
                for version in model_version::in_stage(tx, &row.workspace, &row.name, stage).await? {
                    if version != row.version {
                        teller
                            .stage(tx, (&row.workspace, &row.name), version, "Archived")
                            .await?;
                    }
                }
                model_version::archive_stage(tx, &row.workspace, &row.name, stage, row.version, now).await?;
            }
            registered_model::touch(tx, &row.workspace, &row.name, now).await?;
            teller
                .stage(tx, (&row.workspace, &row.name), row.version, stage)
                .await?;
            model_version::update(tx, row.clone()).await?;
            Ok(view_many(tx, &row.workspace.clone(), vec![row]).await?.remove(0))
        })
    })
    .await
}

/// Deletes a version; its number is not given again, and its files stay.
///
/// # Errors
/// NotFound.
pub async fn delete(ctx: &OpContext, workspace: &str, name: &str, version: &str) -> Result<()> {
    let scope = Scope::resource(workspace, "models", name);
    ctx.authorize(action::MODEL_DELETE, &scope).await?;
    rule::model_name(name)?;
    let number = rule::model_version(version)?;
    let row = find(ctx.app().store.read(), workspace, name, number).await?;
    let change = Change {
        action: action::MODEL_DELETE,
        scope,
        before: json!({ "version": row.version, "source": row.source, "run_id": row.run_id }),
        after: Value::Null,
    };
    let (now, teller) = (ctx.now_ms(), Teller::new(ctx, 0));
    ctx.change(change, move |tx| {
        Box::pin(async move {
            teller
                .gone(tx, (&row.workspace, &row.name), Some(row.version))
                .await?;
            Ok(model_version::delete(tx, row, now).await?)
        })
    })
    .await
}

/// Sets a tag of a version.
///
/// # Errors
/// NotFound, Invalid for a bad key or a text that is too long.
pub async fn set_tag(ctx: &OpContext, workspace: &str, request: SetModelVersionTag) -> Result<()> {
    let SetModelVersionTag {
        name,
        version,
        key,
        value,
    } = request;
    let scope = Scope::resource(workspace, "models", &name);
    ctx.authorize(action::MODEL_WRITE, &scope).await?;
    rule::model_name(&name)?;
    rule::registry_tag(&key, &value)?;
    let row = find(
        ctx.app().store.read(),
        workspace,
        &name,
        rule::model_version(&version)?,
    )
    .await?;
    let after = json!({ "version": row.version, "tags": { key.clone(): value } });
    let herald = Herald::new(ctx);
    ctx.change(change(scope, Value::Null, after), move |tx| {
        Box::pin(async move {
            let event = WebhookEvent::new(WebhookEntity::ModelVersionTag, WebhookAction::Set);
            let prompt = is_prompt(tx, &row.workspace, &row.name).await?;
            let told =
                json!({ "name": row.name, "version": row.version.to_string(), "key": key, "value": value });
            herald
                .tell(tx, &row.workspace, event.of_prompt(prompt), told)
                .await?;
            let (owner, pairs) = (version_owner(&row.name, row.version), [(key, value)]);
            Ok(tag::put(tx, Table::Tag, &row.workspace, Noun::ModelVersion, &owner, &pairs).await?)
        })
    })
    .await
}

/// Removes a tag of a version, if it is set.
///
/// # Errors
/// NotFound for the version.
pub async fn delete_tag(ctx: &OpContext, workspace: &str, request: DeleteModelVersionTag) -> Result<()> {
    let DeleteModelVersionTag { name, version, key } = request;
    let scope = Scope::resource(workspace, "models", &name);
    ctx.authorize(action::MODEL_WRITE, &scope).await?;
    rule::model_name(&name)?;
    rule::key("key", &key)?;
    let row = find(
        ctx.app().store.read(),
        workspace,
        &name,
        rule::model_version(&version)?,
    )
    .await?;
    let before = json!({ "version": row.version, "tags": { key.clone(): "" } });
    let herald = Herald::new(ctx);
    ctx.change(change(scope, before, Value::Null), move |tx| {
        Box::pin(async move {
            let event = WebhookEvent::new(WebhookEntity::ModelVersionTag, WebhookAction::Deleted);
            let prompt = is_prompt(tx, &row.workspace, &row.name).await?;
            let told = json!({ "name": row.name, "version": row.version.to_string(), "key": key });
            herald
                .tell(tx, &row.workspace, event.of_prompt(prompt), told)
                .await?;
            let owner = version_owner(&row.name, row.version);
            tag::delete(tx, &row.workspace, Noun::ModelVersion, &owner, &key).await?;
            Ok(())
        })
    })
    .await
}

/// Where a client can get the files of a version. What is not in the artifact store is served below
/// `mlflow-artifacts:/models/{name}/{version}`.
///
/// # Errors
/// NotFound.
pub async fn download_uri(ctx: &OpContext, workspace: &str, name: &str, version: &str) -> Result<String> {
    ctx.authorize(action::MODEL_READ, &Scope::resource(workspace, "models", name))
        .await?;
    rule::model_name(name)?;
    let row = find(
        ctx.app().store.read(),
        workspace,
        name,
        rule::model_version(version)?,
    )
    .await?;
    let ours = ["azureml:", "tidemill:"]
        .iter()
        .any(|scheme| row.storage_location.starts_with(scheme));
    Ok(if ours {
        format!("mlflow-artifacts:/models/{name}/{}", row.version)
    } else {
        row.storage_location
    })
}

async fn edit(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    version: &str,
    after: Value,
    f: impl FnOnce(&mut Row),
) -> Result<ModelVersion> {
    let scope = Scope::resource(workspace, "models", name);
    ctx.authorize(action::MODEL_WRITE, &scope).await?;
    rule::model_name(name)?;
    let mut row = find(
        ctx.app().store.read(),
        workspace,
        name,
        rule::model_version(version)?,
    )
    .await?;
    let before = json!({ "version": row.version, "description": row.description });
    f(&mut row);
    row.updated_at = ctx.now_ms();
    ctx.change(change(scope, before, after), move |tx| {
        Box::pin(async move {
            model_version::update(tx, row.clone()).await?;
            Ok(view_many(tx, &row.workspace.clone(), vec![row]).await?.remove(0))
        })
    })
    .await
}

/// The row of a version.
pub(crate) async fn find(
    db: &impl ConnectionTrait,
    workspace: &str,
    name: &str,
    version: i64,
) -> Result<Row> {
    model_version::get(db, workspace, name, version)
        .await?
        .ok_or_else(|| {
            Error::new(
                Kind::NotFound,
                format!("Model Version (name={name}, version={version}) not found"),
            )
        })
}

/// Versions on the wire, with their tags and aliases.
pub(crate) async fn view_many(
    db: &impl ConnectionTrait,
    workspace: &str,
    rows: Vec<Row>,
) -> Result<Vec<ModelVersion>> {
    let owners: Vec<_> = rows
        .iter()
        .map(|row| version_owner(&row.name, row.version))
        .collect();
    let mut tags = tag::of_many(db, Table::Tag, workspace, Noun::ModelVersion, &owners).await?;
    let mut names: Vec<_> = rows.iter().map(|row| row.name.clone()).collect();
    names.sort();
    names.dedup();
    let mut aliases: HashMap<String, Vec<String>> = HashMap::new();
    for alias in registered_model::aliases(db, workspace, &names).await? {
        aliases
            .entry(version_owner(&alias.name, alias.version))
            .or_default()
            .push(alias.alias);
    }
    let view_one = |(row, owner): (Row, String)| {
        let Row {
            workspace: _,
            name,
            version,
            description,
            created_by,
            stage,
            source,
            storage_location: _,
            run_id,
            run_link,
            model_id,
            job: _,
            status,
            status_message,
            kind: _,
            digest: _,
            properties: _,
            flavors: _,
            archived: _,
            created_at,
            updated_at,
        } = row;
        ModelVersion {
            name,
            version: version.to_string(),
            creation_timestamp: created_at,
            last_updated_timestamp: updated_at,
            user_id: created_by,
            current_stage: stage,
            description,
            source,
            // What has no run says so with an empty text, as MLflow's server does.
            run_id: Some(run_id.unwrap_or_default()),
            status,
            status_message,
            tags: texts(tags.remove(&owner).unwrap_or_default()),
            run_link: Some(run_link.unwrap_or_default()),
            aliases: aliases.remove(&owner).unwrap_or_default(),
            model_id,
        }
    };
    Ok(rows.into_iter().zip(owners).map(view_one).collect())
}
