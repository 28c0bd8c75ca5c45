//! Logged models: make, finish, show, search, tag, delete.

use tidemill_api::mlflow::logged_model::{
    CreateLoggedModel, DatasetFilter, LoggedModel, LoggedModelData, LoggedModelInfo, LoggedModelStatus,
    OrderBy, SearchLoggedModels, SearchLoggedModelsResponse,
};
use tidemill_api::mlflow::metric::Metric;
use tidemill_api::mlflow::{KeyValue, rule};
use tidemill_query::{Entity, Subject, Value, parse_logged_model_order};
use tidemill_store::logged_model::{self, Logged, ModelPoint, OnDataset, OrderOn};
use tidemill_store::tag::{self, Noun, Table};
use tidemill_store::to_json;
use tidemill_store::{ConnectionTrait, experiment};

use crate::experiment::{no_tag_twice, pairs, require_active, texts};
use crate::rule::{Asked, next_token, window};
use crate::run_name::{generate, uuid_hex};
use crate::{Error, Kind, OpContext, Result, Scope, action};

/// A logged model, as it is stored.
pub(crate) type Row = logged_model::Model;

/// Makes a logged model that waits for its files.
///
/// # Errors
/// NotFound without its experiment, Invalid for a bad name, Forbidden for a job that names another job's run.
pub async fn create(ctx: &OpContext, workspace: &str, request: CreateLoggedModel) -> Result<LoggedModel> {
    let CreateLoggedModel {
        experiment_id,
        name,
        model_type,
        source_run_id,
        params,
        tags,
    } = request;
    no_tag_twice(&params)?;
    no_tag_twice(&tags)?;
    let source_run_id = source_run_id.filter(|id| !id.is_empty());
    authorize_write(ctx, workspace, source_run_id.as_deref()).await?;
    let name = name
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| generate(&*ctx.app().clock));
    rule::logged_model_name(&name)?;
    let experiment = crate::experiment::find(ctx.app().store.read(), workspace, &experiment_id).await?;
    require_active(&experiment)?;
    let model_id = format!("m-{}", uuid_hex(&*ctx.app().clock));
    let now = ctx.now_ms();
    let row = Row {
        workspace: workspace.to_owned(),
        artifact_location: format!("{}/models/{model_id}/artifacts", experiment.artifact_location),
        model_id,
        experiment_id: experiment.experiment_id,
        name,
        status: LoggedModelStatus::Pending.word().to_owned(),
        status_message: None,
        model_type: model_type.filter(|kind| !kind.is_empty()),
        source_run_id,
        lifecycle_stage: experiment::ACTIVE.to_owned(),
        created_at: now,
        updated_at: now,
    };
    let logged = Logged {
        params: pairs(params),
        tags: pairs(tags),
        metrics: Vec::new(),
    };
    let (written, with) = (row.clone(), logged.clone());
    ctx.app()
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let (ws, id) = (written.workspace.clone(), written.model_id.clone());
                logged_model::insert(tx, written).await?;
                tag::put(tx, Table::Param, &ws, Noun::LoggedModel, &id, &with.params).await?;
                Ok(tag::put(tx, Table::Tag, &ws, Noun::LoggedModel, &id, &with.tags).await?)
            })
        })
        .await?;
    Ok(view(row, logged))
}

/// One logged model.
///
/// # Errors
/// NotFound, also for a deleted one unless it is asked for.
pub async fn get(ctx: &OpContext, workspace: &str, model_id: &str, deleted: bool) -> Result<LoggedModel> {
    ctx.authorize(
        action::RUN_READ,
        &Scope::resource(workspace, "logged-models", model_id),
    )
    .await?;
    let db = ctx.app().store.read();
    let row = find(db, workspace, model_id, deleted).await?;
    with_logged(db, row).await
}

/// Says that the files of a logged model are there, or that they won't come.
///
/// # Errors
/// NotFound.
pub async fn finalize(
    ctx: &OpContext,
    workspace: &str,
    model_id: &str,
    status: LoggedModelStatus,
) -> Result<LoggedModel> {
    let row = writable(ctx, workspace, model_id).await?;
    let now = ctx.now_ms();
    ctx.app()
        .store
        .write(move |tx| {
            Box::pin(async move {
                logged_model::set_status(tx, &row.workspace, &row.model_id, status.word(), now).await?;
                with_logged(tx, find(tx, &row.workspace, &row.model_id, true).await?).await
            })
        })
        .await
}

/// Deletes a logged model; its files stay for the versions that were registered from it.
///
/// # Errors
/// NotFound.
pub async fn delete(ctx: &OpContext, workspace: &str, model_id: &str) -> Result<()> {
    let row = writable(ctx, workspace, model_id).await?;
    let now = ctx.now_ms();
    ctx.app()
        .store
        .write(move |tx| {
            Box::pin(async move { Ok(logged_model::delete(tx, &row.workspace, &row.model_id, now).await?) })
        })
        .await
}

/// Sets tags; gives the model as it is now.
///
/// # Errors
/// NotFound.
pub async fn set_tags(
    ctx: &OpContext,
    workspace: &str,
    model_id: &str,
    tags: Vec<KeyValue>,
) -> Result<LoggedModel> {
    let row = writable(ctx, workspace, model_id).await?;
    ctx.app()
        .store
        .write(move |tx| {
            Box::pin(async move {
                let (ws, id) = (row.workspace.clone(), row.model_id.clone());
                tag::put(tx, Table::Tag, &ws, Noun::LoggedModel, &id, &pairs(tags)).await?;
                with_logged(tx, row).await
            })
        })
        .await
}

/// Adds parameters. One that is there stays as it is: the same value again is no change, another one is refused.
///
/// # Errors
/// NotFound; Invalid for a parameter that has another value.
pub async fn log_params(
    ctx: &OpContext,
    workspace: &str,
    model_id: &str,
    params: Vec<KeyValue>,
) -> Result<()> {
    let row = writable(ctx, workspace, model_id).await?;
    ctx.app()
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let (ws, id) = (&row.workspace, &row.model_id);
                let there = tag::of(tx, Table::Param, ws, Noun::LoggedModel, id).await?;
                for KeyValue { key, value } in &params {
                    if there.iter().any(|(k, v)| k == key && v != value) {
                        return Err(Error::invalid(format!(
                            "Changing param values is not allowed. Param with key='{key}' was already logged for model \
                             with ID '{id}'."
                        )));
                    }
                }
                Ok(tag::put(tx, Table::Param, ws, Noun::LoggedModel, id, &pairs(params)).await?)
            })
        })
        .await
}

/// Removes a tag.
///
/// # Errors
/// NotFound when it is not set.
pub async fn delete_tag(ctx: &OpContext, workspace: &str, model_id: &str, key: &str) -> Result<()> {
    let row = writable(ctx, workspace, model_id).await?;
    let key = key.to_owned();
    ctx.app()
        .store
        .write(move |tx| {
            Box::pin(async move {
                if tag::delete(tx, &row.workspace, Noun::LoggedModel, &row.model_id, &key).await? {
                    return Ok(());
                }
                let message = format!(
                    "No tag with key '{key}' found for model with ID '{}'.",
                    row.model_id
                );
                Err(Error::new(Kind::NotFound, message))
            })
        })
        .await
}

/// Logged models of experiments that fit a filter, the youngest first unless ordered otherwise.
///
/// # Errors
/// Invalid for a filter, ordering or page token that can't be read.
pub async fn search(
    ctx: &OpContext,
    workspace: &str,
    request: SearchLoggedModels,
) -> Result<SearchLoggedModelsResponse> {
    let SearchLoggedModels {
        experiment_ids,
        filter,
        datasets,
        max_results,
        order_by,
        page_token,
    } = request;
    ctx.authorize(action::RUN_READ, &Scope::workspace(workspace))
        .await?;
    let filter_text = filter.unwrap_or_default();
    let asked_orders = to_json(&order_by);
    let filter = crate::rule::filter(Subject::LoggedModel, &filter_text)?;
    for comparison in &filter {
        known_statuses(comparison)?;
    }
    let datasets = datasets.into_iter().map(dataset).collect::<Result<Vec<_>>>()?;
    let orders = order_by.into_iter().map(order).collect::<Result<Vec<_>>>()?;
    let ids = experiment_ids
        .iter()
        .map(|id| rule::experiment_id(id))
        .collect::<Result<Vec<_>, _>>()?;
    let asked = Asked::new(&["LoggedModel", workspace, &filter_text, &asked_orders], &[]).of(&ids);
    let most = max_results.filter(|most| *most != 0).map(|most| most.min(50_000));
    let window = window(page_token.as_deref(), most, 50, 50_000, asked)?;
    let db = ctx.app().store.read();
    let found = logged_model::search(db, workspace, &ids, &filter, &datasets, &orders, window).await?;
    let logged = logged_model::logged(db, workspace, &found.items).await?;
    Ok(SearchLoggedModelsResponse {
        models: found
            .items
            .into_iter()
            .zip(logged)
            .map(|(row, logged)| view(row, logged))
            .collect(),
        next_page_token: next_token(window, found.more, asked),
    })
}

fn known_statuses(comparison: &tidemill_query::Comparison) -> Result<()> {
    if comparison.key.entity != Entity::Attribute || comparison.key.name != "status" {
        return Ok(());
    }
    let texts = match &comparison.value {
        Value::Text(text) => std::slice::from_ref(text),
        Value::List(texts) => texts.as_slice(),
        Value::None | Value::Number(_) => &[],
    };
    match texts
        .iter()
        .find(|text| LoggedModelStatus::from_word(text).is_none())
    {
        Some(unknown) => Err(Error::invalid(format!(
            "Unknown model status in filter: '{unknown}'"
        ))),
        None => Ok(()),
    }
}

fn dataset(filter: DatasetFilter) -> Result<OnDataset> {
    if filter.dataset_name.is_empty() {
        return Err(Error::invalid(
            "`dataset_name` in the `datasets` clause must be specified.",
        ));
    }
    let digest = filter.dataset_digest.filter(|digest| !digest.is_empty());
    Ok(OnDataset {
        name: filter.dataset_name,
        digest,
    })
}

fn order(order: OrderBy) -> Result<OrderOn> {
    let OrderBy {
        field_name,
        ascending,
        dataset_name,
        dataset_digest,
    } = order;
    let digest = dataset_digest.filter(|digest| !digest.is_empty());
    let dataset = match (dataset_name.filter(|name| !name.is_empty()), digest) {
        (Some(name), digest) => Some(OnDataset { name, digest }),
        (None, Some(_)) => {
            return Err(Error::invalid(
                "`dataset_digest` can only be specified if `dataset_name` is also specified.",
            ));
        }
        (None, None) => None,
    };
    Ok(OrderOn {
        order: parse_logged_model_order(&field_name, ascending)?,
        dataset,
    })
}

/// The row of a logged model.
pub(crate) async fn find(
    db: &impl ConnectionTrait,
    workspace: &str,
    model_id: &str,
    deleted: bool,
) -> Result<Row> {
    let row = logged_model::get(db, workspace, model_id).await?;
    row.filter(|row| deleted || row.lifecycle_stage == experiment::ACTIVE)
        .ok_or_else(|| missing(model_id))
}

fn missing(model_id: &str) -> Error {
    Error::new(
        Kind::NotFound,
        format!("Logged model with ID '{model_id}' not found."),
    )
}

/// The row of a logged model that the one who asks may write to.
pub(crate) async fn writable(ctx: &OpContext, workspace: &str, model_id: &str) -> Result<Row> {
    let row = logged_model::get(ctx.app().store.read(), workspace, model_id).await?;
    let run = row.as_ref().and_then(|row| row.source_run_id.as_deref());
    authorize_write(ctx, workspace, run).await?;
    row.ok_or_else(|| missing(model_id))
}

/// A logged model is its run's; one without a run is its experiment's.
async fn authorize_write(ctx: &OpContext, workspace: &str, run_id: Option<&str>) -> Result<()> {
    let Some(run_id) = run_id else {
        return ctx
            .authorize(action::EXPERIMENT_WRITE, &Scope::workspace(workspace))
            .await;
    };
    let run = tidemill_store::run::get(ctx.app().store.read(), workspace, run_id).await?;
    let job = run.and_then(|run| run.job);
    ctx.authorize(action::RUN_WRITE, &Scope::run(workspace, run_id, job.as_deref()))
        .await
}

async fn with_logged(db: &impl ConnectionTrait, row: Row) -> Result<LoggedModel> {
    let logged = logged_model::logged(db, &row.workspace, std::slice::from_ref(&row))
        .await?
        .remove(0);
    Ok(view(row, logged))
}

fn view(row: Row, logged: Logged) -> LoggedModel {
    let Row {
        workspace: _,
        model_id,
        experiment_id,
        name,
        artifact_location,
        status,
        status_message,
        model_type,
        source_run_id,
        lifecycle_stage: _,
        created_at,
        updated_at,
    } = row;
    let Logged {
        params,
        tags,
        metrics,
    } = logged;
    LoggedModel {
        info: LoggedModelInfo {
            model_id,
            experiment_id: experiment_id.to_string(),
            name,
            creation_timestamp_ms: created_at,
            last_updated_timestamp_ms: updated_at,
            artifact_uri: artifact_location,
            status: LoggedModelStatus::from_word(&status).unwrap_or(LoggedModelStatus::Unspecified),
            model_type: Some(model_type.unwrap_or_default()),
            source_run_id: Some(source_run_id.unwrap_or_default()),
            status_message,
            tags: texts(tags),
        },
        data: LoggedModelData {
            params: texts(params),
            metrics: metrics.into_iter().map(view_point).collect(),
        },
    }
}

fn view_point(point: ModelPoint) -> Metric {
    let ModelPoint {
        model_id,
        run_id,
        point,
        dataset_name,
        dataset_digest,
    } = point;
    Metric {
        dataset_name,
        dataset_digest,
        model_id: Some(model_id),
        run_id: Some(run_id),
        ..crate::metric::view(point)
    }
}
