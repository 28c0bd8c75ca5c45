//! Review queues of experiments: traces that people shall look at. Make, show, list, change, delete, and their items.

use std::collections::{HashMap, HashSet};

use tidemill_api::mlflow::review_queue::{
    CreateReviewQueue, ListReviewQueueItems, ListReviewQueues, ReviewItemType, ReviewQueue, ReviewQueueItem,
    ReviewQueueItems, ReviewQueueItemsResponse, ReviewQueueName, ReviewQueueType, ReviewQueuesResponse,
    ReviewStatus, SetReviewStatus, UpdateReviewQueue, UserQueue,
};
use tidemill_store::{ConnectionTrait, from_json, label_schema, review_queue, to_json, trace};

use crate::label_schema::within;
use crate::rule::{Asked, next_token, python_list, python_text, window};
use crate::run_name::uuid_hex;
use crate::{Error, Kind, OpContext, Result, Scope, action};

type Row = review_queue::Model;
type Item = review_queue::Item;

/// Makes a queue.
///
/// # Errors
/// NotFound without its experiment, Invalid for what it can't be, Conflict when the name is taken.
pub async fn create(ctx: &OpContext, workspace: &str, request: CreateReviewQueue) -> Result<ReviewQueue> {
    let CreateReviewQueue {
        experiment_id,
        name,
        queue_type,
        users,
        schema_ids,
    } = request;
    authorize(ctx, workspace, action::EXPERIMENT_WRITE, &experiment_id).await?;
    let mut users = reviewers(&users)?;
    let schema_ids = ids("schema_id", 36, &schema_ids)?;
    let name = match queue_type {
        ReviewQueueType::Unspecified => {
            return Err(Error::invalid(
                "`queue_type` must be one of USER or CUSTOM; got proto enum value 0.",
            ));
        }
        ReviewQueueType::Custom => custom_name(&name)?,
        ReviewQueueType::User => {
            let name = person(&name);
            filled("name", 250, &name)?;
            if users.is_empty() {
                users.push(name.clone());
            } else if users != [name.clone()] {
                return Err(Error::invalid(format!(
                    "A user queue must have exactly one assigned user equal to its name; got name={} and users={}.",
                    python_text(&name),
                    python_list(&users)
                )));
            }
            if !schema_ids.is_empty() {
                return Err(Error::invalid(
                    "A user queue cannot have explicitly-attached schemas; it resolves to all of the experiment's label \
                     schemas.",
                ));
            }
            name
        }
    };
    let experiment = crate::experiment::find(ctx.app().store.read(), workspace, &experiment_id).await?;
    crate::experiment::require_active(&experiment)?;
    let row = Row {
        workspace: workspace.to_owned(),
        queue_id: new_id(ctx),
        experiment_id: experiment.experiment_id,
        name_key: name.to_lowercase(),
        name,
        kind: queue_type.as_str().to_owned(),
        created_by: ctx.person(),
        users: to_json(&users),
        schema_ids: to_json(&schema_ids),
        created_at: ctx.now_ms(),
        updated_at: ctx.now_ms(),
    };
    let made = row.clone();
    ctx.app()
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                questions_exist(tx, &row, &schema_ids).await?;
                let taken = taken(&row.name);
                if review_queue::insert(tx, row).await? {
                    Ok(())
                } else {
                    Err(taken)
                }
            })
        })
        .await?;
    view(made)
}

/// The own queue of a person, which is made when it is not there.
///
/// # Errors
/// NotFound without its experiment, Conflict when a queue of several has the name.
pub async fn get_or_create_user(ctx: &OpContext, workspace: &str, request: UserQueue) -> Result<ReviewQueue> {
    let UserQueue { experiment_id, user } = request;
    authorize(ctx, workspace, action::EXPERIMENT_WRITE, &experiment_id).await?;
    let name = person(&user);
    filled("user", 250, &name)?;
    let experiment = crate::experiment::find(ctx.app().store.read(), workspace, &experiment_id).await?;
    crate::experiment::require_active(&experiment)?;
    let row = Row {
        workspace: workspace.to_owned(),
        queue_id: new_id(ctx),
        experiment_id: experiment.experiment_id,
        name_key: name.clone(),
        users: to_json(&[&name]),
        created_by: Some(name.clone()),
        name,
        kind: ReviewQueueType::User.as_str().to_owned(),
        schema_ids: "[]".to_owned(),
        created_at: ctx.now_ms(),
        updated_at: ctx.now_ms(),
    };
    let row = ctx
        .app()
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                if review_queue::insert(tx, row.clone()).await? {
                    return Ok(row);
                }
                let there =
                    review_queue::by_name(tx, &row.workspace, row.experiment_id, &row.name_key).await?;
                let own = there.filter(|there| there.kind == row.kind);
                own.ok_or_else(|| {
                    Error::conflict(format!(
                        "A non-user queue named '{}' already exists; cannot get-or-create a user queue with that name.",
                        row.name
                    ))
                })
            })
        })
        .await?;
    view(row)
}

/// One queue.
///
/// # Errors
/// NotFound.
pub async fn get(ctx: &OpContext, workspace: &str, queue_id: &str) -> Result<ReviewQueue> {
    authorize_queue(ctx, workspace, action::EXPERIMENT_READ, queue_id).await?;
    view(find(ctx.app().store.read(), workspace, queue_id).await?)
}

/// One queue of an experiment, by its name in small or large letters.
///
/// # Errors
/// NotFound.
pub async fn get_by_name(ctx: &OpContext, workspace: &str, request: ReviewQueueName) -> Result<ReviewQueue> {
    let ReviewQueueName { experiment_id, name } = request;
    authorize(ctx, workspace, action::EXPERIMENT_READ, &experiment_id).await?;
    let db = ctx.app().store.read();
    let experiment = crate::experiment::find(db, workspace, &experiment_id).await?;
    crate::experiment::require_active(&experiment)?;
    let key = name.to_lowercase();
    let row = review_queue::by_name(db, workspace, experiment.experiment_id, &key).await?;
    let missing = || {
        Error::new(
            Kind::NotFound,
            format!("Review queue with name '{name}' not found for experiment '{experiment_id}'."),
        )
    };
    view(row.ok_or_else(missing)?)
}

/// The queues of an experiment, the youngest first: all, those of a reviewer, those that hold a trace.
///
/// # Errors
/// NotFound without the experiment, Invalid for a page that can't be.
pub async fn list(
    ctx: &OpContext,
    workspace: &str,
    request: ListReviewQueues,
) -> Result<ReviewQueuesResponse> {
    let ListReviewQueues {
        experiment_id,
        user,
        max_results,
        page_token,
        item_id,
    } = request;
    authorize(ctx, workspace, action::EXPERIMENT_READ, &experiment_id).await?;
    within(max_results)?;
    let db = ctx.app().store.read();
    let experiment = crate::experiment::find(db, workspace, &experiment_id).await?;
    crate::experiment::require_active(&experiment)?;
    let user = user.map(|user| person(&user));
    let (of, holding) = (
        user.clone().unwrap_or_default(),
        item_id.clone().unwrap_or_default(),
    );
    let asked = Asked::new(&["review-queues", workspace, &experiment_id, &of, &holding], &[]);
    let window = window(page_token.as_deref(), max_results, 1000, 50_000, asked)?;
    let mut rows = review_queue::list(db, workspace, experiment.experiment_id, item_id.as_deref()).await?;
    if let Some(user) = user {
        rows.retain(|row| {
            let users: Vec<String> = serde_json::from_str(&row.users).unwrap_or_default();
            users.contains(&user)
        });
    }
    let found = review_queue::page(rows, window);
    Ok(ReviewQueuesResponse {
        review_queues: found.items.into_iter().map(view).collect::<Result<_>>()?,
        next_page_token: next_token(window, found.more, asked).unwrap_or_default(),
    })
}

/// Changes what is given. The questions of a queue stay as they are once it holds something.
///
/// # Errors
/// NotFound, Invalid for what can't change, Conflict when the name is taken.
pub async fn update(ctx: &OpContext, workspace: &str, request: UpdateReviewQueue) -> Result<ReviewQueue> {
    let UpdateReviewQueue {
        queue_id,
        update_users,
        users,
        update_schema_ids,
        schema_ids,
        name,
        new_owner,
    } = request;
    authorize_queue(ctx, workspace, action::EXPERIMENT_WRITE, &queue_id).await?;
    let (now, workspace) = (ctx.now_ms(), workspace.to_owned());
    let row = ctx
        .app()
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let mut row = held(tx, &workspace, &queue_id).await?;
                if row.kind == ReviewQueueType::User.as_str() {
                    return Err(Error::invalid(
                        "A user queue's name, assigned user, schemas, and owner are fixed and cannot be updated.",
                    ));
                }
                if !update_users && !update_schema_ids && name.is_none() && new_owner.is_none() {
                    return Ok(row);
                }
                if let Some(owner) = new_owner {
                    let owner = owner.trim();
                    filled("new_owner", 250, owner)?;
                    row.created_by = Some(owner.to_owned());
                }
                if let Some(name) = name {
                    row.name = custom_name(&name)?;
                    row.name_key = row.name.to_lowercase();
                    let other =
                        review_queue::by_name(tx, &workspace, row.experiment_id, &row.name_key).await?;
                    if other.is_some_and(|other| other.queue_id != queue_id) {
                        return Err(taken(&row.name));
                    }
                }
                if update_users {
                    row.users = to_json(&reviewers(&users)?);
                }
                if update_schema_ids {
                    if review_queue::count_items(tx, &workspace, &queue_id).await? > 0 {
                        return Err(Error::invalid(
                            "A review queue's questions are locked once items are assigned to it. Remove the items before \
                             changing its questions.",
                        ));
                    }
                    let schema_ids = ids("schema_id", 36, &schema_ids)?;
                    questions_exist(tx, &row, &schema_ids).await?;
                    row.schema_ids = to_json(&schema_ids);
                }
                row.updated_at = now;
                review_queue::update(tx, row.clone()).await?;
                Ok(row)
            })
        })
        .await?;
    view(row)
}

/// Deletes a queue; the assessments of its traces stay. One that is not there is deleted already.
///
/// # Errors
/// Forbidden.
pub async fn delete(ctx: &OpContext, workspace: &str, queue_id: &str) -> Result<()> {
    authorize_queue(ctx, workspace, action::EXPERIMENT_DELETE, queue_id).await?;
    let (workspace, queue_id) = (workspace.to_owned(), queue_id.to_owned());
    ctx.app()
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move { Ok(review_queue::delete(tx, &workspace, &queue_id).await?) })
        })
        .await
}

/// Puts traces into a queue; those that are in it stay as they are.
///
/// # Errors
/// NotFound for the queue and for traces that are not of its experiment.
pub async fn add_items(
    ctx: &OpContext,
    workspace: &str,
    request: ReviewQueueItems,
) -> Result<Vec<ReviewQueueItem>> {
    let ReviewQueueItems {
        queue_id,
        item_type: _,
        item_ids,
    } = request;
    authorize_queue(ctx, workspace, action::EXPERIMENT_WRITE, &queue_id).await?;
    let item_ids = some_ids(&item_ids)?;
    let (now, workspace) = (ctx.now_ms(), workspace.to_owned());
    ctx.app()
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let queue = held(tx, &workspace, &queue_id).await?;
                let known = trace::get_many(tx, &workspace, &item_ids, Some(&[queue.experiment_id])).await?;
                let known: HashSet<&str> = known.iter().map(|trace| trace.trace_id.as_str()).collect();
                let foreign: Vec<String> = item_ids
                    .iter()
                    .filter(|id| !known.contains(id.as_str()))
                    .cloned()
                    .collect();
                if !foreign.is_empty() {
                    return Err(Error::new(
                        Kind::NotFound,
                        format!(
                            "Cannot attach trace(s) {} to review queue '{queue_id}': they do not exist in experiment '{}'.",
                            python_list(&foreign),
                            queue.experiment_id
                        ),
                    ));
                }
                let row = |id: &String| Item {
                    workspace: workspace.clone(),
                    queue_id: queue_id.clone(),
                    trace_id: id.clone(),
                    status: ReviewStatus::Pending.as_str().to_owned(),
                    completed_by: None,
                    completed_at: None,
                    created_at: now,
                    updated_at: now,
                };
                review_queue::add_items(tx, item_ids.iter().map(row).collect()).await?;
                let mut rows = review_queue::items_of(tx, &workspace, &queue_id, &item_ids).await?;
                let places: HashMap<&str, usize> = item_ids.iter().map(String::as_str).zip(0..).collect();
                rows.sort_by_key(|row| places.get(row.trace_id.as_str()).copied());
                Ok(rows.into_iter().map(item).collect())
            })
        })
        .await
}

/// Takes traces out of a queue.
///
/// # Errors
/// NotFound for the queue.
pub async fn remove_items(ctx: &OpContext, workspace: &str, request: ReviewQueueItems) -> Result<()> {
    let ReviewQueueItems {
        queue_id,
        item_type: _,
        item_ids,
    } = request;
    authorize_queue(ctx, workspace, action::EXPERIMENT_WRITE, &queue_id).await?;
    let item_ids = some_ids(&item_ids)?;
    let workspace = workspace.to_owned();
    ctx.app()
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                find(tx, &workspace, &queue_id).await?;
                Ok(review_queue::remove_items(tx, &workspace, &queue_id, &item_ids).await?)
            })
        })
        .await
}

/// The items of a queue, those that came last first.
///
/// # Errors
/// NotFound for the queue, Invalid for a page that can't be.
pub async fn list_items(
    ctx: &OpContext,
    workspace: &str,
    request: ListReviewQueueItems,
) -> Result<ReviewQueueItemsResponse> {
    let ListReviewQueueItems {
        queue_id,
        status,
        max_results,
        page_token,
    } = request;
    authorize_queue(ctx, workspace, action::EXPERIMENT_READ, &queue_id).await?;
    within(max_results)?;
    let status = (status != ReviewStatus::Unspecified).then(|| status.as_str());
    let asked = Asked::new(
        &["review-items", workspace, &queue_id, status.unwrap_or_default()],
        &[],
    );
    let window = window(page_token.as_deref(), max_results, 1000, 50_000, asked)?;
    let db = ctx.app().store.read();
    find(db, workspace, &queue_id).await?;
    let found = review_queue::list_items(db, workspace, &queue_id, status, window).await?;
    Ok(ReviewQueueItemsResponse {
        items: found.items.into_iter().map(item).collect(),
        next_page_token: Some(next_token(window, found.more, asked).unwrap_or_default()),
    })
}

/// Says how far the review of a trace is. Whoever signed in did it; where nobody signs in, whom the client names.
///
/// # Errors
/// NotFound for the queue and the item, Invalid for an end without somebody who ended it.
pub async fn set_item_status(
    ctx: &OpContext,
    workspace: &str,
    request: SetReviewStatus,
) -> Result<ReviewQueueItem> {
    let SetReviewStatus {
        queue_id,
        item_id,
        status,
        completed_by,
    } = request;
    authorize_queue(ctx, workspace, action::EXPERIMENT_WRITE, &queue_id).await?;
    let item_id = item_id.trim().to_owned();
    let by = match (status, ctx.person()) {
        (ReviewStatus::Unspecified, _) => {
            return Err(Error::invalid(
                "`status` must be one of PENDING, COMPLETE, or DECLINED; got proto enum value 0.",
            ));
        }
        (ReviewStatus::Pending, Some(_)) => None,
        (_, Some(person)) => Some(person),
        (_, None) => completed_by,
    };
    let by = by.map(|by| person(&by));
    match (status, by.as_deref()) {
        (ReviewStatus::Pending, Some(_)) => {
            return Err(Error::invalid(
                "`completed_by` must not be set when reopening an item to `pending`.",
            ));
        }
        (ReviewStatus::Complete | ReviewStatus::Declined, None | Some("")) => {
            return Err(Error::invalid(format!(
                "`completed_by` is required when setting status to `{}`.",
                status.as_str().to_lowercase()
            )));
        }
        (_, Some(by)) if by.chars().count() > 250 => {
            return Err(Error::invalid(format!(
                "`completed_by` must be at most 250 characters; got {}.",
                by.chars().count()
            )));
        }
        _ => {}
    }
    let (now, workspace) = (ctx.now_ms(), workspace.to_owned());
    ctx.app()
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                find(tx, &workspace, &queue_id).await?;
                let there = review_queue::get_item(tx, (&workspace, &queue_id, &item_id)).await?;
                let mut row = there.ok_or_else(|| {
                    Error::new(
                        Kind::NotFound,
                        format!("Item '{item_id}' is not attached to review queue '{queue_id}'."),
                    )
                })?;
                row.status = status.as_str().to_owned();
                row.completed_at = by.is_some().then_some(now);
                row.completed_by = by;
                row.updated_at = now;
                review_queue::update_item(tx, row.clone()).await?;
                Ok(item(row))
            })
        })
        .await
}

async fn authorize(
    ctx: &OpContext,
    workspace: &str,
    action: tidemill_policy::Action,
    experiment_id: &str,
) -> Result<()> {
    let scope = Scope::resource(workspace, "experiments", experiment_id);
    ctx.authorize(action, &scope).await
}

async fn authorize_queue(
    ctx: &OpContext,
    workspace: &str,
    action: tidemill_policy::Action,
    queue_id: &str,
) -> Result<()> {
    let scope = Scope::resource(workspace, "review-queues", queue_id);
    ctx.authorize(action, &scope).await
}

async fn find(db: &impl ConnectionTrait, workspace: &str, queue_id: &str) -> Result<Row> {
    let row = review_queue::get(db, workspace, queue_id).await?;
    row.ok_or_else(|| missing(queue_id))
}

/// The same, for a change: it stays as it is until the transaction ends.
async fn held(tx: &impl ConnectionTrait, workspace: &str, queue_id: &str) -> Result<Row> {
    let row = review_queue::held(tx, workspace, queue_id).await?;
    row.ok_or_else(|| missing(queue_id))
}

fn missing(queue_id: &str) -> Error {
    Error::new(
        Kind::NotFound,
        format!("Review queue with id '{queue_id}' not found."),
    )
}

async fn questions_exist(db: &impl ConnectionTrait, queue: &Row, schema_ids: &[String]) -> Result<()> {
    let known = label_schema::known(db, &queue.workspace, queue.experiment_id, schema_ids).await?;
    let missing: Vec<String> = schema_ids
        .iter()
        .filter(|id| !known.contains(id))
        .cloned()
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "Label schema id(s) {} not found for experiment '{}'.",
        python_list(&missing),
        queue.experiment_id
    )))
}

fn new_id(ctx: &OpContext) -> String {
    format!("rq-{}", uuid_hex(&*ctx.app().clock))
}

fn taken(name: &str) -> Error {
    Error::conflict(format!(
        "Review queue with name '{name}' already exists (names are case-insensitive)."
    ))
}

/// A person as they are compared.
fn person(name: &str) -> String {
    name.trim().to_lowercase()
}

fn filled(field: &str, most: usize, text: &str) -> Result<()> {
    let length = text.chars().count();
    if length == 0 {
        return Err(Error::invalid(format!(
            "`{field}` must be a non-empty string; got ''."
        )));
    }
    if length > most {
        return Err(Error::invalid(format!(
            "`{field}` must be at most {most} characters; got {length}."
        )));
    }
    Ok(())
}

fn custom_name(name: &str) -> Result<String> {
    let name = name.trim();
    filled("name", 250, name)?;
    if name.eq_ignore_ascii_case("default") {
        return Err(Error::invalid(format!(
            "`{name}` is a reserved queue name and cannot be used for a custom queue."
        )));
    }
    Ok(name.to_owned())
}

/// Ids without the space around them, each once.
fn ids(field: &str, most: usize, given: &[String]) -> Result<Vec<String>> {
    let (mut kept, mut seen) = (Vec::new(), HashSet::new());
    for id in given {
        let id = id.trim();
        filled(field, most, id)?;
        if seen.insert(id) {
            kept.push(id.to_owned());
        }
    }
    Ok(kept)
}

fn some_ids(given: &[String]) -> Result<Vec<String>> {
    if given.is_empty() {
        return Err(Error::invalid("`item_ids` must be a non-empty list; got []."));
    }
    ids("item_id", 50, given)
}

fn reviewers(users: &[String]) -> Result<Vec<String>> {
    let users: Vec<String> = users.iter().map(|user| person(user)).collect();
    let mut users = ids("user", 250, &users)?;
    if users.len() > 10 {
        return Err(Error::invalid(format!(
            "A review queue can have at most 10 assigned users; got {}.",
            users.len()
        )));
    }
    users.sort();
    Ok(users)
}

fn view(row: Row) -> Result<ReviewQueue> {
    let Row {
        workspace: _,
        queue_id,
        experiment_id,
        name,
        name_key: _,
        kind,
        created_by,
        users,
        schema_ids,
        created_at,
        updated_at,
    } = row;
    let mut schema_ids: Vec<String> = from_json("review_queue", "schema_ids", &schema_ids)?;
    schema_ids.sort();
    Ok(ReviewQueue {
        queue_id,
        experiment_id: experiment_id.to_string(),
        name,
        queue_type: ReviewQueueType::parse(&kind).unwrap_or_default(),
        created_by,
        creation_time_ms: created_at,
        last_update_time_ms: updated_at,
        users: from_json("review_queue", "users", &users)?,
        schema_ids,
    })
}

fn item(row: Item) -> ReviewQueueItem {
    let Item {
        workspace: _,
        queue_id,
        trace_id,
        status,
        completed_by,
        completed_at,
        created_at,
        updated_at,
    } = row;
    ReviewQueueItem {
        queue_id,
        item_type: ReviewItemType::Trace,
        item_id: trace_id,
        status: ReviewStatus::parse(&status).unwrap_or_default(),
        completed_by,
        completed_time_ms: completed_at,
        creation_time_ms: created_at,
        last_update_time_ms: updated_at,
    }
}
