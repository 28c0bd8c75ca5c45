//! Registered models: make, show, search, rename, delete, tag, and aliases of their versions.

use std::collections::HashMap;

use serde_json::{Value, json};
use tidemill_api::mlflow::model_version::ModelVersion;
use tidemill_api::mlflow::registered_model::{
    Alias as WireAlias, CreateRegisteredModel, GetLatestVersions, RegisteredModel, SearchRegisteredModels,
    SearchRegisteredModelsResponse, SetAlias, SetRegisteredModelTag,
};
use tidemill_api::mlflow::webhook::{WebhookAction, WebhookEntity, WebhookEvent};
use tidemill_api::mlflow::{KeyValue, rule};
use tidemill_query::{Subject, parse_order};
use tidemill_store::registered_model::{self, Alias};
use tidemill_store::tag::{self, Noun, Table};
use tidemill_store::{ConnectionTrait, model_version};

use crate::context::Change;
use crate::experiment::{pairs, texts};
use crate::model_history::Teller;
use crate::rule::{Asked, next_token, no_duplicates, window};
use crate::webhook::Herald;
use crate::{Error, Kind, OpContext, Result, Scope, action, model_version as versions};

/// A registered model, as it is stored.
pub(crate) type Row = registered_model::Model;

/// Makes a registered model without versions.
///
/// # Errors
/// Invalid for a bad name, Conflict when it is taken.
pub async fn create(
    ctx: &OpContext,
    workspace: &str,
    request: CreateRegisteredModel,
) -> Result<RegisteredModel> {
    let CreateRegisteredModel {
        name,
        tags,
        description,
    } = request;
    let scope = Scope::resource(workspace, "models", &name);
    ctx.authorize(action::MODEL_WRITE, &scope).await?;
    rule::new_model_name("name", &name)?;
    for tag in &tags {
        rule::registry_tag(&tag.key, &tag.value)?;
    }
    crate::workspace::get(ctx, workspace).await?;
    let change = change(scope, Value::Null, json!({ "name": name, "tags": tags }));
    let now = ctx.now_ms();
    let row = Row {
        workspace: workspace.to_owned(),
        name,
        description: description.filter(|text| !text.is_empty()),
        archived: false,
        created_at: now,
        updated_at: now,
    };
    let herald = Herald::new(ctx);
    ctx.change(change, move |tx| {
        Box::pin(async move {
            if !registered_model::insert(tx, row.clone()).await? {
                return Err(taken(tx, &row, &tags).await?);
            }
            let tags = pairs(tags);
            tag::put(tx, Table::Tag, &row.workspace, Noun::Model, &row.name, &tags).await?;
            let event = WebhookEvent::new(WebhookEntity::RegisteredModel, WebhookAction::Created);
            let prompt = is_prompt(tx, &row.workspace, &row.name).await?;
            let told = json!({
                "name": row.name,
                "tags": shown_tags(&tags),
                "description": row.description.as_deref().unwrap_or_default(),
            });
            herald
                .tell(tx, &row.workspace, event.of_prompt(prompt), told)
                .await?;
            view_one(tx, row).await
        })
    })
    .await
}

/// Says that a name is taken: models and prompts share their names.
async fn taken(db: &impl ConnectionTrait, row: &Row, tags: &[KeyValue]) -> Result<Error> {
    let name = &row.name;
    let is = is_prompt(db, &row.workspace, name).await?;
    let shall_be = tags
        .iter()
        .rev()
        .find(|tag| tag.key == registered_model::PROMPT_TAG)
        .is_some_and(|tag| tag.value.eq_ignore_ascii_case("true"));
    let (wanted, holder) = match (shall_be, is) {
        (true, true) => return Ok(Error::conflict(format!("Prompt (name={name}) already exists."))),
        (false, false) => {
            return Ok(Error::conflict(format!(
                "Registered Model (name={name}) already exists."
            )));
        }
        (true, false) => ("prompt", "registered model"),
        (false, true) => ("registered model", "prompt"),
    };
    Ok(Error::conflict(format!(
        "Tried to create a {wanted} with name '{name}', but the name is already taken by a {holder}. MLflow does not \
         allow creating a model and a prompt with the same name."
    )))
}

/// One registered model, with the newest version of each stage.
///
/// # Errors
/// NotFound.
pub async fn get(ctx: &OpContext, workspace: &str, name: &str) -> Result<RegisteredModel> {
    ctx.authorize(action::MODEL_READ, &Scope::resource(workspace, "models", name))
        .await?;
    let db = ctx.app().store.read();
    view_one(db, find(db, workspace, name).await?).await
}

/// Registered models that fit a filter, by name unless ordered otherwise. Prompts only when they are asked for.
///
/// # Errors
/// Invalid for a filter, ordering or page token that can't be read.
pub async fn search(
    ctx: &OpContext,
    workspace: &str,
    request: SearchRegisteredModels,
) -> Result<SearchRegisteredModelsResponse> {
    let SearchRegisteredModels {
        filter,
        max_results,
        order_by,
        page_token,
    } = request;
    ctx.authorize(action::MODEL_READ, &Scope::workspace(workspace))
        .await?;
    let filter_text = filter.unwrap_or_default();
    let filter = crate::rule::filter(Subject::RegisteredModel, &filter_text)?;
    let orders = order_by
        .iter()
        .map(|text| parse_order(Subject::RegisteredModel, text))
        .collect::<Result<Vec<_>, _>>()?;
    no_duplicates(orders.iter().map(|order| order.key.clone()), &order_by)?;
    let asked = Asked::new(&["RegisteredModel", workspace, &filter_text], &[&order_by]);
    let window = window(page_token.as_deref(), max_results, 100, 1000, asked)?;
    let db = ctx.app().store.read();
    let found = registered_model::search(db, workspace, &filter, &orders, window).await?;
    Ok(SearchRegisteredModelsResponse {
        registered_models: view_many(db, workspace, found.items).await?,
        next_page_token: next_token(window, found.more, asked),
    })
}

/// Says what a registered model is for.
///
/// # Errors
/// NotFound.
pub async fn update(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    description: Option<String>,
) -> Result<RegisteredModel> {
    let scope = Scope::resource(workspace, "models", name);
    ctx.authorize(action::MODEL_WRITE, &scope).await?;
    let row = find(ctx.app().store.read(), workspace, name).await?;
    let before = json!({ "description": row.description });
    let row = Row {
        description: description.filter(|text| !text.is_empty()),
        updated_at: ctx.now_ms(),
        ..row
    };
    let change = change(scope, before, json!({ "description": row.description }));
    ctx.change(change, move |tx| {
        Box::pin(async move {
            registered_model::update(tx, row.clone()).await?;
            view_one(tx, row).await
        })
    })
    .await
}

/// Gives a registered model and all its versions another name.
///
/// # Errors
/// NotFound, Conflict when the name is taken.
pub async fn rename(ctx: &OpContext, workspace: &str, name: &str, new_name: &str) -> Result<RegisteredModel> {
    let scope = Scope::resource(workspace, "models", name);
    ctx.authorize(action::MODEL_WRITE, &scope).await?;
    rule::model_name(name)?;
    rule::new_model_name("new_name", new_name)?;
    let row = find(ctx.app().store.read(), workspace, name).await?;
    let change = change(scope, json!({ "name": name }), json!({ "name": new_name }));
    let (new_name, now) = (new_name.to_owned(), ctx.now_ms());
    ctx.change(change, move |tx| {
        Box::pin(async move {
            if new_name == row.name {
                return view_one(tx, row).await;
            }
            if registered_model::get(tx, &row.workspace, &new_name)
                .await?
                .is_some()
            {
                return Err(Error::conflict(format!(
                    "Registered Model (name={new_name}) already exists."
                )));
            }
            registered_model::rename(tx, &row.workspace, &row.name, &new_name, now).await?;
            view_one(tx, find(tx, &row.workspace, &new_name).await?).await
        })
    })
    .await
}

/// Deletes a registered model with all its versions; their files stay.
///
/// # Errors
/// NotFound.
pub async fn delete(ctx: &OpContext, workspace: &str, name: &str) -> Result<()> {
    let scope = Scope::resource(workspace, "models", name);
    ctx.authorize(action::MODEL_DELETE, &scope).await?;
    let row = find(ctx.app().store.read(), workspace, name).await?;
    let change = Change {
        action: action::MODEL_DELETE,
        scope,
        before: json!({ "name": row.name, "description": row.description }),
        after: Value::Null,
    };
    let teller = Teller::new(ctx, 0);
    ctx.change(change, move |tx| {
        Box::pin(async move {
            if registered_model::delete(tx, &row.workspace, &row.name).await? {
                return teller.gone(tx, (&row.workspace, &row.name), None).await;
            }
            Err(missing(&row.name))
        })
    })
    .await
}

/// The newest version of each stage, or of the stages asked for.
///
/// # Errors
/// NotFound, Invalid for a stage that MLflow doesn't have.
pub async fn latest_versions(
    ctx: &OpContext,
    workspace: &str,
    request: GetLatestVersions,
) -> Result<Vec<ModelVersion>> {
    let GetLatestVersions { name, stages } = request;
    ctx.authorize(action::MODEL_READ, &Scope::resource(workspace, "models", &name))
        .await?;
    let db = ctx.app().store.read();
    find(db, workspace, &name).await?;
    let stages = stages
        .iter()
        .map(|stage| rule::stage(stage))
        .collect::<Result<Vec<_>, _>>()?;
    let mut latest = model_version::latest_by_stage(db, workspace, &[name]).await?;
    latest.retain(|row| stages.is_empty() || stages.contains(&row.stage.as_str()));
    versions::view_many(db, workspace, latest).await
}

/// Sets a tag of a registered model.
///
/// # Errors
/// NotFound, Invalid for a bad key or a text that is too long.
pub async fn set_tag(ctx: &OpContext, workspace: &str, request: SetRegisteredModelTag) -> Result<()> {
    let SetRegisteredModelTag { name, key, value } = request;
    let scope = Scope::resource(workspace, "models", &name);
    ctx.authorize(action::MODEL_WRITE, &scope).await?;
    rule::model_name(&name)?;
    rule::registry_tag(&key, &value)?;
    let row = find(ctx.app().store.read(), workspace, &name).await?;
    let change = change(scope, Value::Null, json!({ "tags": { key.clone(): value } }));
    let herald = Herald::new(ctx);
    ctx.change(change, move |tx| {
        Box::pin(async move {
            if is_prompt(tx, &row.workspace, &row.name).await? {
                let event = WebhookEvent::new(WebhookEntity::PromptTag, WebhookAction::Set);
                let told = json!({ "name": row.name, "key": key, "value": value });
                herald.tell(tx, &row.workspace, event, told).await?;
            }
            let pairs = [(key, value)];
            Ok(tag::put(tx, Table::Tag, &row.workspace, Noun::Model, &row.name, &pairs).await?)
        })
    })
    .await
}

/// Removes a tag of a registered model, if it is set.
///
/// # Errors
/// NotFound for the model.
pub async fn delete_tag(ctx: &OpContext, workspace: &str, name: &str, key: &str) -> Result<()> {
    let scope = Scope::resource(workspace, "models", name);
    ctx.authorize(action::MODEL_WRITE, &scope).await?;
    rule::key("key", key)?;
    let row = find(ctx.app().store.read(), workspace, name).await?;
    let key = key.to_owned();
    let change = change(scope, json!({ "tags": { key.clone(): "" } }), Value::Null);
    let herald = Herald::new(ctx);
    ctx.change(change, move |tx| {
        Box::pin(async move {
            if is_prompt(tx, &row.workspace, &row.name).await? {
                let event = WebhookEvent::new(WebhookEntity::PromptTag, WebhookAction::Deleted);
                let told = json!({ "name": row.name, "key": key });
                herald.tell(tx, &row.workspace, event, told).await?;
            }
            tag::delete(tx, &row.workspace, Noun::Model, &row.name, &key).await?;
            Ok(())
        })
    })
    .await
}

/// Lets an alias name a version.
///
/// # Errors
/// NotFound for the version, Invalid for an alias that means something else.
pub async fn set_alias(ctx: &OpContext, workspace: &str, request: SetAlias) -> Result<()> {
    let SetAlias { name, alias, version } = request;
    let scope = Scope::resource(workspace, "models", &name);
    ctx.authorize(action::MODEL_WRITE, &scope).await?;
    rule::model_name(&name)?;
    rule::settable_alias(&alias)?;
    let version = rule::model_version(&version)?;
    let change = change(
        scope,
        Value::Null,
        json!({ "aliases": { alias.clone(): version } }),
    );
    let workspace = workspace.to_owned();
    let (mut teller, herald) = (Teller::new(ctx, 1), Herald::new(ctx));
    ctx.change(change, move |tx| {
        Box::pin(async move {
            versions::find(tx, &workspace, &name, version).await?;
            teller
                .alias(tx, (&workspace, &name), &alias, Some(version))
                .await?;
            let event = WebhookEvent::new(WebhookEntity::ModelVersionAlias, WebhookAction::Created);
            let prompt = is_prompt(tx, &workspace, &name).await?;
            let told = json!({ "name": name, "alias": alias, "version": version.to_string() });
            herald.tell(tx, &workspace, event.of_prompt(prompt), told).await?;
            Ok(registered_model::put_alias(tx, &workspace, Alias { name, alias, version }).await?)
        })
    })
    .await
}

/// Removes an alias, if it is there.
///
/// # Errors
/// NotFound for the model.
pub async fn delete_alias(ctx: &OpContext, workspace: &str, name: &str, alias: &str) -> Result<()> {
    let scope = Scope::resource(workspace, "models", name);
    ctx.authorize(action::MODEL_WRITE, &scope).await?;
    rule::alias(alias)?;
    let row = find(ctx.app().store.read(), workspace, name).await?;
    let alias = alias.to_owned();
    let change = change(scope, json!({ "alias": alias }), Value::Null);
    let (mut teller, herald) = (Teller::new(ctx, 0), Herald::new(ctx));
    ctx.change(change, move |tx| {
        Box::pin(async move {
            teller
                .alias(tx, (&row.workspace, &row.name), &alias, None)
                .await?;
            let event = WebhookEvent::new(WebhookEntity::ModelVersionAlias, WebhookAction::Deleted);
            let prompt = is_prompt(tx, &row.workspace, &row.name).await?;
            let told = json!({ "name": row.name, "alias": alias });
            herald
                .tell(tx, &row.workspace, event.of_prompt(prompt), told)
                .await?;
            Ok(registered_model::delete_alias(tx, &row.workspace, &row.name, &alias).await?)
        })
    })
    .await
}

/// The version that an alias names; `latest` is the newest one.
///
/// # Errors
/// NotFound for the model, Invalid for an alias that it hasn't.
pub async fn by_alias(ctx: &OpContext, workspace: &str, name: &str, alias: &str) -> Result<ModelVersion> {
    ctx.authorize(action::MODEL_READ, &Scope::resource(workspace, "models", name))
        .await?;
    rule::alias(alias)?;
    let db = ctx.app().store.read();
    find(db, workspace, name).await?;
    let row = if alias.eq_ignore_ascii_case("latest") {
        model_version::newest(db, workspace, name).await?.ok_or_else(|| {
            Error::new(
                Kind::NotFound,
                format!("Latest version not found for model {name}."),
            )
        })?
    } else {
        let aliases = registered_model::aliases(db, workspace, &[name.to_owned()]).await?;
        let named = aliases.into_iter().find(|row| row.alias == alias);
        let version = named
            .ok_or_else(|| Error::invalid(format!("Registered model alias {alias} not found.")))?
            .version;
        versions::find(db, workspace, name, version).await?
    };
    Ok(versions::view_many(db, workspace, vec![row]).await?.remove(0))
}

/// Whether a model is a prompt.
pub(crate) async fn is_prompt(db: &impl ConnectionTrait, workspace: &str, name: &str) -> Result<bool> {
    let said = tag::get(db, workspace, Noun::Model, name, registered_model::PROMPT_TAG).await?;
    Ok(said.is_some_and(|said| said.eq_ignore_ascii_case("true")))
}

/// Tags as webhooks see them: without those that make a model a prompt.
pub(crate) fn shown_tags(tags: &tag::Pairs) -> Value {
    let own = [
        registered_model::PROMPT_TAG,
        "_mlflow_prompt_type",
        "mlflow.prompt.text",
    ];
    let shown = tags.iter().filter(|(key, _)| !own.contains(&key.as_str()));
    shown
        .map(|(key, value)| (key.clone(), Value::from(value.as_str())))
        .collect()
}

/// The row of a registered model.
pub(crate) async fn find(db: &impl ConnectionTrait, workspace: &str, name: &str) -> Result<Row> {
    rule::model_name(name)?;
    registered_model::get(db, workspace, name)
        .await?
        .ok_or_else(|| missing(name))
}

pub(crate) fn missing(name: &str) -> Error {
    Error::new(
        Kind::NotFound,
        format!("Registered Model with name={name} not found"),
    )
}

pub(crate) fn change(scope: Scope, before: Value, after: Value) -> Change {
    Change {
        action: action::MODEL_WRITE,
        scope,
        before,
        after,
    }
}

async fn view_one(db: &impl ConnectionTrait, row: Row) -> Result<RegisteredModel> {
    let workspace = row.workspace.clone();
    Ok(view_many(db, &workspace, vec![row]).await?.remove(0))
}

async fn view_many(
    db: &impl ConnectionTrait,
    workspace: &str,
    rows: Vec<Row>,
) -> Result<Vec<RegisteredModel>> {
    let names: Vec<_> = rows.iter().map(|row| row.name.clone()).collect();
    let mut tags = tag::of_many(db, Table::Tag, workspace, Noun::Model, &names).await?;
    let mut aliases: HashMap<String, Vec<WireAlias>> = HashMap::new();
    for Alias { name, alias, version } in registered_model::aliases(db, workspace, &names).await? {
        aliases.entry(name).or_default().push(WireAlias {
            alias,
            version: version.to_string(),
        });
    }
    let latest = model_version::latest_by_stage(db, workspace, &names).await?;
    let mut latest_of: HashMap<String, Vec<ModelVersion>> = HashMap::new();
    for version in versions::view_many(db, workspace, latest).await? {
        latest_of.entry(version.name.clone()).or_default().push(version);
    }
    Ok(rows
        .into_iter()
        .map(|row| {
            let Row {
                workspace: _,
                name,
                description,
                archived: _,
                created_at,
                updated_at,
            } = row;
            RegisteredModel {
                creation_timestamp: created_at,
                last_updated_timestamp: updated_at,
                description,
                latest_versions: latest_of.remove(&name).unwrap_or_default(),
                tags: texts(tags.remove(&name).unwrap_or_default()),
                aliases: aliases.remove(&name).unwrap_or_default(),
                name,
            }
        })
        .collect())
}
