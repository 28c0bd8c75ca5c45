//! Roles: show the built-in ones, make others, ask who can do what and why.

use serde_json::Value;
use tidemill_policy::explain::{Explanation, explain, who_can};
use tidemill_policy::{Action, Place, RoleDefinition, Subject, builtin};
use tidemill_store::{from_json, role, to_json};

use crate::context::Change;
use crate::principal::changed;
use crate::workspace::check_revision;
use crate::{Error, Kind, OpContext, Result, Scope, action};

/// A role, as use cases hand it out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleView {
    /// As it is written.
    pub definition: RoleDefinition,
    /// The actions that it comes to.
    pub allows: Vec<Action>,
    /// Patterns that fit nothing here.
    pub without_counterpart: Vec<String>,
    /// Whether every server has it.
    pub built_in: bool,
    /// Counts changes; the ETag.
    pub revision: i64,
}

/// All roles: the built-in ones first.
///
/// # Errors
/// Forbidden.
pub async fn list(ctx: &OpContext) -> Result<Vec<RoleView>> {
    may_read(ctx).await?;
    all(ctx).await
}

async fn all(ctx: &OpContext) -> Result<Vec<RoleView>> {
    let mut views: Vec<_> = builtin::definitions()
        .filter_map(|definition| view(definition, true, 1).ok())
        .collect();
    for row in role::all(ctx.app().store.read()).await? {
        views.push(view(
            from_json("role_definition", "spec", &row.spec)?,
            false,
            row.revision,
        )?);
    }
    Ok(views)
}

/// One role.
///
/// # Errors
/// NotFound, with the names that there are.
pub async fn get(ctx: &OpContext, name: &str) -> Result<RoleView> {
    may_read(ctx).await?;
    find(ctx, name).await
}

/// What a role lets do is no secret: whoever is asked to name one for a colleague, or was refused, may look it up.
async fn may_read(ctx: &OpContext) -> Result<()> {
    match ctx.subject() {
        Some(_) => Ok(()),
        None => ctx.authorize(action::ROLE_READ, &Scope::server()).await,
    }
}

async fn find(ctx: &OpContext, name: &str) -> Result<RoleView> {
    let all = all(ctx).await?;
    let names: Vec<_> = all.iter().map(|role| role.definition.name.clone()).collect();
    all.into_iter()
        .find(|role| role.definition.name.eq_ignore_ascii_case(name))
        .ok_or_else(|| Error::not_found("role", name).hint(format!("there are: {}", names.join(", "))))
}

/// Makes or changes a role. Nobody makes a role that gives more than they have where it may be given.
///
/// # Errors
/// Invalid for actions and scopes that can't be read; Forbidden for a role that gives more than its maker has; Conflict for
/// a built-in one.
pub async fn put(ctx: &OpContext, definition: RoleDefinition, if_match: Option<i64>) -> Result<RoleView> {
    ctx.authorize(action::ROLE_WRITE, &Scope::server()).await?;
    let name = definition.name.clone();
    let scope = Scope::server().about(&format!("roles/{name}"));
    if let Err(error) = check(ctx, &definition) {
        ctx.refused(action::ROLE_WRITE, &scope, &error.message).await?;
        return Err(error);
    }
    let before = role::get(ctx.app().store.read(), &name).await?;
    check_revision("role", &name, before.as_ref().map(|row| row.revision), if_match)?;
    let now = ctx.now_ms();
    let row = role::Model {
        name,
        spec: to_json(&definition),
        revision: before.as_ref().map_or(1, |row| row.revision + 1),
        created_at: before.as_ref().map_or(now, |row| row.created_at),
        updated_at: now,
    };
    let change = Change {
        action: action::ROLE_WRITE,
        scope,
        before: before.map_or(Value::Null, |row| {
            from_json("role_definition", "spec", &row.spec).unwrap_or_default()
        }),
        after: serde_json::to_value(&definition).map_err(Error::internal)?,
    };
    let revision = row.revision;
    changed(ctx, change, move |tx| {
        Box::pin(async move { Ok(role::put(tx, row).await?) })
    })
    .await?;
    view(definition, false, revision)
}

fn check(ctx: &OpContext, definition: &RoleDefinition) -> Result<()> {
    let name = &definition.name;
    let fine = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.' | '(' | ')');
    if name.trim() != name || name.is_empty() || name.chars().count() > 128 || !name.chars().all(fine) {
        return Err(Error::invalid(format!(
            "failed to use {name:?} as the name of a role: letters, digits, spaces, `-`, `_`, `.` and brackets, at most 128"
        )));
    }
    if builtin::is_builtin(name) {
        return Err(Error::conflict(format!(
            "failed to change role `{name}`: every server has it as it is"
        ))
        .hint("give yours another name"));
    }
    let role = definition
        .read()
        .map_err(|error| Error::invalid(error.to_string()))?;
    let current = ctx.app().access.current();
    let mut places = role.places.clone();
    // Where it is given already counts, too: a change must not widen it there.
    places.extend(
        current
            .access
            .subjects()
            .flat_map(|subject| current.access.assignments(subject))
            .filter(|given| given.role.eq_ignore_ascii_case(name))
            .map(|given| given.place.clone()),
    );
    for place in places {
        if let Some(more) = role.set.without(ctx.has_at(&place.scope())).iter().next() {
            return Err(Error::forbidden(format!(
                "failed to make role `{name}`: it lets do {more} at `{place}`, and you may not: nobody gives more than they have"
            )));
        }
    }
    Ok(())
}

/// Removes a role that nobody has.
///
/// # Errors
/// Conflict for a built-in one, and while somebody has it.
pub async fn delete(ctx: &OpContext, name: &str) -> Result<()> {
    ctx.authorize(action::ROLE_DELETE, &Scope::server()).await?;
    let found = find(ctx, name).await?;
    let name = found.definition.name.clone();
    if found.built_in {
        return Err(Error::conflict(format!(
            "failed to remove role `{name}`: every server has it"
        )));
    }
    let given = tidemill_store::assignment::all(ctx.app().store.read()).await?;
    let held = given
        .iter()
        .filter(|row| row.role.eq_ignore_ascii_case(&name))
        .count();
    if held > 0 {
        return Err(Error::conflict(format!(
            "failed to remove role `{name}`: {held} principals have it"
        ))
        .hint("take it from them first: `tidemill assignment list`"));
    }
    let change = Change {
        action: action::ROLE_DELETE,
        scope: Scope::server().about(&format!("roles/{name}")),
        before: serde_json::to_value(&found.definition).map_err(Error::internal)?,
        after: Value::Null,
    };
    changed(ctx, change, move |tx| {
        Box::pin(async move {
            role::delete(tx, &name).await?;
            Ok(())
        })
    })
    .await
}

/// Whether a principal may do something at a place, and why. One may ask about oneself.
///
/// # Errors
/// Invalid for an action or place that can't be read; Forbidden.
pub async fn explain_for(ctx: &OpContext, principal: &str, action: &str, scope: &str) -> Result<Explanation> {
    let subject = Subject::parse(principal).ok_or_else(|| {
        Error::invalid(format!("failed to read the principal `{principal}`"))
            .hint("write user:NAME, team:NAME or service-principal:NAME")
    })?;
    if ctx.subject().as_ref() != Some(&subject) {
        ctx.authorize(action::ASSIGNMENT_READ, &read_place(scope)?.scope())
            .await?;
    }
    let (action, place) = (read_action(action)?, read_place(scope)?);
    crate::principal::find(ctx, &subject).await?;
    Ok(explain(
        &ctx.app().access.current().access,
        &subject,
        action,
        &place.scope(),
    ))
}

/// Who may do something at a place, each with the reason.
///
/// # Errors
/// As [`explain_for`].
pub async fn who(ctx: &OpContext, action: &str, scope: &str) -> Result<Vec<(Subject, Explanation)>> {
    let (action, place) = (read_action(action)?, read_place(scope)?);
    ctx.authorize(action::ASSIGNMENT_READ, &place.scope()).await?;
    let current = ctx.app().access.current();
    let all = current.active.iter().chain(&current.teams);
    Ok(who_can(&current.access, all, action, &place.scope()))
}

fn read_action(text: &str) -> Result<Action> {
    Action::parse(text).ok_or_else(|| {
        let noun = text.split('/').next().unwrap_or_default();
        let near: Vec<_> = action::ALL
            .iter()
            .map(|action| action.as_str())
            .filter(|known| known.starts_with(noun))
            .collect();
        let hint = match near.as_slice() {
            [] => "`tidemill role show --name Owner` lists every action".to_owned(),
            near => format!("there are: {}", near.join(", ")),
        };
        Error::invalid(format!("failed to find the action `{text}`")).hint(hint)
    })
}

pub(crate) fn read_place(text: &str) -> Result<Place> {
    Place::parse(text).map_err(|error| Error::new(Kind::Invalid, error.to_string()))
}

fn view(definition: RoleDefinition, built_in: bool, revision: i64) -> Result<RoleView> {
    let role = definition
        .read()
        .map_err(|error| Error::invalid(error.to_string()))?;
    Ok(RoleView {
        definition,
        allows: role.set.iter().collect(),
        without_counterpart: role.unknown,
        built_in,
        revision,
    })
}

/// Who one is, and what one may do at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnRights {
    /// Such as `user:ada`.
    pub principal: String,
    /// The name that people see.
    pub display_name: String,
    /// The teams that one is in.
    pub teams: Vec<String>,
    /// One's assignments, those of teams included.
    pub assignments: Vec<crate::assignment::Row>,
    /// What one may do there.
    pub actions: Vec<Action>,
}

/// Who asks, and what they may do at a place. Everybody may know this of themselves.
///
/// # Errors
/// Invalid for a place that can't be read.
pub async fn own_rights(ctx: &OpContext, scope: &str) -> Result<OwnRights> {
    let place = read_place(scope)?;
    let Some(subject) = ctx.subject() else {
        let principal = ctx.principal().to_string();
        return Ok(OwnRights {
            display_name: principal.clone(),
            principal,
            teams: Vec::new(),
            assignments: Vec::new(),
            actions: action::ALL
                .iter()
                .copied()
                .filter(|action| ctx.may(*action, &place.scope()))
                .collect(),
        });
    };
    let current = ctx.app().access.current();
    let row = crate::principal::find(ctx, &subject).await?;
    let spec = crate::principal::spec_of(&row);
    let circles = current.access.circles(&subject);
    let ids: Vec<String> = current
        .access
        .assignments(&subject)
        .iter()
        .map(|given| given.id.clone())
        .collect();
    let rows = tidemill_store::assignment::all(ctx.app().store.read()).await?;
    Ok(OwnRights {
        principal: subject.to_string(),
        display_name: spec["display_name"].as_str().unwrap_or(&subject.name).to_owned(),
        teams: circles.iter().skip(1).map(|team| team.name.clone()).collect(),
        assignments: rows.into_iter().filter(|row| ids.contains(&row.id)).collect(),
        actions: ctx.has_at(&place.scope()).iter().collect(),
    })
}
