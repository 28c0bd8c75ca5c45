//! Experiments: make, show, search, rename, delete, restore, tag.

use serde_json::{Value, json};
use tidemill_api::mlflow::experiment::{
    CreateExperiment, Experiment, SearchExperiments, SearchExperimentsResponse,
};
use tidemill_api::mlflow::{KeyValue, ViewType, rule};
use tidemill_query::{Subject, parse_order};
use tidemill_store::tag::{self, Noun, Pairs, Table};
use tidemill_store::{ConnectionTrait, experiment, run};

use crate::context::Change;
use crate::rule::{Asked, next_token, window};
use crate::{Error, Kind, OpContext, Result, Scope, action};

/// An experiment, as it is stored.
pub(crate) type Row = experiment::Model;

/// Makes an experiment; gives its id.
///
/// # Errors
/// Invalid for a bad name or an artifact location that can't be, Conflict when the name is taken.
pub async fn create(ctx: &OpContext, workspace: &str, request: CreateExperiment) -> Result<String> {
    let CreateExperiment {
        name,
        artifact_location,
        tags,
    } = request;
    let scope = Scope::resource(workspace, "experiments", &name);
    ctx.authorize(action::EXPERIMENT_WRITE, &scope).await?;
    rule::experiment_name(&name)?;
    for tag in &tags {
        rule::experiment_tag(&tag.key, &tag.value)?;
    }
    no_tag_twice(&tags)?;
    let location = artifact_location
        .filter(|location| !location.is_empty())
        .map(crate::artifact_location::checked)
        .transpose()?;
    crate::workspace::get(ctx, workspace).await?;
    let (now, workspace) = (ctx.now_ms(), workspace.to_owned());
    let change = Change {
        action: action::EXPERIMENT_WRITE,
        scope,
        before: Value::Null,
        after: json!({ "name": name, "tags": tags }),
    };
    ctx.change(change, move |tx| {
        Box::pin(async move {
            let Some(row) = experiment::create(tx, &workspace, &name, location, now).await? else {
                return Err(Error::conflict(format!(
                    "Experiment(name={name}) already exists."
                )));
            };
            let owner = row.experiment_id.to_string();
            tag::put(tx, Table::Tag, &workspace, Noun::Experiment, &owner, &pairs(tags)).await?;
            Ok(owner)
        })
    })
    .await
}

/// Refuses tags or parameters of which one is given twice, which would leave open what it is.
pub(crate) fn no_tag_twice(tags: &[KeyValue]) -> Result<()> {
    let mut seen = std::collections::HashSet::new();
    match tags.iter().find(|tag| !seen.insert(tag.key.as_str())) {
        Some(tag) => Err(Error::invalid(format!(
            "failed to set '{}': it is given twice",
            tag.key
        ))),
        None => Ok(()),
    }
}

/// One experiment by id, also a deleted one.
///
/// # Errors
/// NotFound.
pub async fn get(ctx: &OpContext, workspace: &str, id: &str) -> Result<Experiment> {
    ctx.authorize(
        action::EXPERIMENT_READ,
        &Scope::resource(workspace, "experiments", id),
    )
    .await?;
    let db = ctx.app().store.read();
    with_tags(db, find(db, workspace, id).await?).await
}

/// One experiment by name, also a deleted one.
///
/// # Errors
/// NotFound.
pub async fn get_by_name(ctx: &OpContext, workspace: &str, name: &str) -> Result<Experiment> {
    ctx.authorize(
        action::EXPERIMENT_READ,
        &Scope::resource(workspace, "experiments", name),
    )
    .await?;
    let db = ctx.app().store.read();
    match experiment::by_name(db, workspace, name).await? {
        Some(row) => with_tags(db, row).await,
        None => Err(Error::new(
            Kind::NotFound,
            format!("Could not find experiment with name '{name}'"),
        )),
    }
}

/// Experiments that fit a filter, the youngest first unless ordered otherwise.
///
/// # Errors
/// Invalid for a filter, ordering or page token that can't be read.
pub async fn search(
    ctx: &OpContext,
    workspace: &str,
    request: SearchExperiments,
) -> Result<SearchExperimentsResponse> {
    let SearchExperiments {
        max_results,
        page_token,
        filter,
        order_by,
        view_type,
    } = request;
    ctx.authorize(action::EXPERIMENT_READ, &Scope::workspace(workspace))
        .await?;
    let filter_text = filter.unwrap_or_default();
    let filter = crate::rule::filter(Subject::Experiment, &filter_text)?;
    let stages = stages(view_type);
    let asked = Asked::new(
        &["Experiment", workspace, &filter_text, &stages.join(",")],
        &[&order_by],
    );
    let order_by = order_by
        .iter()
        .map(|text| parse_order(Subject::Experiment, text))
        .collect::<Result<Vec<_>, _>>()?;
    // Here MLflow has no default: without a limit it refuses the search.
    let window = window(page_token.as_deref(), max_results, 0, 50_000, asked)?;
    let db = ctx.app().store.read();
    let found = experiment::search(db, workspace, stages, &filter, &order_by, window).await?;
    let ids: Vec<_> = found
        .items
        .iter()
        .map(|row| row.experiment_id.to_string())
        .collect();
    let mut tags = tag::of_many(db, Table::Tag, workspace, Noun::Experiment, &ids).await?;
    let view_one = |row: Row| {
        let tags = tags.remove(&row.experiment_id.to_string()).unwrap_or_default();
        view(row, tags)
    };
    Ok(SearchExperimentsResponse {
        experiments: found.items.into_iter().map(view_one).collect(),
        next_page_token: next_token(window, found.more, asked),
    })
}

/// Gives an experiment another name.
///
/// # Errors
/// NotFound, Conflict when the name is taken, Precondition for a deleted one.
pub async fn rename(ctx: &OpContext, workspace: &str, id: &str, name: &str) -> Result<()> {
    let scope = Scope::resource(workspace, "experiments", id);
    ctx.authorize(action::EXPERIMENT_WRITE, &scope).await?;
    rule::experiment_name(name)?;
    let row = find(ctx.app().store.read(), workspace, id).await?;
    if row.lifecycle_stage != experiment::ACTIVE {
        return Err(Error::new(
            Kind::Precondition,
            "Cannot rename a non-active experiment.",
        ));
    }
    let change = Change {
        action: action::EXPERIMENT_WRITE,
        scope,
        before: json!({ "name": row.name }),
        after: json!({ "name": name }),
    };
    let row = Row {
        name: name.to_owned(),
        updated_at: ctx.now_ms(),
        ..row
    };
    ctx.change(change, move |tx| {
        Box::pin(async move {
            let holder = experiment::by_name(tx, &row.workspace, &row.name).await?;
            if holder.is_some_and(|holder| holder.experiment_id != row.experiment_id) {
                return Err(Error::conflict(format!(
                    "Experiment(name={}) already exists.",
                    row.name
                )));
            }
            Ok(experiment::update(tx, row).await?)
        })
    })
    .await
}

/// Deletes an experiment and its runs; both can be restored.
///
/// # Errors
/// NotFound when it is not there or deleted already.
pub async fn delete(ctx: &OpContext, workspace: &str, id: &str) -> Result<()> {
    set_stage(ctx, workspace, id, experiment::ACTIVE, experiment::DELETED).await
}

/// Restores a deleted experiment and its runs.
///
/// # Errors
/// NotFound when it is not there or not deleted.
pub async fn restore(ctx: &OpContext, workspace: &str, id: &str) -> Result<()> {
    set_stage(ctx, workspace, id, experiment::DELETED, experiment::ACTIVE).await
}

async fn set_stage(
    ctx: &OpContext,
    workspace: &str,
    id: &str,
    from: &'static str,
    to: &'static str,
) -> Result<()> {
    let scope = Scope::resource(workspace, "experiments", id);
    ctx.authorize(action::EXPERIMENT_DELETE, &scope).await?;
    let row = find(ctx.app().store.read(), workspace, id).await?;
    if row.lifecycle_stage != from {
        return Err(missing(id));
    }
    let change = Change {
        action: action::EXPERIMENT_DELETE,
        scope,
        before: json!({ "lifecycle_stage": from }),
        after: json!({ "lifecycle_stage": to }),
    };
    let now = ctx.now_ms();
    let row = Row {
        lifecycle_stage: to.to_owned(),
        updated_at: now,
        ..row
    };
    ctx.change(change, move |tx| {
        Box::pin(async move {
            let deleted_at = (to == experiment::DELETED).then_some(now);
            run::set_experiment_deleted(tx, &row.workspace, row.experiment_id, deleted_at).await?;
            Ok(experiment::update(tx, row).await?)
        })
    })
    .await?;
    ctx.app().run_doors.forget();
    Ok(())
}

/// Sets a tag.
///
/// # Errors
/// Invalid for a bad key or a text that is too long, or when the experiment is deleted.
pub async fn set_tag(ctx: &OpContext, workspace: &str, id: &str, key: String, value: String) -> Result<()> {
    let scope = Scope::resource(workspace, "experiments", id);
    ctx.authorize(action::EXPERIMENT_WRITE, &scope).await?;
    rule::experiment_tag(&key, &value)?;
    let row = find(ctx.app().store.read(), workspace, id).await?;
    require_active(&row)?;
    let change = Change {
        action: action::EXPERIMENT_WRITE,
        scope,
        before: Value::Null,
        after: json!({ "tags": { key.clone(): value } }),
    };
    ctx.change(change, move |tx| {
        Box::pin(async move {
            let owner = row.experiment_id.to_string();
            let pairs = [(key, value)];
            Ok(tag::put(tx, Table::Tag, &row.workspace, Noun::Experiment, &owner, &pairs).await?)
        })
    })
    .await
}

/// Removes a tag.
///
/// # Errors
/// NotFound when it is not set.
pub async fn delete_tag(ctx: &OpContext, workspace: &str, id: &str, key: String) -> Result<()> {
    let scope = Scope::resource(workspace, "experiments", id);
    ctx.authorize(action::EXPERIMENT_WRITE, &scope).await?;
    let row = find(ctx.app().store.read(), workspace, id).await?;
    require_active(&row)?;
    let change = Change {
        action: action::EXPERIMENT_WRITE,
        scope,
        before: json!({ "tags": { key.clone(): "" } }),
        after: Value::Null,
    };
    ctx.change(change, move |tx| {
        Box::pin(async move {
            let owner = row.experiment_id.to_string();
            if tag::delete(tx, &row.workspace, Noun::Experiment, &owner, &key).await? {
                return Ok(());
            }
            Err(Error::new(
                Kind::NotFound,
                format!("No tag with name: {key} in experiment with id {owner}"),
            ))
        })
    })
    .await
}

/// The row of an experiment, whatever its stage.
pub(crate) async fn find(db: &impl ConnectionTrait, workspace: &str, id: &str) -> Result<Row> {
    experiment::get(db, workspace, rule::experiment_id(id)?)
        .await?
        .ok_or_else(|| missing(id))
}

fn missing(id: &str) -> Error {
    Error::new(Kind::NotFound, format!("No Experiment with id={id} exists"))
}

/// Refuses a deleted experiment.
pub(crate) fn require_active(row: &Row) -> Result<()> {
    if row.lifecycle_stage == experiment::ACTIVE {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "The experiment {} must be in the 'active' state. Current state is {}.",
        row.experiment_id, row.lifecycle_stage
    )))
}

/// The lifecycle stages that a view shows.
pub(crate) fn stages(view: Option<ViewType>) -> &'static [&'static str] {
    match view.unwrap_or_default() {
        ViewType::ActiveOnly => &[experiment::ACTIVE],
        ViewType::DeletedOnly => &[experiment::DELETED],
        ViewType::All => &[experiment::ACTIVE, experiment::DELETED],
    }
}

/// Pairs of the wire as pairs of the store.
pub(crate) fn pairs(texts: Vec<KeyValue>) -> Pairs {
    texts
        .into_iter()
        .map(|KeyValue { key, value }| (key, value))
        .collect()
}

/// Pairs of the store as pairs of the wire.
pub(crate) fn texts(pairs: Pairs) -> Vec<KeyValue> {
    pairs
        .into_iter()
        .map(|(key, value)| KeyValue { key, value })
        .collect()
}

async fn with_tags(db: &impl ConnectionTrait, row: Row) -> Result<Experiment> {
    let owner = row.experiment_id.to_string();
    let tags = tag::of(db, Table::Tag, &row.workspace, Noun::Experiment, &owner).await?;
    Ok(view(row, tags))
}

fn view(row: Row, tags: Pairs) -> Experiment {
    let Row {
        workspace,
        experiment_id,
        name,
        artifact_location,
        lifecycle_stage,
        created_at,
        updated_at,
    } = row;
    Experiment {
        experiment_id: experiment_id.to_string(),
        name,
        artifact_location,
        lifecycle_stage,
        last_update_time: updated_at,
        creation_time: created_at,
        tags: texts(tags),
        workspace,
    }
}
