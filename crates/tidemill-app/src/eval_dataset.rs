//! Datasets for evaluating: make, show, search, delete, their records, tags and experiments.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use tidemill_api::mlflow::eval_dataset::{
    CreateEvalDataset, DeleteEvalRecords, EvalDataset, EvalDatasetExperiments, GetEvalRecords,
    GetEvalRecordsResponse, SearchEvalDatasets, SearchEvalDatasetsResponse, SetEvalDatasetTags,
    UpsertEvalRecords, UpsertEvalRecordsResponse,
};
use tidemill_query::{Subject, parse_order};
use tidemill_store::eval_dataset::{self, Record};
use tidemill_store::tag::{self, Noun, Pairs, Table};
use tidemill_store::{ConnectionTrait, from_json, to_json};

use crate::rule::{Asked, next_token, window};
use crate::run_name::uuid_hex;
use crate::trace::python_json;
use crate::{Error, Kind, OpContext, Result, Scope, action};

type Row = eval_dataset::Model;
type Fields = Map<String, Value>;

/// The tag that says who did something.
const USER: &str = "mlflow.user";

/// Makes a dataset without records.
///
/// # Errors
/// Invalid for tags that are no JSON object.
pub async fn create(ctx: &OpContext, workspace: &str, request: CreateEvalDataset) -> Result<EvalDataset> {
    let CreateEvalDataset {
        name,
        experiment_ids,
        tags,
    } = request;
    authorize(ctx, workspace, action::EXPERIMENT_WRITE, "").await?;
    let tags: Fields = match tags.filter(|tags| !tags.is_empty()) {
        Some(tags) => read("tags", &tags)?,
        None => Fields::new(),
    };
    let now = ctx.now_ms();
    let user = tags.get(USER).and_then(Value::as_str).map(str::to_owned);
    let row = Row {
        workspace: workspace.to_owned(),
        dataset_id: format!("d-{}", uuid_hex(&*ctx.app().clock)),
        digest: digest(&name, now),
        name,
        schema: None,
        profile: None,
        created_at: now,
        updated_at: now,
        created_by: user.clone(),
        updated_by: user,
    };
    let pairs = texts(tags);
    let (written, told) = (row.clone(), pairs.clone());
    let experiments = experiment_ids.clone();
    ctx.app()
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let (ws, id) = (written.workspace.clone(), written.dataset_id.clone());
                eval_dataset::put(tx, written).await?;
                tag::put(tx, Table::Tag, &ws, Noun::EvalDataset, &id, &told).await?;
                Ok(eval_dataset::add_experiments(tx, &ws, &id, &experiments).await?)
            })
        })
        .await?;
    Ok(view(row, pairs, experiment_ids))
}

/// One dataset.
///
/// # Errors
/// NotFound.
pub async fn get(ctx: &OpContext, workspace: &str, id: &str) -> Result<EvalDataset> {
    authorize(ctx, workspace, action::EXPERIMENT_READ, id).await?;
    let db = ctx.app().store.read();
    let row = eval_dataset::get(db, workspace, id).await?.ok_or_else(|| {
        Error::new(
            Kind::NotFound,
            format!("Evaluation dataset with id '{id}' not found"),
        )
    })?;
    Ok(view_many(db, vec![row]).await?.remove(0))
}

/// Deletes a dataset with its records; one that is not there is gone already.
///
/// # Errors
/// When the store cannot be changed.
pub async fn delete(ctx: &OpContext, workspace: &str, id: &str) -> Result<()> {
    authorize(ctx, workspace, action::EXPERIMENT_DELETE, id).await?;
    let (workspace, id) = (workspace.to_owned(), id.to_owned());
    ctx.app()
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move { Ok(eval_dataset::delete(tx, &workspace, &id).await?) })
        })
        .await
}

/// Datasets that fit a filter, the youngest first unless ordered otherwise.
///
/// # Errors
/// Invalid for a filter, ordering or page token that can't be read.
pub async fn search(
    ctx: &OpContext,
    workspace: &str,
    request: SearchEvalDatasets,
) -> Result<SearchEvalDatasetsResponse> {
    let SearchEvalDatasets {
        experiment_ids,
        filter_string,
        max_results,
        order_by,
        page_token,
    } = request;
    authorize(ctx, workspace, action::EXPERIMENT_READ, "").await?;
    let filter_text = filter_string.unwrap_or_default();
    let filter = crate::rule::filter(Subject::EvalDataset, &filter_text)?;
    let orders = order_by
        .iter()
        .map(|text| parse_order(Subject::EvalDataset, text))
        .collect::<Result<Vec<_>, _>>()?;
    let asked = Asked::new(
        &["EvalDataset", workspace, &filter_text],
        &[&experiment_ids, &order_by],
    );
    let most = max_results.filter(|most| *most != 0);
    let window = window(page_token.as_deref(), most, 1000, 50_000, asked)?;
    let db = ctx.app().store.read();
    let found = eval_dataset::search(db, workspace, &experiment_ids, &filter, &orders, window).await?;
    Ok(SearchEvalDatasetsResponse {
        datasets: view_many(db, found.items).await?,
        next_page_token: next_token(window, found.more, asked),
    })
}

/// Sets tags; a tag without a value stays as it is.
///
/// # Errors
/// NotFound, Invalid for tags that are no JSON object.
pub async fn set_tags(ctx: &OpContext, workspace: &str, request: SetEvalDatasetTags) -> Result<()> {
    let SetEvalDatasetTags { dataset_id, tags } = request;
    authorize(ctx, workspace, action::EXPERIMENT_WRITE, &dataset_id).await?;
    let mut tags: Fields = read("tags", &tags)?;
    tags.retain(|_, value| !value.is_null());
    let (workspace, pairs) = (workspace.to_owned(), texts(tags));
    ctx.app()
        .store
        .write(move |tx| {
            Box::pin(async move {
                if eval_dataset::get(tx, &workspace, &dataset_id).await?.is_none() {
                    let why = format!("Could not find evaluation dataset with ID {dataset_id}");
                    return Err(Error::new(Kind::NotFound, why));
                }
                Ok(tag::put(tx, Table::Tag, &workspace, Noun::EvalDataset, &dataset_id, &pairs).await?)
            })
        })
        .await
}

/// Removes a tag, if it is set.
///
/// # Errors
/// When the store cannot be changed.
pub async fn delete_tag(ctx: &OpContext, workspace: &str, id: &str, key: &str) -> Result<()> {
    authorize(ctx, workspace, action::EXPERIMENT_WRITE, id).await?;
    let (workspace, id, key) = (workspace.to_owned(), id.to_owned(), key.to_owned());
    ctx.app()
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                tag::delete(tx, &workspace, Noun::EvalDataset, &id, &key).await?;
                Ok(())
            })
        })
        .await
}

/// Adds records; one whose inputs are there already is changed.
///
/// # Errors
/// NotFound, Invalid for records that are no list of JSON objects.
pub async fn upsert_records(
    ctx: &OpContext,
    workspace: &str,
    request: UpsertEvalRecords,
) -> Result<UpsertEvalRecordsResponse> {
    let UpsertEvalRecords { dataset_id, records } = request;
    authorize(ctx, workspace, action::EXPERIMENT_WRITE, &dataset_id).await?;
    let records: Vec<Fields> = read("records", &records)?;
    let now = ctx.now_ms();
    let ids: Vec<String> = records
        .iter()
        .map(|_| record_id(&ctx.app().clock.ulid()))
        .collect();
    let workspace = workspace.to_owned();
    ctx.app()
        .store
        .write(move |tx| {
            Box::pin(async move {
                let mut dataset = find(tx, &workspace, &dataset_id).await?;
                let mut done = UpsertEvalRecordsResponse::default();
                let mut updated_by = None;
                for (given, record_id) in records.iter().zip(ids) {
                    let inputs = given.get("inputs").cloned().unwrap_or_else(|| json!({}));
                    let hash = blake3::hash(to_json(&sorted(&inputs)).as_bytes())
                        .to_hex()
                        .to_string();
                    let user = given
                        .get("tags")
                        .and_then(|tags| tags[USER].as_str())
                        .map(str::to_owned);
                    updated_by = user.clone().or(updated_by);
                    let there = eval_dataset::get_record(tx, &workspace, &dataset_id, &hash).await?;
                    let is_new = there.is_none();
                    let row = there.unwrap_or_else(|| Record {
                        workspace: workspace.clone(),
                        dataset_id: dataset_id.clone(),
                        record_id,
                        input_hash: hash,
                        inputs: to_json(&inputs),
                        outputs: None,
                        expectations: None,
                        tags: None,
                        source: None,
                        source_id: None,
                        source_type: None,
                        created_at: now,
                        updated_at: now,
                        created_by: user.clone(),
                        updated_by: None,
                    });
                    eval_dataset::put_record(tx, merged(row, given, user, now)?).await?;
                    if is_new {
                        done.inserted_count += 1;
                    } else {
                        done.updated_count += 1;
                    }
                }
                let schema = dataset
                    .schema
                    .as_deref()
                    .and_then(|text| serde_json::from_str(text).ok());
                dataset.schema = schema_with(schema, &records).map(|schema| python_json(&schema));
                let count = eval_dataset::count(tx, &workspace, &dataset_id).await?;
                dataset.profile = (count > 0).then(|| python_json(&json!({ "num_records": count })));
                dataset.digest = digest(&dataset.name, now);
                dataset.updated_at = now;
                dataset.updated_by = updated_by;
                eval_dataset::put(tx, dataset).await?;
                Ok(done)
            })
        })
        .await
}

/// A page of records.
///
/// # Errors
/// NotFound, Invalid for a page token that can't be read.
pub async fn records(
    ctx: &OpContext,
    workspace: &str,
    request: GetEvalRecords,
) -> Result<GetEvalRecordsResponse> {
    let GetEvalRecords {
        dataset_id,
        max_results,
        page_token,
    } = request;
    authorize(ctx, workspace, action::EXPERIMENT_READ, &dataset_id).await?;
    let db = ctx.app().store.read();
    find(db, workspace, &dataset_id).await?;
    let most = max_results
        .and_then(|most| usize::try_from(most).ok())
        .filter(|most| *most > 0)
        .unwrap_or(1000);
    let after = page_token
        .filter(|token| !token.is_empty())
        .map(|token| place(&token))
        .transpose()?;
    let after = after.as_ref().map(|(at, id)| (*at, id.as_str()));
    let mut rows = eval_dataset::list_records(db, workspace, &dataset_id, after, most as u64 + 1).await?;
    let more = rows.len() > most;
    rows.truncate(most);
    let next_page_token = rows
        .last()
        .filter(|_| more)
        .map(|last| STANDARD.encode(format!("{}:{}", last.created_at, last.record_id)));
    let shown: Vec<Value> = rows.into_iter().map(shown).collect::<Result<_>>()?;
    Ok(GetEvalRecordsResponse {
        records: python_json(&shown.into()),
        next_page_token,
    })
}

/// Removes records; gives how many.
///
/// # Errors
/// NotFound for the dataset.
pub async fn delete_records(ctx: &OpContext, workspace: &str, request: DeleteEvalRecords) -> Result<u64> {
    let DeleteEvalRecords {
        dataset_id,
        dataset_record_ids,
    } = request;
    authorize(ctx, workspace, action::EXPERIMENT_WRITE, &dataset_id).await?;
    let workspace = workspace.to_owned();
    ctx.app()
        .store
        .write(move |tx| {
            Box::pin(async move {
                let mut dataset = find(tx, &workspace, &dataset_id).await?;
                let gone =
                    eval_dataset::delete_records(tx, &workspace, &dataset_id, &dataset_record_ids).await?;
                if gone > 0 {
                    let count = eval_dataset::count(tx, &workspace, &dataset_id).await?;
                    dataset.profile = (count > 0).then(|| python_json(&json!({ "num_records": count })));
                    eval_dataset::put(tx, dataset).await?;
                }
                Ok(gone)
            })
        })
        .await
}

/// The experiments that a dataset belongs to.
///
/// # Errors
/// When the store cannot be read.
pub async fn experiment_ids(ctx: &OpContext, workspace: &str, id: &str) -> Result<Vec<String>> {
    authorize(ctx, workspace, action::EXPERIMENT_READ, id).await?;
    let ids = [id.to_owned()];
    let mut found = eval_dataset::experiments(ctx.app().store.read(), workspace, &ids).await?;
    Ok(found.remove(id).unwrap_or_default())
}

/// Lets a dataset belong to experiments, or no longer.
///
/// # Errors
/// NotFound for the dataset, or an experiment that it is to belong to.
pub async fn set_experiments(
    ctx: &OpContext,
    workspace: &str,
    request: EvalDatasetExperiments,
    belongs: bool,
) -> Result<EvalDataset> {
    let EvalDatasetExperiments {
        dataset_id,
        experiment_ids,
    } = request;
    authorize(ctx, workspace, action::EXPERIMENT_WRITE, &dataset_id).await?;
    let (workspace, now) = (workspace.to_owned(), ctx.now_ms());
    ctx.app()
        .store
        .write(move |tx| {
            Box::pin(async move {
                let row = eval_dataset::get(tx, &workspace, &dataset_id)
                    .await?
                    .ok_or_else(|| Error::new(Kind::NotFound, format!("Dataset '{dataset_id}' not found")))?;
                if belongs {
                    for id in &experiment_ids {
                        crate::experiment::find(tx, &workspace, id)
                            .await
                            .map_err(|_| Error::new(Kind::NotFound, format!("No Experiment with id={id}")))?;
                    }
                    eval_dataset::add_experiments(tx, &workspace, &dataset_id, &experiment_ids).await?;
                } else {
                    eval_dataset::remove_experiments(tx, &workspace, &dataset_id, &experiment_ids).await?;
                }
                let row = Row {
                    updated_at: now,
                    ..row
                };
                eval_dataset::put(tx, row.clone()).await?;
                Ok(view_many(tx, vec![row]).await?.remove(0))
            })
        })
        .await
}

/// A record with what is given of it: outputs are replaced, expectations and tags added to.
fn merged(row: Record, given: &Fields, user: Option<String>, now: i64) -> Result<Record> {
    let added = |before: Option<&str>, name: &'static str| -> Result<Option<String>> {
        let Some(more) = given.get(name).and_then(Value::as_object) else {
            return Ok(before.map(str::to_owned));
        };
        let mut all: Fields = match before {
            Some(text) => from_json("eval_record", name, text)?,
            None => Fields::new(),
        };
        all.extend(more.clone());
        Ok(Some(to_json(&all)))
    };
    let source = given.get("source").filter(|source| source.is_object());
    let source_type = source
        .and_then(|source| source["source_type"].as_str())
        .map(str::to_owned);
    let id_field = if source_type.as_deref() == Some("TRACE") {
        "trace_id"
    } else {
        "source_id"
    };
    let source_id = source
        .and_then(|source| source["source_data"][id_field].as_str())
        .map(str::to_owned);
    Ok(Record {
        outputs: given.get("outputs").map(to_json).or(row.outputs),
        expectations: added(row.expectations.as_deref(), "expectations")?,
        tags: added(row.tags.as_deref(), "tags")?,
        source: row.source.or(source.map(to_json)),
        source_id: row.source_id.or(source_id),
        source_type: row.source_type.or(source_type),
        updated_at: now,
        updated_by: user.or(row.updated_by),
        ..row
    })
}

/// The types of fields, with those of new records.
fn schema_with(before: Option<Value>, records: &[Fields]) -> Option<Value> {
    if before.is_none() && records.is_empty() {
        return None;
    }
    let mut schema = before
        .unwrap_or_else(|| json!({ "inputs": {}, "outputs": {}, "expectations": {}, "version": "1.0" }));
    for record in records {
        for part in ["inputs", "outputs", "expectations"] {
            match record.get(part) {
                Some(Value::Object(fields)) => {
                    for (name, value) in fields {
                        if let Some(known) = schema[part].as_object_mut() {
                            known.entry(name).or_insert_with(|| json!(type_of(value)));
                        }
                    }
                }
                Some(value)
                    if part == "outputs"
                        && !value.is_null()
                        && schema[part].as_object().is_none_or(Map::is_empty) =>
                {
                    schema[part] = json!(type_of(value));
                }
                _ => {}
            }
        }
    }
    Some(schema)
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The same JSON whatever the order of its fields.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields: std::collections::BTreeMap<_, _> = fields.iter().collect();
            fields
                .into_iter()
                .map(|(key, value)| (key.clone(), sorted(value)))
                .collect()
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

/// A record as clients read it.
fn shown(row: Record) -> Result<Value> {
    let json = |name: &'static str, text: &Option<String>| -> Result<Option<Value>> {
        Ok(text
            .as_deref()
            .map(|text| from_json("eval_record", name, text))
            .transpose()?)
    };
    let mut shown = json!({
        "dataset_record_id": row.record_id,
        "dataset_id": row.dataset_id,
        "inputs": from_json::<Value>("eval_record", "inputs", &row.inputs)?,
        "tags": json("tags", &row.tags)?.unwrap_or_else(|| json!({})),
        "created_time": row.created_at,
        "last_update_time": row.updated_at,
    });
    let more = [
        ("outputs", json("outputs", &row.outputs)?),
        ("expectations", json("expectations", &row.expectations)?),
        ("source", json("source", &row.source)?),
        ("source_id", row.source_id.map(Value::from)),
        ("source_type", row.source_type.map(Value::from)),
        ("created_by", row.created_by.map(Value::from)),
        ("last_updated_by", row.updated_by.map(Value::from)),
    ];
    for (name, value) in more {
        if let Some(value) = value {
            shown[name] = value;
        }
    }
    Ok(shown)
}

/// Ids of records sort in the order in which they were made, also of those that came together.
fn record_id(ulid: &str) -> String {
    let number = ulid::Ulid::from_string(ulid).map_or(0, u128::from);
    format!("dr-{number:032x}")
}

fn place(token: &str) -> Result<(i64, String)> {
    let invalid = || Error::invalid("Invalid page token, could not base64-decode");
    let bytes = STANDARD.decode(token).map_err(|_| invalid())?;
    let text = String::from_utf8(bytes).map_err(|_| invalid())?;
    let (at, id) = text.split_once(':').ok_or_else(invalid)?;
    Ok((at.parse().map_err(|_| invalid())?, id.to_owned()))
}

fn digest(name: &str, now: i64) -> String {
    blake3::hash(format!("{name}:{now}").as_bytes()).to_hex()[..8].to_owned()
}

fn read<T: serde::de::DeserializeOwned>(field: &str, text: &str) -> Result<T> {
    serde_json::from_str(text)
        .map_err(|error| Error::invalid(format!("Invalid value for parameter '{field}' supplied: {error}")))
}

fn texts(tags: Fields) -> Pairs {
    let text = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    tags.into_iter().map(|(key, value)| (key, text(value))).collect()
}

async fn authorize(
    ctx: &OpContext,
    workspace: &str,
    action: tidemill_policy::Action,
    id: &str,
) -> Result<()> {
    ctx.authorize(action, &Scope::resource(workspace, "datasets", id))
        .await
}

async fn find(db: &impl ConnectionTrait, workspace: &str, id: &str) -> Result<Row> {
    eval_dataset::get(db, workspace, id)
        .await?
        .ok_or_else(|| Error::new(Kind::NotFound, format!("Dataset '{id}' not found")))
}

async fn view_many(db: &impl ConnectionTrait, rows: Vec<Row>) -> Result<Vec<EvalDataset>> {
    let Some(workspace) = rows.first().map(|row| row.workspace.clone()) else {
        return Ok(Vec::new());
    };
    let ids: Vec<String> = rows.iter().map(|row| row.dataset_id.clone()).collect();
    let mut tags = tag::of_many(db, Table::Tag, &workspace, Noun::EvalDataset, &ids).await?;
    let mut experiments = eval_dataset::experiments(db, &workspace, &ids).await?;
    let one = |row: Row| {
        let tags = tags.remove(&row.dataset_id).unwrap_or_default();
        let experiments = experiments.remove(&row.dataset_id).unwrap_or_default();
        view(row, tags, experiments)
    };
    Ok(rows.into_iter().map(one).collect())
}

fn view(row: Row, tags: Pairs, experiment_ids: Vec<String>) -> EvalDataset {
    let tags: Fields = tags.into_iter().map(|(key, value)| (key, value.into())).collect();
    EvalDataset {
        dataset_id: row.dataset_id,
        name: row.name,
        tags: python_json(&tags.into()),
        schema: row.schema,
        profile: row.profile,
        digest: row.digest,
        created_time: row.created_at,
        last_update_time: row.updated_at,
        created_by: row.created_by,
        last_updated_by: row.updated_by,
        experiment_ids,
    }
}
