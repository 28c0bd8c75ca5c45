//! Assignments: give a role to a principal at a place, and take it away.

use serde_json::{Value, json};
use tidemill_policy::{Place, Subject};
use tidemill_spec::kinds;
use tidemill_store::{assignment, group, workspace};

use crate::context::Change;
use crate::principal::{self, changed};
use crate::role::read_place;
use crate::{Error, OpContext, Result, Scope, action};

pub use tidemill_store::assignment::Model as Row;

/// The assignments that the one who asks may see, by place; one's own are among them.
///
/// # Errors
/// When the store can't be read.
pub async fn list(ctx: &OpContext) -> Result<Vec<Row>> {
    let own = ctx.subject();
    let rows = assignment::all(ctx.app().store.read()).await?;
    Ok(rows
        .into_iter()
        .filter(|row| {
            own.as_ref() == Subject::parse(&format!("{}:{}", row.kind, row.name)).as_ref()
                || Place::parse(&row.scope)
                    .is_ok_and(|place| ctx.may(action::ASSIGNMENT_READ, &place.scope()))
        })
        .collect())
}

/// One of them.
///
/// # Errors
/// NotFound, also for one that may not be seen.
pub async fn get(ctx: &OpContext, id: &str) -> Result<Row> {
    let row = list(ctx).await?.into_iter().find(|row| row.id == id);
    row.ok_or_else(|| Error::not_found("assignment", id))
}

/// Gives a role. The same once more changes nothing.
///
/// # Errors
/// Forbidden for a role that gives more than the one who asks has there; Conflict for an id that says something else;
/// Invalid for a role at a place where it may not be given; NotFound for what is not there.
pub async fn put(ctx: &OpContext, id: Option<&str>, spec: kinds::Assignment) -> Result<Row> {
    let place = match read_place(&spec.scope) {
        Ok(place) => place,
        Err(error) => {
            ctx.refused(action::ASSIGNMENT_WRITE, &Scope::server(), &error.message)
                .await?;
            return Err(error);
        }
    };
    let scope = place.scope();
    ctx.authorize(action::ASSIGNMENT_WRITE, &scope).await?;
    let subject = Subject::parse(&spec.principal).ok_or_else(|| {
        Error::invalid(format!("failed to read the principal `{}`", spec.principal))
            .hint("write user:NAME, team:NAME or service-principal:NAME")
    })?;
    principal::find(ctx, &subject).await?;
    exists(ctx, &place).await?;
    let role = match check_role(ctx, &spec.role, &place) {
        Ok(role) => role,
        Err(error) => {
            ctx.refused(action::ASSIGNMENT_WRITE, &scope, &error.message)
                .await?;
            return Err(error);
        }
    };
    let row = Row {
        id: id.map_or_else(|| made_id(&subject, &role, &place), str::to_owned),
        kind: subject.kind.as_str().to_owned(),
        name: subject.name.clone(),
        role,
        scope: place.to_string(),
        created_by: ctx.principal().to_string(),
        created_at: ctx.now_ms(),
    };
    crate::name::check("assignment", &row.id)?;
    for there in assignment::all(ctx.app().store.read()).await? {
        let same = |a: &Row| (a.kind.clone(), a.name.clone(), a.role.clone(), a.scope.clone());
        if same(&there) == same(&row) && id.is_none_or(|id| id == there.id) {
            return Ok(there);
        }
        if there.id == row.id || same(&there) == same(&row) {
            return Err(Error::conflict(format!(
                "failed to make assignment `{}`: `{}` gives {}:{} the role `{}` at `{}`",
                row.id, there.id, there.kind, there.name, there.role, there.scope
            ))
            .hint("an assignment is not changed: remove it and make another"));
        }
    }
    let change = Change {
        action: action::ASSIGNMENT_WRITE,
        scope,
        before: Value::Null,
        after: view(&row),
    };
    let written = row.clone();
    changed(ctx, change, move |tx| {
        Box::pin(async move { Ok(assignment::insert(tx, written).await?) })
    })
    .await?;
    Ok(row)
}

/// Takes a role away, at once.
///
/// # Errors
/// NotFound; Conflict for the last owner's.
pub async fn delete(ctx: &OpContext, id: &str) -> Result<()> {
    let row = get(ctx, id).await?;
    let scope = read_place(&row.scope)?.scope();
    ctx.authorize(action::ASSIGNMENT_DELETE, &scope).await?;
    let change = Change {
        action: action::ASSIGNMENT_DELETE,
        scope,
        before: view(&row),
        after: Value::Null,
    };
    changed(ctx, change, move |tx| {
        Box::pin(async move {
            assignment::delete(tx, &row.id).await?;
            Ok(())
        })
    })
    .await
}

fn check_role(ctx: &OpContext, name: &str, place: &Place) -> Result<String> {
    let current = ctx.app().access.current();
    let role = current
        .access
        .role(name)
        .ok_or_else(|| Error::not_found("role", name).hint("`tidemill role list` names them"))?;
    let group = match place {
        Place::Workspace(workspace) | Place::Resource { workspace, .. } => current.access.group_of(workspace),
        _ => None,
    };
    if !role
        .places
        .iter()
        .any(|allowed| allowed.covers(&place.scope(), group))
    {
        let places: Vec<_> = role.places.iter().map(ToString::to_string).collect();
        return Err(Error::invalid(format!(
            "failed to give role `{name}` at `{place}`: its assignableScopes hold {}",
            places.join(", ")
        )));
    }
    match role.set.without(ctx.has_at(&place.scope())).iter().next() {
        None => Ok(role.name.clone()),
        Some(more) => Err(Error::forbidden(format!(
            "failed to give role `{name}` at `{place}`: it lets do {more}, and you may not: nobody gives more than they have"
        ))),
    }
}

/// A role at a place that is not there yet would fall to whoever makes the place.
async fn exists(ctx: &OpContext, place: &Place) -> Result<()> {
    let db = ctx.app().store.read();
    let (noun, name, there) = match place {
        Place::Server => return Ok(()),
        Place::Group(name) => ("group", name, group::get(db, name).await?.is_some()),
        Place::Workspace(name) | Place::Resource { workspace: name, .. } => {
            ("workspace", name, workspace::get(db, name).await?.is_some())
        }
    };
    match there {
        true => Ok(()),
        false => Err(Error::not_found(noun, name)),
    }
}

/// An id that the same assignment always gets.
fn made_id(subject: &Subject, role: &str, place: &Place) -> String {
    let what = format!("{subject}\0{role}\0{place}");
    blake3::hash(what.as_bytes()).to_hex()[..16].to_owned()
}

/// The assignment in words.
pub fn view(row: &Row) -> Value {
    json!({
        "name": row.id, "principal": format!("{}:{}", row.kind, row.name), "role": row.role, "scope": row.scope,
    })
}
