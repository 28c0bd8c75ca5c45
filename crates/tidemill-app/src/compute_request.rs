//! Requests for computes: who may not make one asks for it, and who may says yes or no. A yes makes exactly what was asked for.

use serde_json::{Value, json};
use tidemill_spec::kinds;
use tidemill_store::page::{Page, PageRequest};
use tidemill_store::{compute_request, from_json, to_json};

use crate::context::Change;
use crate::{Error, Kind, OpContext, Result, Scope, action, compute, compute_password, name};

/// A request, as use cases hand it out.
pub type Request = compute_request::Model;

/// The most requests of one person that wait at once.
const MOST: u64 = 20;
/// The most characters of a reason or a comment.
const MOST_WORDS: usize = 2000;

/// Asks for a compute: a new one, or the one of this name as it is to be.
///
/// # Errors
/// Invalid for what can't be, without a reason, and for what the policy of the workspace does not let anybody make; Capacity when
/// too many requests of the same person wait.
pub async fn create(
    ctx: &OpContext,
    workspace: &str,
    given: &str,
    spec: kinds::Compute,
    reason: String,
) -> Result<Request> {
    let scope = Scope::resource(workspace, "computes", given);
    ctx.authorize(action::COMPUTE_REQUEST, &scope).await?;
    name::check("compute", given)?;
    let workspace = crate::workspace::get(ctx, workspace).await?.name;
    check_words("the reason", &reason)?;
    if reason.trim().is_empty() {
        return Err(Error::invalid(format!(
            "failed to ask for compute `{given}`: it does not say what for"
        ))
        .hint("add a reason"));
    }
    let spec = own(ctx, spec);
    compute::check_wanted(ctx, &workspace, given, &spec).await?;
    let who = ctx.principal().to_string();
    if compute_request::open(ctx.app().store.read(), &workspace, &who).await? >= MOST {
        return Err(Error::new(
            Kind::Capacity,
            format!("failed to ask for compute `{given}`: {MOST} of your requests wait already"),
        ));
    }
    let mut spec = serde_json::to_value(&spec).map_err(Error::internal)?;
    let id = ctx.app().clock.ulid();
    let place = compute_password::of_request(&workspace, &id);
    compute_password::seal(ctx, &workspace, &place, &mut spec, None).await?;
    let row = Request {
        workspace,
        id,
        compute: given.to_owned(),
        spec: to_json(&spec),
        reason,
        state: "requested".into(),
        created_by: who,
        created_at: ctx.now_ms(),
        decided_by: None,
        decided_at: None,
        comment: None,
    };
    let change = Change {
        action: action::COMPUTE_REQUEST,
        scope,
        before: Value::Null,
        after: json!({ "request": row.id, "reason": row.reason, "spec": compute_password::hide(spec) }),
    };
    let written = row.clone();
    ctx.change(change, move |tx| {
        Box::pin(async move { Ok(compute_request::insert(tx, written).await?) })
    })
    .await?;
    shown(row)
}

/// An instance that says nothing else is for the one who asks.
fn own(ctx: &OpContext, spec: kinds::Compute) -> kinds::Compute {
    match (spec, ctx.subject()) {
        (kinds::Compute::ComputeInstance(mut instance), Some(who)) => {
            let whom = instance.create_on_behalf_of.get_or_insert_default();
            whom.user_object_id.get_or_insert(who.to_string());
            kinds::Compute::ComputeInstance(instance)
        }
        (spec, _) => spec,
    }
}

/// A request without the password that its compute may carry.
fn shown(mut row: Request) -> Result<Request> {
    let spec: Value = from_json("compute_request", "spec", &row.spec)?;
    row.spec = to_json(&compute_password::hide(spec));
    Ok(row)
}

/// Requests, newest first: all for who decides, one's own for everybody else.
///
/// # Errors
/// NotFound for a workspace that is not there.
pub async fn list(ctx: &OpContext, workspace: &str, page: &PageRequest) -> Result<Page<Request>> {
    let scope = Scope::workspace(workspace);
    ctx.authorize(action::COMPUTE_READ, &scope).await?;
    let workspace = crate::workspace::get(ctx, workspace).await?.name;
    let own = (!ctx.may(action::COMPUTE_WRITE, &scope)).then(|| ctx.principal().to_string());
    let mut found = compute_request::list(ctx.app().store.read(), &workspace, own.as_deref(), page).await?;
    found.items = found.items.into_iter().map(shown).collect::<Result<_>>()?;
    Ok(found)
}

/// Says yes: the compute is made as it was asked for, as the one who says so.
///
/// # Errors
/// Forbidden for one's own request; Conflict when it was decided already; and as [`compute::put`].
pub async fn approve(ctx: &OpContext, workspace: &str, id: &str, comment: Option<String>) -> Result<Request> {
    let row = open_for(ctx, workspace, id, &comment).await?;
    let spec: Value = from_json("compute_request", "spec", &row.spec)?;
    let place = compute_password::of_request(&row.workspace, &row.id);
    let spec = compute_password::opened(ctx.app(), &place, spec).await;
    let spec: kinds::Compute = serde_json::from_value(spec).map_err(Error::internal)?;
    let made = compute::prepared(ctx, &row.workspace, &row.compute, &spec, None).await?;
    let row = decide(ctx, row, "approved", comment, Some(made)).await?;
    compute::tell(ctx.app(), &row.workspace, &row.compute).await?;
    Ok(row)
}

/// Says no.
///
/// # Errors
/// As [`approve`].
pub async fn reject(ctx: &OpContext, workspace: &str, id: &str, comment: Option<String>) -> Result<Request> {
    let row = open_for(ctx, workspace, id, &comment).await?;
    decide(ctx, row, "rejected", comment, None).await
}

/// A request that waits, for who may make what it asks for.
async fn open_for(ctx: &OpContext, workspace: &str, id: &str, comment: &Option<String>) -> Result<Request> {
    ctx.authorize(action::COMPUTE_WRITE, &Scope::workspace(workspace))
        .await?;
    check_words("the comment", comment.as_deref().unwrap_or_default())?;
    let row = compute_request::get(ctx.app().store.read(), workspace, id).await?;
    let row = row
        .ok_or_else(|| Error::not_found("request", id).hint("`tidemill compute request list` shows them"))?;
    let scope = Scope::resource(workspace, "computes", &row.compute);
    ctx.authorize(action::COMPUTE_WRITE, &scope).await?;
    if row.created_by == ctx.principal().to_string() {
        let why = "nobody decides their own request";
        ctx.refused(action::COMPUTE_WRITE, &scope, why).await?;
        return Err(Error::forbidden(format!("failed to decide request {id}: {why}")));
    }
    if row.state != "requested" {
        return Err(decided(&row));
    }
    Ok(row)
}

/// Writes what was said, and with a yes the compute, in one transaction: of two who decide at once, the second changes nothing.
async fn decide(
    ctx: &OpContext,
    row: Request,
    state: &str,
    comment: Option<String>,
    made: Option<(compute::Compute, Change)>,
) -> Result<Request> {
    let row = Request {
        state: state.to_owned(),
        decided_by: Some(ctx.principal().to_string()),
        decided_at: Some(ctx.now_ms()),
        comment,
        ..row
    };
    let change = Change {
        action: action::COMPUTE_REQUEST,
        scope: Scope::resource(&row.workspace, "computes", &row.compute),
        before: json!({ "request": row.id, "state": "requested", "created_by": row.created_by }),
        after: json!({ "request": row.id, "state": row.state, "comment": row.comment }),
    };
    let written = row.clone();
    let (made, made_change) = made.unzip();
    let changes = made_change.into_iter().chain([change]).collect();
    ctx.changes(changes, move |tx| {
        Box::pin(async move {
            if !compute_request::decide(tx, &written).await? {
                return Err(decided(&written));
            }
            if let Some(made) = made {
                crate::compute::write(tx, made).await?;
            }
            Ok(())
        })
    })
    .await?;
    shown(row)
}

fn decided(row: &Request) -> Error {
    Error::conflict(format!(
        "failed to decide request {}: it was decided already",
        row.id
    ))
}

fn check_words(what: &str, text: &str) -> Result<()> {
    match text.chars().count() > MOST_WORDS {
        true => Err(Error::invalid(format!(
            "failed to read {what}: it has more than {MOST_WORDS} characters"
        ))),
        false => Ok(()),
    }
}
