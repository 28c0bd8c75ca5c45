//! Runs: start, show, search, update, delete, restore, tag, and log to.

use serde_json::json;
use tidemill_api::mlflow::metric::Metric;
use tidemill_api::mlflow::run::{
    CreateRun, LogBatch, LogModel, Run, RunData, RunInfo, RunKeyValue, RunStatus, SearchRuns,
    SearchRunsResponse, UpdateRun,
};
use tidemill_api::mlflow::run_input::{
    Dataset, DatasetInput, ModelInput, ModelOutput, RunInputs, RunOutputs,
};
use tidemill_api::mlflow::{KeyValue, rule};
use tidemill_policy::tag_rule;
use tidemill_query::{Subject, parse_order};
use tidemill_store::run::{self, Logged, NAME_TAG, PARENT_TAG};
use tidemill_store::run_search::{self, Search};
use tidemill_store::tag::{self, Noun, Table};
use tidemill_store::{ConnectionTrait, DatabaseTransaction, experiment, param};

use crate::context::Change;
use crate::experiment::{no_tag_twice, pairs, require_active, stages, texts};
use crate::rule::{Asked, cut, limit, no_duplicates, place, place_token, python_list, python_text};
use crate::run_door::Door;
use crate::run_name::{generate, uuid_hex};
use crate::{Error, Kind, OpContext, Principal, Result, Scope, action, metric as points, tag_policy};

/// A run, as it is stored.
pub(crate) type Row = run::Model;

/// What to do about a run that may not start.
const AT_START: &str =
    "name the run and set its tags when it starts: mlflow.start_run(run_name=..., tags={...})";
/// What to do about a change that may not be.
const LATER: &str = "`tidemill policy tags` lists the rules";

/// The tag in which old clients record the models that a run logged.
const MODEL_HISTORY_TAG: &str = "mlflow.log-model.history";

/// Starts a run. What a job starts becomes a child of the job's own run.
///
/// # Errors
/// NotFound without its experiment, Invalid when that is deleted or the names differ, Forbidden for a job that names
/// another job's run as the parent.
pub async fn create(ctx: &OpContext, workspace: &str, request: CreateRun) -> Result<Run> {
    let CreateRun {
        experiment_id,
        user_id,
        run_name,
        start_time,
        tags,
    } = request;
    no_tag_twice(&tags)?;
    let mut tags = pairs(tags);
    for (at, (key, _)) in tags.iter().enumerate() {
        rule::first_run_tag(&format!("tags[{at}]"), key)?;
    }
    let db = ctx.app().store.read();
    let Above { job, is_there } = above(ctx, workspace, &mut tags).await?;
    let run_id = uuid_hex(&*ctx.app().clock);
    let scope = Scope::run(workspace, &run_id, job.as_deref());
    ctx.authorize(action::RUN_WRITE, &scope).await?;
    let id = if experiment_id.is_empty() {
        "0"
    } else {
        &experiment_id
    };
    let experiment = crate::experiment::find(db, workspace, id).await?;
    require_active(&experiment)?;
    let row = Row {
        workspace: workspace.to_owned(),
        artifact_uri: run::artifact_uri(&experiment, &run_id),
        run_id,
        experiment_id: experiment.experiment_id,
        name: chosen_name(ctx, run_name, &tags)?,
        user_id,
        status: RunStatus::Running.as_str().to_owned(),
        start_time: start_time.unwrap_or(0),
        end_time: None,
        lifecycle_stage: experiment::ACTIVE.to_owned(),
        deleted_at: None,
        job,
    };
    let rules = tag_policy::of(db, workspace).await?;
    let found = tag_policy::breaches(&rules, &row, &tags, is_there, false);
    let warnings =
        tag_policy::settle(ctx, action::RUN_WRITE, &scope, "start the run", AT_START, found).await?;
    if !warnings.is_empty() {
        tags.push((tag_policy::WARNING_TAG.to_owned(), warnings.join("; ")));
    }
    let (written, with) = (row.clone(), tags.clone());
    ctx.app()
        .store
        .write::<_, Error, _>(move |tx| Box::pin(async move { Ok(run::insert(tx, written, &with).await?) }))
        .await?;
    ctx.app().hub.tell_run(workspace, &row.run_id);
    tags.retain(|(key, _)| key != NAME_TAG);
    tags.push((NAME_TAG.to_owned(), row.name.clone()));
    Ok(view(
        row,
        Logged {
            tags,
            ..Logged::default()
        },
    ))
}

/// What a new run is below.
struct Above {
    /// The job that it belongs to: that of its parent; a job's own when a job starts it.
    job: Option<String>,
    /// Whether there is a run above it.
    is_there: bool,
}

async fn above(ctx: &OpContext, workspace: &str, tags: &mut tag::Pairs) -> Result<Above> {
    let parent = tags
        .iter()
        .find(|(key, _)| key == PARENT_TAG)
        .map(|(_, parent)| parent.clone());
    if let Some(parent) = parent {
        let row = run::get(ctx.app().store.read(), workspace, &parent).await?;
        let is_there = row.is_some();
        let job = match (row, ctx.principal()) {
            (Some(row), _) => row.job.or(Some(parent)),
            // The parent may be on another server, but a job may not make one up.
            (None, Principal::Job { .. }) => Some(parent),
            (None, _) => None,
        };
        return Ok(Above { job, is_there });
    }
    let Principal::Job { job, .. } = ctx.principal() else {
        return Ok(Above {
            job: None,
            is_there: false,
        });
    };
    tags.push((PARENT_TAG.to_owned(), job.clone()));
    Ok(Above {
        job: Some(job.clone()),
        is_there: true,
    })
}

fn chosen_name(ctx: &OpContext, given: Option<String>, tags: &tag::Pairs) -> Result<String> {
    let given = given.filter(|name| !name.is_empty());
    let tagged = tags
        .iter()
        .find(|(key, _)| key == NAME_TAG)
        .map(|(_, name)| name.clone());
    match (given, tagged) {
        (Some(given), Some(tagged)) if given != tagged => Err(Error::invalid(format!(
            "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values \
             (run_name='{given}', mlflow.runName='{tagged}')."
        ))),
        (Some(name), _) | (None, Some(name)) => Ok(name),
        (None, None) => Ok(generate(&*ctx.app().clock)),
    }
}

/// One run with what it logged, also a deleted one.
///
/// # Errors
/// NotFound.
pub async fn get(ctx: &OpContext, workspace: &str, run_id: &str) -> Result<Run> {
    ctx.authorize(action::RUN_READ, &Scope::resource(workspace, "runs", run_id))
        .await?;
    let db = ctx.app().store.read();
    let row = find(db, workspace, run_id).await?;
    let logged = run::logged(&ctx.app().store, workspace, std::slice::from_ref(&row))
        .await?
        .remove(0);
    Ok(view_with_outputs(row, logged))
}

/// Runs of experiments that fit a filter. Experiments that are not there have none.
///
/// # Errors
/// Invalid for a filter, ordering or page token that can't be read.
pub async fn search(ctx: &OpContext, workspace: &str, request: SearchRuns) -> Result<SearchRunsResponse> {
    let SearchRuns {
        experiment_ids,
        filter,
        run_view_type,
        max_results,
        order_by,
        page_token,
    } = request;
    ctx.authorize(action::RUN_READ, &Scope::workspace(workspace))
        .await?;
    let filter_text = filter.unwrap_or_default();
    let filter = crate::rule::filter(Subject::Run, &filter_text)?;
    let orders = order_by
        .iter()
        .map(|text| parse_order(Subject::Run, text))
        .collect::<Result<Vec<_>, _>>()?;
    no_duplicates(orders.iter().map(|order| order.key.clone()), &order_by)?;
    let ids = experiment_ids
        .iter()
        .map(|id| rule::experiment_id(id))
        .collect::<Result<Vec<_>, _>>()?;
    let stages = stages(run_view_type);
    let asked = Asked::new(&["Run", workspace, &filter_text, &stages.join(",")], &[&order_by]).of(&ids);
    let after = place(page_token.as_deref(), &orders, asked)?;
    let store = &ctx.app().store;
    let search = Search {
        workspace,
        experiment_ids: &ids,
        stages,
        filter: &filter,
        order_by: &orders,
        limit: limit(max_results, 1000, 50_000)?,
        after: after.as_ref(),
    };
    let found = run_search::search(store, search).await?;
    let logged = run::logged(store, workspace, &found.items).await?;
    let runs = found
        .items
        .into_iter()
        .zip(logged)
        .map(|(row, logged)| view_with_outputs(row, logged));
    Ok(SearchRunsResponse {
        runs: runs.collect(),
        next_page_token: found.next.map(|place| place_token(&place, asked)),
    })
}

/// Says how a run is doing, when it ended, and what it is called.
///
/// # Errors
/// NotFound, Invalid for a deleted run.
pub async fn update(ctx: &OpContext, workspace: &str, request: UpdateRun) -> Result<RunInfo> {
    let UpdateRun {
        run_id,
        status,
        end_time,
        run_name,
    } = request;
    let row = writable(ctx, workspace, &run_id).await?;
    let name = run_name.filter(|name| !name.is_empty());
    let rules = tag_policy::of(ctx.app().store.read(), workspace).await?;
    if !rules.is_empty() {
        let finishes = status == Some(RunStatus::Finished);
        check_update(ctx, &rules, row, name.as_deref(), finishes).await?;
    }
    let change = run::Change {
        status: status.map(|status| status.as_str().to_owned()),
        end_time,
        name,
    };
    let workspace = workspace.to_owned();
    ctx.app()
        .store
        .write(move |tx| {
            Box::pin(async move {
                find_active(tx, &workspace, &run_id).await?;
                run::update(tx, &workspace, &run_id, change).await?;
                tag_policy::mark(tx, &rules, &workspace, &run_id).await?;
                Ok(info(find(tx, &workspace, &run_id).await?))
            })
        })
        .await
}

/// Refuses a name that a rule does not allow, and to finish a run without the tags that are due by then. One that failed
/// or was ended by somebody may end as it is.
async fn check_update(
    ctx: &OpContext,
    rules: &[tag_policy::TagRule],
    row: Row,
    name: Option<&str>,
    finishes: bool,
) -> Result<()> {
    if name.is_none() && !finishes {
        return Ok(());
    }
    let db = ctx.app().store.read();
    let tags = tag::of(db, tag::Table::Tag, &row.workspace, Noun::Run, &row.run_id).await?;
    if tag_policy::is_below(db, &row, &tags).await? {
        return Ok(());
    }
    let subject = tag_policy::subject(&row);
    let mut found = tag_rule::set(rules, subject, name, &[]);
    // A job was looked at when it was submitted.
    if finishes && subject == tag_rule::Subject::Run {
        found.extend(tag_rule::finished(rules, subject, &tags));
    }
    let scope = Scope::run(&row.workspace, &row.run_id, row.job.as_deref());
    let doing = format!("change the run {}", row.run_id);
    tag_policy::settle(ctx, action::RUN_WRITE, &scope, &doing, LATER, found)
        .await
        .map(drop)
}

/// Deletes a run; it can be restored.
///
/// # Errors
/// NotFound.
pub async fn delete(ctx: &OpContext, workspace: &str, run_id: &str) -> Result<()> {
    set_deleted(ctx, workspace, run_id, Some(ctx.now_ms())).await
}

/// Restores a deleted run.
///
/// # Errors
/// NotFound.
pub async fn restore(ctx: &OpContext, workspace: &str, run_id: &str) -> Result<()> {
    set_deleted(ctx, workspace, run_id, None).await
}

async fn set_deleted(ctx: &OpContext, workspace: &str, run_id: &str, at: Option<i64>) -> Result<()> {
    let row = writable(ctx, workspace, run_id).await?;
    let change = Change {
        action: action::RUN_WRITE,
        scope: Scope::run(workspace, run_id, row.job.as_deref()),
        before: json!({ "lifecycle_stage": row.lifecycle_stage }),
        after: json!({ "lifecycle_stage": if at.is_some() { experiment::DELETED } else { experiment::ACTIVE } }),
    };
    ctx.change(change, move |tx| {
        Box::pin(async move { Ok(run::set_deleted(tx, &row.workspace, &row.run_id, at).await?) })
    })
    .await?;
    ctx.app().run_doors.forget();
    Ok(())
}

/// Logs one point.
///
/// # Errors
/// Invalid for a bad key or time, or a deleted run.
pub async fn log_metric(ctx: &OpContext, workspace: &str, run_id: String, metric: Metric) -> Result<()> {
    points::check("", &metric)?;
    log(
        ctx,
        workspace,
        LogBatch {
            run_id,
            metrics: vec![metric],
            ..LogBatch::default()
        },
    )
    .await
}

/// Logs one parameter; the same value again is fine.
///
/// # Errors
/// Invalid for a bad key, another value than it has, or a deleted run.
pub async fn log_param(ctx: &OpContext, workspace: &str, request: RunKeyValue) -> Result<()> {
    let RunKeyValue { run_id, key, value } = request;
    rule::param("key", &key)?;
    let value = cut(value, rule::PARAM_VALUE);
    writable(ctx, workspace, &run_id).await?;
    let workspace = workspace.to_owned();
    ctx.app()
        .store
        .write(move |tx| {
            Box::pin(async move {
                find_active(tx, &workspace, &run_id).await?;
                match param::append(tx, &workspace, &run_id, &[(key, value)]).await?.pop() {
                    None => Ok(()),
                    Some(param::Change { key, old, new }) => Err(Error::invalid(format!(
                        "Changing param values is not allowed. Param with key='{key}' was already logged with \
                         value='{old}' for run ID='{run_id}'. Attempted logging new value '{new}'."
                    ))),
                }
            })
        })
        .await
}

/// Logs points, parameters and tags in one go. Parameters that would change refuse all of it.
///
/// # Errors
/// Invalid for more than fits, bad keys, parameters with other values than they have, or a deleted run.
pub async fn log_batch(ctx: &OpContext, workspace: &str, request: LogBatch) -> Result<()> {
    let LogBatch {
        run_id,
        metrics,
        params,
        tags,
    } = &request;
    rule::run_id(run_id)?;
    for (at, metric) in metrics.iter().enumerate() {
        points::check(&format!("metrics[{at}]"), metric)?;
    }
    for (at, KeyValue { key, .. }) in params.iter().enumerate() {
        rule::param(&format!("params[{at}].key"), key)?;
    }
    for (at, KeyValue { key, .. }) in tags.iter().enumerate() {
        rule::run_tag(&format!("tags[{at}]"), key)?;
    }
    rule::batch_limit("metrics", 1000, metrics.len())?;
    rule::batch_limit("params", 100, params.len())?;
    rule::batch_limit("tags", 100, tags.len())?;
    rule::batch_limit(
        "metrics, params, and tags",
        1000,
        metrics.len() + params.len() + tags.len(),
    )?;
    let mut seen = std::collections::HashSet::new();
    let twice: Vec<_> = params
        .iter()
        .filter(|p| !seen.insert(&p.key))
        .map(|p| p.key.clone())
        .collect();
    if !twice.is_empty() {
        return Err(Error::invalid(format!(
            "Duplicate parameter keys have been submitted: {}. Please ensure the request contains only one param \
             value per param key.",
            python_list(&twice)
        )));
    }
    log(ctx, workspace, request).await
}

/// Writes a batch that was checked: parameters and tags in one transaction, all or nothing, then the points.
async fn log(ctx: &OpContext, workspace: &str, batch: LogBatch) -> Result<()> {
    let LogBatch {
        run_id,
        metrics,
        params,
        tags,
    } = batch;
    let door = loggable(ctx, workspace, &run_id).await?;
    let store = &ctx.app().store;
    let short = |pairs: tag::Pairs, most| {
        pairs
            .into_iter()
            .map(|(key, value)| (key, cut(value, most)))
            .collect()
    };
    let params: tag::Pairs = short(pairs(params), rule::PARAM_VALUE);
    let tags: tag::Pairs = short(pairs(tags), rule::RUN_TAG_VALUE);
    let (points, model_points) = points::split(metrics, &run_id);
    let rules = match tags.is_empty() {
        true => Vec::new(),
        false => check_tags(ctx, workspace, &run_id, door, &tags).await?,
    };
    if !(params.is_empty() && tags.is_empty() && model_points.is_empty()) {
        let (workspace, run_id) = (workspace.to_owned(), run_id.clone());
        store
            .write::<_, Error, _>(move |tx| {
                Box::pin(async move {
                    find_active(tx, &workspace, &run_id).await?;
                    let changes = param::append(tx, &workspace, &run_id, &params).await?;
                    if !changes.is_empty() {
                        return Err(params_changed(&run_id, &changes));
                    }
                    tidemill_store::logged_model::append_points(tx, &workspace, &model_points).await?;
                    put_tags(tx, &workspace, &run_id, tags).await?;
                    tag_policy::mark(tx, &rules, &workspace, &run_id).await
                })
            })
            .await?;
    }
    Ok(store.append_points(workspace, &run_id, points).await?)
}

/// Refuses tags, and a name among them, that a rule does not allow; gives the rules.
async fn check_tags(
    ctx: &OpContext,
    workspace: &str,
    run_id: &str,
    door: Door,
    tags: &tag::Pairs,
) -> Result<Vec<tag_policy::TagRule>> {
    let db = ctx.app().store.read();
    let rules = tag_policy::of(db, workspace).await?;
    if rules.is_empty() {
        return Ok(rules);
    }
    let row = find(db, workspace, run_id).await?;
    let subject = tag_policy::subject(&row);
    let mut name = tag_policy::name_in(tags);
    if name.is_some() {
        let before = tag::of(db, tag::Table::Tag, workspace, Noun::Run, run_id).await?;
        name = name.filter(|_| before.iter().all(|(key, _)| key != PARENT_TAG));
    }
    let found = tag_rule::set(&rules, subject, name, tags);
    let scope = Scope::run(workspace, run_id, door.job.as_deref());
    let doing = format!("set a tag of the run {run_id}");
    tag_policy::settle(ctx, action::RUN_WRITE, &scope, &doing, LATER, found).await?;
    Ok(rules)
}

fn params_changed(run_id: &str, changes: &[param::Change]) -> Error {
    let shown: Vec<_> = changes
        .iter()
        .map(|param::Change { key, old, new }| {
            let [key, old, new] = [key, old, new].map(|text| python_text(text));
            format!("{{'key': {key}, 'old_value': {old}, 'new_value': {new}}}")
        })
        .collect();
    Error::invalid(format!(
        "Changing param values is not allowed. Params were already logged='[{}]' for run ID='{run_id}'.",
        shown.join(", ")
    ))
}

/// Sets a tag; `mlflow.runName` renames the run.
///
/// # Errors
/// Invalid for a bad key, a text that is too long, or a deleted run.
pub async fn set_tag(ctx: &OpContext, workspace: &str, request: RunKeyValue) -> Result<()> {
    let RunKeyValue { run_id, key, value } = request;
    rule::run_tag("", &key)?;
    let tags = vec![KeyValue { key, value }];
    log(
        ctx,
        workspace,
        LogBatch {
            run_id,
            tags,
            ..LogBatch::default()
        },
    )
    .await
}

async fn put_tags(
    tx: &DatabaseTransaction,
    workspace: &str,
    run_id: &str,
    mut tags: tag::Pairs,
) -> Result<()> {
    let name = tags
        .iter()
        .rev()
        .find(|(key, _)| key == NAME_TAG)
        .map(|(_, name)| name.clone());
    if let Some(name) = name {
        tags.retain(|(key, _)| key != NAME_TAG);
        // An empty name leaves the one that there is.
        if !name.is_empty() {
            let change = run::Change {
                name: Some(name),
                ..run::Change::default()
            };
            run::update(tx, workspace, run_id, change).await?;
        }
    }
    Ok(tag::put(tx, Table::Tag, workspace, Noun::Run, run_id, &tags).await?)
}

/// Removes a tag.
///
/// # Errors
/// NotFound when it is not set.
pub async fn delete_tag(ctx: &OpContext, workspace: &str, run_id: String, key: String) -> Result<()> {
    let row = writable(ctx, workspace, &run_id).await?;
    let db = ctx.app().store.read();
    let rules = tag_policy::of(db, workspace).await?;
    if !rules.is_empty() {
        let tags = tag::of(db, tag::Table::Tag, workspace, Noun::Run, &run_id).await?;
        let has_ended = row.status == RunStatus::Finished.as_str();
        let found = match tag_policy::is_below(db, &row, &tags).await? {
            true => Vec::new(),
            false => tag_rule::removed(&rules, tag_policy::subject(&row), &key, has_ended),
        };
        let scope = Scope::run(workspace, &run_id, row.job.as_deref());
        let doing = format!("remove a tag of the run {run_id}");
        tag_policy::settle(ctx, action::RUN_WRITE, &scope, &doing, LATER, found).await?;
    }
    let workspace = workspace.to_owned();
    ctx.app()
        .store
        .write(move |tx| {
            Box::pin(async move {
                find_active(tx, &workspace, &run_id).await?;
                if tag::delete(tx, &workspace, Noun::Run, &run_id, &key).await? {
                    tag_policy::mark(tx, &rules, &workspace, &run_id).await?;
                    return Ok(());
                }
                let message = format!("No tag with name: {key} in run with id {run_id}");
                Err(Error::new(Kind::NotFound, message))
            })
        })
        .await
}

/// Notes in a tag which model a run logged, as clients before MLflow 3 do.
///
/// # Errors
/// Invalid for what isn't the JSON of an `MLmodel` file.
pub async fn log_model(ctx: &OpContext, workspace: &str, request: LogModel) -> Result<()> {
    let LogModel { run_id, model_json } = request;
    writable(ctx, workspace, &run_id).await?;
    let Ok(serde_json::Value::Object(mut model)) = serde_json::from_str(&model_json) else {
        return Err(Error::invalid(format!(
            "Malformed model info. \n {model_json} \n is not a valid JSON."
        )));
    };
    let fields = ["artifact_path", "flavors", "utc_time_created", "run_id"];
    let missing: Vec<_> = fields
        .iter()
        .filter(|f| !model.contains_key(**f))
        .map(|f| format!("'{f}'"))
        .collect();
    if !missing.is_empty() {
        let missing = missing.join(", ");
        return Err(Error::invalid(format!(
            "Model json is missing mandatory fields: {{{missing}}}"
        )));
    }
    // What the signature says is in the file; a tag has no room for it.
    for field in ["signature", "saved_input_example_info", "metadata"] {
        model.shift_remove(field);
    }
    let workspace = workspace.to_owned();
    ctx.app()
        .store
        .write(move |tx| {
            Box::pin(async move {
                find_active(tx, &workspace, &run_id).await?;
                let before = tag::get(tx, &workspace, Noun::Run, &run_id, MODEL_HISTORY_TAG).await?;
                let mut history: Vec<serde_json::Value> = before
                    .and_then(|text| serde_json::from_str(&text).ok())
                    .unwrap_or_default();
                history.push(model.into());
                let text = tidemill_store::to_json(&history);
                put_tags(
                    tx,
                    &workspace,
                    &run_id,
                    vec![(MODEL_HISTORY_TAG.to_owned(), text)],
                )
                .await
            })
        })
        .await
}

/// The row of a run, whatever its stage.
pub(crate) async fn find(db: &impl ConnectionTrait, workspace: &str, run_id: &str) -> Result<Row> {
    run::get(db, workspace, run_id)
        .await?
        .ok_or_else(|| Error::new(Kind::NotFound, format!("Run with id={run_id} not found")))
}

/// The row of a run that may be logged to, inside the change that logs.
pub(crate) async fn find_active(db: &impl ConnectionTrait, workspace: &str, run_id: &str) -> Result<Row> {
    let row = find(db, workspace, run_id).await?;
    active(&row)?;
    Ok(row)
}

fn active(row: &Row) -> Result<()> {
    if row.lifecycle_stage == experiment::ACTIVE {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "The run {} must be in the 'active' state. Current state is {}.",
        row.run_id, row.lifecycle_stage
    )))
}

/// The row of a run that the one who asks may write to.
pub(crate) async fn writable(ctx: &OpContext, workspace: &str, run_id: &str) -> Result<Row> {
    let row = run::get(ctx.app().store.read(), workspace, run_id).await?;
    let job = row.as_ref().and_then(|row| row.job.as_deref());
    ctx.authorize(action::RUN_WRITE, &Scope::run(workspace, run_id, job))
        .await?;
    let row = row.ok_or_else(|| Error::new(Kind::NotFound, format!("Run with id={run_id} not found")))?;
    ctx.app().hub.tell_run(workspace, run_id);
    Ok(row)
}

/// Whether the one who asks may log to a run, and the run is active.
async fn loggable(ctx: &OpContext, workspace: &str, run_id: &str) -> Result<Door> {
    let doors = &ctx.app().run_doors;
    let door = match doors.get(workspace, run_id) {
        Ok(door) => door,
        Err(epoch) => {
            let row = writable(ctx, workspace, run_id).await?;
            active(&row)?;
            let door = Door { job: row.job };
            doors.put(epoch, workspace, run_id, door.clone());
            door
        }
    };
    ctx.authorize(
        action::RUN_WRITE,
        &Scope::run(workspace, run_id, door.job.as_deref()),
    )
    .await?;
    ctx.app().hub.tell_run(workspace, run_id);
    Ok(door)
}

fn info(row: Row) -> RunInfo {
    let Row {
        workspace: _,
        run_id,
        experiment_id,
        name,
        user_id,
        status,
        start_time,
        end_time,
        lifecycle_stage,
        deleted_at: _,
        artifact_uri,
        job: _,
    } = row;
    RunInfo {
        run_uuid: run_id.clone(),
        experiment_id: experiment_id.to_string(),
        run_name: name,
        user_id,
        status: RunStatus::parse(&status).unwrap_or_default(),
        start_time,
        end_time,
        artifact_uri,
        lifecycle_stage,
        run_id,
    }
}

fn view_with_outputs(row: Row, mut logged: Logged) -> Run {
    let made = std::mem::take(&mut logged.model_outputs);
    let model_outputs = made
        .into_iter()
        .map(|model| ModelOutput {
            model_id: model.model_id,
            step: model.step,
        })
        .collect();
    Run {
        outputs: Some(RunOutputs { model_outputs }),
        ..view(row, logged)
    }
}

fn view(row: Row, logged: Logged) -> Run {
    let Logged {
        metrics,
        params,
        tags,
        datasets,
        model_inputs,
        model_outputs: _,
    } = logged;
    let dataset = |input: tidemill_store::run_input::DatasetInput| DatasetInput {
        tags: texts(input.tags),
        dataset: Some(Dataset {
            name: input.name,
            digest: input.digest,
            source_type: input.source_type,
            source: input.source,
            schema: input.schema,
            profile: input.profile,
        }),
    };
    Run {
        info: info(row),
        data: RunData {
            metrics: metrics.into_iter().map(points::view).collect(),
            params: texts(params),
            tags: texts(tags),
        },
        inputs: RunInputs {
            dataset_inputs: datasets.into_iter().map(dataset).collect(),
            model_inputs: model_inputs
                .into_iter()
                .map(|m| ModelInput { model_id: m.model_id })
                .collect(),
        },
        outputs: None,
    }
}
