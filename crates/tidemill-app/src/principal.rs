//! What users, teams and service principals have in common: make, show, change, remove.

use serde_json::{Value, json};
use tidemill_policy::Subject;
use tidemill_policy::access::Kind as SubjectKind;
use tidemill_store::page::{Page, PageRequest};
use tidemill_store::{DatabaseTransaction, from_json, principal, to_json};

use crate::access::{OWNER, Snapshot};
use crate::context::Change;
use crate::workspace::check_revision;
use crate::{Error, OpContext, Result, Scope, action};

pub use tidemill_store::principal::Model as Row;

/// What is to be written of one.
pub(crate) struct Written {
    pub subject: Subject,
    pub spec: Value,
    pub disabled: bool,
    /// Argon2id of a new password; without one the old stays.
    pub password: Option<String>,
}

/// Makes or changes one.
pub(crate) async fn put(ctx: &OpContext, written: Written, if_match: Option<i64>) -> Result<Row> {
    ctx.authorize(action::PRINCIPAL_WRITE, &Scope::server()).await?;
    let Written {
        subject,
        spec,
        disabled,
        password,
    } = written;
    check_name(&subject)?;
    let (kind, name) = (subject.kind.as_str(), subject.name.as_str());
    let before = principal::get(ctx.app().store.read(), kind, name).await?;
    check_revision(kind, name, before.as_ref().map(|row| row.revision), if_match)?;
    if before.is_some() {
        within_own(ctx, &subject).await?;
    }
    let now = ctx.now_ms();
    let new_password = password.is_some();
    let row = Row {
        kind: kind.to_owned(),
        name: name.to_owned(),
        spec: to_json(&spec),
        password: password.or_else(|| before.as_ref().and_then(|row| row.password.clone())),
        mapped_teams: before
            .as_ref()
            .map_or_else(|| "[]".into(), |row| row.mapped_teams.clone()),
        disabled,
        revision: before.as_ref().map_or(1, |row| row.revision + 1),
        created_at: before.as_ref().map_or(now, |row| row.created_at),
        updated_at: now,
    };
    // Whom it trusted until now may have signed in by that.
    let trust_changed = before
        .as_ref()
        .is_some_and(|row| spec_of(row)["federated"] != spec["federated"]);
    let mut after = spec;
    if new_password {
        after["password"] = json!("***");
    }
    let change = Change {
        action: action::PRINCIPAL_WRITE,
        scope: place(&subject),
        before: before.map_or(Value::Null, |row| spec_of(&row)),
        after,
    };
    let written = row.clone();
    changed(ctx, change, move |tx| {
        Box::pin(async move {
            principal::put(tx, written).await?;
            let (kind, name) = (subject.kind.as_str(), subject.name.as_str());
            if new_password || disabled {
                tidemill_store::credential::revoke_of(tx, kind, name, "session", now).await?;
            }
            if disabled || trust_changed {
                tidemill_store::credential::revoke_of(tx, kind, name, crate::federation::PURPOSE, now)
                    .await?;
            }
            Ok(())
        })
    })
    .await?;
    Ok(row)
}

/// One of them.
///
/// # Errors
/// NotFound; Forbidden, but for what one is oneself.
pub async fn get(ctx: &OpContext, subject: &Subject) -> Result<Row> {
    if ctx.subject().as_ref() != Some(subject) {
        ctx.authorize(action::PRINCIPAL_READ, &Scope::server()).await?;
    }
    find(ctx, subject).await
}

pub(crate) async fn find(ctx: &OpContext, subject: &Subject) -> Result<Row> {
    let (kind, name) = (subject.kind.as_str(), subject.name.as_str());
    let row = principal::get(ctx.app().store.read(), kind, name).await?;
    row.ok_or_else(|| Error::not_found(kind, name))
}

/// Those of a kind by name.
///
/// # Errors
/// Forbidden.
pub async fn list(ctx: &OpContext, kind: SubjectKind, page: &PageRequest) -> Result<Page<Row>> {
    ctx.authorize(action::PRINCIPAL_READ, &Scope::server()).await?;
    Ok(principal::list(ctx.app().store.read(), kind.as_str(), page).await?)
}

/// Removes one, with its roles, tokens and sessions, at once.
///
/// # Errors
/// NotFound; Conflict for the last owner; Forbidden for one that has more than the one who asks.
pub async fn delete(ctx: &OpContext, subject: &Subject) -> Result<()> {
    ctx.authorize(action::PRINCIPAL_DELETE, &Scope::server()).await?;
    let row = find(ctx, subject).await?;
    within_own(ctx, subject).await?;
    if *subject == Subject::user(OWNER) {
        return Err(Error::conflict(
            "failed to remove user `owner`: the token in the data folder belongs to it",
        )
        .hint("disable it, or take its role away"));
    }
    let change = Change {
        action: action::PRINCIPAL_DELETE,
        scope: place(subject),
        before: spec_of(&row),
        after: Value::Null,
    };
    changed(ctx, change, move |tx| {
        Box::pin(async move {
            principal::delete(tx, &row.kind, &row.name).await?;
            Ok(())
        })
    })
    .await
}

/// Runs a change of who may do what: it may not leave the server without an owner, and it counts when this returns.
pub(crate) async fn changed<F>(ctx: &OpContext, change: Change, work: F) -> Result<()>
where
    F: for<'t> FnOnce(&'t DatabaseTransaction) -> crate::context::Work<'t, ()> + Send + 'static,
{
    let (action, scope) = (change.action, change.scope.clone());
    let before = ctx.app().access.current();
    let done = ctx
        .change(change, move |tx| {
            Box::pin(async move {
                work(tx).await?;
                let after = Snapshot::read(tx).await?;
                after.has_owner()?;
                match action == action::ASSIGNMENT_DELETE {
                    true => Ok(()),
                    false => crate::datastore_access::stay_closed(&before.access, &after.access),
                }
            })
        })
        .await;
    ctx.app().access.reload(&ctx.app().store).await?;
    ctx.app().tokens.forget();
    if let Err(error) = &done {
        ctx.refused(action, &scope, &error.message).await?;
    }
    done
}

/// Refuses to touch somebody who may do more than the one who asks: whoever sets a password may sign in with it.
pub(crate) async fn within_own(ctx: &OpContext, subject: &Subject) -> Result<()> {
    let current = ctx.app().access.current();
    for given in current.access.assignments(subject) {
        let Some(role) = current.access.role(&given.role) else {
            continue;
        };
        let more = role.set.without(ctx.has_at(&given.place.scope()));
        if let Some(action) = more.iter().next() {
            let why = format!(
                "{subject} may do {action} at `{}` by role `{}`, and you may not: nobody gives more than they have",
                given.place, given.role
            );
            ctx.refused(action::PRINCIPAL_WRITE, &place(subject), &why)
                .await?;
            return Err(Error::forbidden(format!("failed to change {subject}: {why}")));
        }
    }
    Ok(())
}

/// Its specification.
pub fn spec_of(row: &Row) -> Value {
    from_json("principal", "spec", &row.spec).unwrap_or(Value::Null)
}

/// Where changes of it are noted.
pub(crate) fn place(subject: &Subject) -> Scope {
    Scope::server().about(&format!("{}s/{}", subject.kind.as_str(), subject.name))
}

pub(crate) fn check_name(subject: &Subject) -> Result<()> {
    let name = &subject.name;
    let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.' | '@');
    let starts = name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    if starts
        && name.len() <= 128
        && name.chars().all(fine)
        && !["system", "job", "runner"].contains(&name.as_str())
    {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "failed to use {name:?} as the name of a {}: it starts with a small letter or a digit and goes on with these, `-`, \
         `_`, `.` and `@`, at most 128 in all",
        subject.kind.as_str()
    )))
}
