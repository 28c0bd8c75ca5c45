//! Secrets of a group: set, show, list, delete, restore, and give to whoever may read them. A value goes in, and comes out
//! by `secrets/get` alone.

use serde_json::{Value, json};
use tidemill_store::page::{Page, PageRequest};
use tidemill_store::vault::{secret, version};
use tidemill_store::{group, workspace};

use crate::context::Change;
use crate::{App, Error, OpContext, Result, Scope, action};

/// A secret, without its value.
pub type Secret = secret::Model;
/// A version of a secret; its value is sealed.
pub type Version = version::Model;

/// The most bytes of a value: what fits into an environment variable with room for others.
pub const MOST_BYTES: usize = 64 << 10;
/// Values shorter than this are not looked for in logs: they would be found everywhere.
pub const LEAST_MASKED: usize = 4;

/// The rule for names of secrets, in words.
const RULE: &str =
    "a name starts with a letter or `_` and goes on with letters, digits, `_` and `-`, at most 127 in all";

/// Sets a secret: the first value makes it, each later one is a new version. The value that it has already makes none.
///
/// # Errors
/// Invalid for a bad name or value, NotFound for a group that is not there.
pub async fn set(
    ctx: &OpContext,
    group: &str,
    name: &str,
    value: &str,
    description: Option<String>,
) -> Result<Secret> {
    let scope = Scope::secret(group, name);
    ctx.authorize(action::SECRET_WRITE, &scope).await?;
    check_name(name)?;
    check_value(name, value)?;
    find_group(ctx, group).await?;
    let app = ctx.app();
    let before = secret::get(app.store.read(), group, name).await?;
    let unchanged = match &before {
        Some(row) if row.deleted_at.is_none() => {
            let same = opened(app, group, name, row.latest).await? == value;
            same && (description.is_none() || description == row.description)
        }
        _ => false,
    };
    if let (true, Some(row)) = (unchanged, &before) {
        return Ok(row.clone());
    }
    let now = ctx.now_ms();
    let latest = before.as_ref().map_or(0, |row| row.latest) + 1;
    let sealed = app.vault.seal(group, &place(group, name, latest), value).await?;
    let row = Secret {
        group_name: group.to_owned(),
        name: name.to_owned(),
        description: description.or_else(|| before.as_ref().and_then(|row| row.description.clone())),
        latest,
        created_at: before.as_ref().map_or(now, |row| row.created_at),
        updated_at: now,
        deleted_at: None,
    };
    let made = Version {
        group_name: group.to_owned(),
        name: name.to_owned(),
        version: latest,
        sealed,
        created_at: now,
        created_by: ctx.principal().to_string(),
    };
    let change = Change {
        action: action::SECRET_WRITE,
        scope,
        before: before.as_ref().map_or(Value::Null, shown),
        after: shown(&row),
    };
    let written = row.clone();
    ctx.change(change, move |tx| {
        Box::pin(async move {
            version::insert(tx, made).await?;
            Ok(secret::put(tx, written).await?)
        })
    })
    .await?;
    Ok(row)
}

/// One secret, without its value.
///
/// # Errors
/// NotFound, with what is there.
pub async fn get(ctx: &OpContext, group: &str, name: &str) -> Result<Secret> {
    ctx.authorize(action::SECRET_LIST, &Scope::secret(group, name))
        .await?;
    find_group(ctx, group).await?;
    find(ctx.app(), group, name, false).await
}

/// Secrets by name: those that are there, or those that were deleted and can be restored.
///
/// # Errors
/// NotFound for a group that is not there.
pub async fn list(ctx: &OpContext, group: &str, deleted: bool, page: &PageRequest) -> Result<Page<Secret>> {
    ctx.authorize(action::SECRET_LIST, &Scope::group(group)).await?;
    find_group(ctx, group).await?;
    Ok(secret::list(ctx.app().store.read(), group, deleted, page).await?)
}

/// The versions of a secret, newest first, without their values.
///
/// # Errors
/// NotFound.
pub async fn versions(ctx: &OpContext, group: &str, name: &str) -> Result<Vec<Version>> {
    ctx.authorize(action::SECRET_LIST, &Scope::secret(group, name))
        .await?;
    find(ctx.app(), group, name, false).await?;
    Ok(version::list(ctx.app().store.read(), group, name).await?)
}

/// The value of a secret, of its newest version or the one given. It is written down who read it.
///
/// # Errors
/// NotFound.
pub async fn reveal(ctx: &OpContext, group: &str, name: &str, wanted: Option<i64>) -> Result<(i64, String)> {
    let scope = Scope::secret(group, name);
    ctx.authorize(action::SECRET_GET, &scope).await?;
    let row = find(ctx.app(), group, name, false).await?;
    let wanted = wanted.unwrap_or(row.latest);
    let value = opened(ctx.app(), group, name, wanted).await?;
    ctx.note(action::SECRET_GET, &scope, json!({ "version": wanted }))
        .await?;
    Ok((wanted, value))
}

/// Deletes a secret: it can be restored, unless `purge` removes its values for good.
///
/// # Errors
/// NotFound.
pub async fn delete(ctx: &OpContext, group: &str, name: &str, purge: bool) -> Result<()> {
    let scope = Scope::secret(group, name);
    ctx.authorize(action::SECRET_DELETE, &scope).await?;
    let before = find(ctx.app(), group, name, purge).await?;
    let after = Secret {
        deleted_at: Some(ctx.now_ms()),
        ..before.clone()
    };
    let change = Change {
        action: action::SECRET_DELETE,
        scope,
        before: shown(&before),
        after: match purge {
            true => Value::Null,
            false => shown(&after),
        },
    };
    ctx.change(change, move |tx| {
        Box::pin(async move {
            match purge {
                true => secret::purge(tx, &after.group_name, &after.name).await?,
                false => secret::put(tx, after).await?,
            }
            Ok(())
        })
    })
    .await
}

/// Brings a deleted secret back, with all its versions.
///
/// # Errors
/// NotFound when there is none, also no deleted one.
pub async fn restore(ctx: &OpContext, group: &str, name: &str) -> Result<Secret> {
    let scope = Scope::secret(group, name);
    ctx.authorize(action::SECRET_WRITE, &scope).await?;
    let before = find(ctx.app(), group, name, true).await?;
    if before.deleted_at.is_none() {
        return Ok(before);
    }
    let after = Secret {
        deleted_at: None,
        updated_at: ctx.now_ms(),
        ..before.clone()
    };
    let change = Change {
        action: action::SECRET_WRITE,
        scope,
        before: shown(&before),
        after: shown(&after),
    };
    let written = after.clone();
    ctx.change(change, move |tx| {
        Box::pin(async move { Ok(secret::put(tx, written).await?) })
    })
    .await?;
    Ok(after)
}

/// Checks that a secret is there, and that this principal may give it to a job or a datastore.
///
/// # Errors
/// Forbidden, or NotFound.
pub(crate) async fn check_usable(ctx: &OpContext, group: &str, name: &str) -> Result<()> {
    ctx.authorize(action::SECRET_GET, &Scope::secret(group, name))
        .await?;
    find(ctx.app(), group, name, false).await.map(drop)
}

/// Checks every secret that a plan of a job names, as [`check_usable`].
///
/// # Errors
/// As that.
pub(crate) async fn check_named(ctx: &OpContext, ws: &str, text: &str) -> Result<()> {
    let names = tidemill_spec::expr::secrets(text);
    if names.is_empty() {
        return Ok(());
    }
    let group = crate::vault::group_of(ctx.app(), ws).await?;
    for name in names {
        check_usable(ctx, &group, &name).await?;
    }
    Ok(())
}

/// The newest version of a secret and its value, for whoever has been allowed already.
///
/// # Errors
/// NotFound.
pub(crate) async fn value_of(app: &App, group: &str, name: &str) -> Result<(i64, String)> {
    let row = find(app, group, name, false).await?;
    Ok((row.latest, opened(app, group, name, row.latest).await?))
}

async fn opened(app: &App, group: &str, name: &str, wanted: i64) -> Result<String> {
    let Some(row) = version::get(app.store.read(), group, name, wanted).await? else {
        return Err(
            Error::not_found("version of a secret", &format!("{name}:{wanted}"))
                .hint(format!("`tidemill secret versions --name {name}` lists them")),
        );
    };
    app.vault.unseal(&place(group, name, wanted), &row.sealed).await
}

async fn find(app: &App, group: &str, name: &str, also_deleted: bool) -> Result<Secret> {
    let db = app.store.read();
    let row = secret::get(db, group, name).await?;
    if let Some(row) = row.clone().filter(|row| also_deleted || row.deleted_at.is_none()) {
        return Ok(row);
    }
    let missing = Error::not_found("secret", name);
    if row.is_some() {
        return Err(missing.hint(format!(
            "it was deleted; `tidemill secret restore --name {name}` brings it back"
        )));
    }
    let there = secret::list(db, group, false, &PageRequest::default()).await?;
    let names: Vec<_> = there.items.iter().map(|row| row.name.as_str()).collect();
    Err(missing.hint(match names.is_empty() {
        true => format!("group `{group}` has none; `tidemill secret set --name {name}` makes it"),
        false => format!("group `{group}` has: {}", names.join(", ")),
    }))
}

/// A group that is there: one that was made, or that a workspace is in.
async fn find_group(ctx: &OpContext, name: &str) -> Result<()> {
    let db = ctx.app().store.read();
    if group::get(db, name).await?.is_some() {
        return Ok(());
    }
    let there = workspace::list(db, &PageRequest::default()).await?;
    let mut names: Vec<_> = there.items.into_iter().map(|row| row.group_name).collect();
    names.sort();
    names.dedup();
    Err(Error::not_found("group", name).hint(format!("there are: {}", names.join(", "))))
}

/// The place for which a version is sealed.
fn place(group: &str, name: &str, version: i64) -> String {
    format!("secret/{group}/{name}/{version}")
}

/// For the audit log: all but the value.
fn shown(row: &Secret) -> Value {
    json!({
        "name": row.name, "description": row.description, "version": row.latest, "deleted": row.deleted_at.is_some(),
        "value": "***",
    })
}

fn check_name(name: &str) -> Result<()> {
    let mut chars = name.chars();
    let starts = chars
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
    let goes_on = chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    if starts && goes_on && name.len() <= 127 {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "failed to use {name:?} as the name of a secret: {RULE}"
    )))
}

fn check_value(name: &str, value: &str) -> Result<()> {
    let wrong = |why: &str| {
        Err(Error::invalid(format!(
            "failed to set secret `{name}`: its value {why}"
        )))
    };
    match value {
        "" => wrong("is empty"),
        value if value.len() > MOST_BYTES => wrong("has more than 64 KiB"),
        value if value.contains('\0') => wrong("has a NUL character in it, which no variable can hold"),
        _ => Ok(()),
    }
}
