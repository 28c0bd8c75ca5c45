//! Datastores: make, show, change, remove. A secret goes in and never comes out.

use serde_json::{Value, json};
use tidemill_spec::kinds::{self, Spec};
use tidemill_store::page::{Page, PageRequest};
use tidemill_store::{DatabaseTransaction, StoreError, datastore, from_json, to_json};

use crate::context::Change;
use crate::workspace::check_revision;
use crate::{Error, OpContext, Result, Scope, action, bytes, name};

/// The datastore in which a workspace keeps what jobs write.
pub const BLOB: &str = "workspaceblobstore";
/// The datastore in which a workspace keeps the artifacts of its runs.
pub const ARTIFACTS: &str = "workspaceartifactstore";
/// What stands for a secret in everything that is shown.
pub const HIDDEN: &str = "***";

/// Fields whose values are secrets, wherever they stand in a specification.
const SECRET_FIELDS: &[&str] = &[
    "account_key",
    "sas_token",
    "client_secret",
    "certificate",
    "secret_access_key",
    "session_token",
    "service_account_key",
];

/// A datastore, as use cases hand it out: its `spec` has no secrets.
pub type Datastore = datastore::Model;

/// Makes or changes a datastore. A secret given as `***` keeps the value that it had.
///
/// # Errors
/// Invalid for a bad name or specification, Forbidden for the workspace's own two, Precondition when it was changed
/// in between.
pub async fn put(
    ctx: &OpContext,
    workspace: &str,
    given: &str,
    spec: kinds::Datastore,
    if_match: Option<i64>,
) -> Result<Datastore> {
    let scope = Scope::resource(workspace, "datastores", given);
    ctx.authorize(action::DATASTORE_WRITE, &scope).await?;
    name::check("datastore", given)?;
    refuse_own(given)?;
    crate::workspace::get(ctx, workspace).await?;
    crate::spec::check(&Spec::Datastore(spec.clone()))?;
    bytes::check_openable(&spec)?;
    crate::datastore_access::check_place(ctx, workspace, given, &spec).await?;
    let before = datastore::get(ctx.app().store.read(), workspace, given).await?;
    check_revision(
        "datastore",
        given,
        before.as_ref().map(|row| row.revision),
        if_match,
    )?;
    let mut after = serde_json::to_value(&spec).map_err(Error::internal)?;
    let old = before.as_ref().map(spec_of).unwrap_or_default();
    let stays = leads(&after) == leads(&old);
    keep_hidden(given, &mut after, &old, stays)?;
    let known = if stays { &old } else { &Value::Null };
    seal_new(ctx, workspace, given, &mut after, known).await?;
    let kind = after
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let now = ctx.now_ms();
    let row = Datastore {
        workspace: workspace.to_owned(),
        name: given.to_owned(),
        kind,
        spec: to_json(&after),
        revision: before.as_ref().map_or(1, |row| row.revision + 1),
        created_at: before.as_ref().map_or(now, |row| row.created_at),
        updated_at: now,
    };
    let change = Change {
        action: action::DATASTORE_WRITE,
        scope,
        before: before.map_or(Value::Null, |row| hide(spec_of(&row))),
        after: hide(after),
    };
    let written = row.clone();
    ctx.change(change, move |tx| {
        Box::pin(async move { Ok(datastore::put(tx, written).await?) })
    })
    .await?;
    Ok(hidden(row))
}

/// One datastore, without its secrets.
///
/// # Errors
/// NotFound, with the names that there are.
pub async fn get(ctx: &OpContext, workspace: &str, name: &str) -> Result<Datastore> {
    ctx.authorize(
        action::DATASTORE_READ,
        &Scope::resource(workspace, "datastores", name),
    )
    .await?;
    crate::workspace::get(ctx, workspace).await?;
    Ok(hidden(find(ctx, workspace, name).await?))
}

/// Datastores by name, without their secrets.
///
/// # Errors
/// NotFound, for a workspace that is not there.
pub async fn list(ctx: &OpContext, workspace: &str, page: &PageRequest) -> Result<Page<Datastore>> {
    ctx.authorize(action::DATASTORE_READ, &Scope::workspace(workspace))
        .await?;
    crate::workspace::get(ctx, workspace).await?;
    Ok(datastore::list(ctx.app().store.read(), workspace, page)
        .await?
        .map(hidden))
}

/// Removes a datastore. The bytes in it stay where they are.
///
/// # Errors
/// NotFound when it is not there, Forbidden for the workspace's own two.
pub async fn delete(ctx: &OpContext, workspace: &str, name: &str) -> Result<()> {
    let scope = Scope::resource(workspace, "datastores", name);
    ctx.authorize(action::DATASTORE_DELETE, &scope).await?;
    refuse_own(name)?;
    let before = find(ctx, workspace, name).await?;
    let by_folder = ctx.app().access.current().access.by_folder().has(workspace, name);
    if by_folder && !ctx.may(action::ASSIGNMENT_WRITE, &scope) {
        let why = "access to its files is given by folder, and another name for them would have no rules";
        ctx.refused(action::DATASTORE_DELETE, &scope, why).await?;
        return Err(
            Error::forbidden(format!("failed to delete datastore `{name}`: {why}"))
                .hint("ask an owner of the workspace"),
        );
    }
    let change = Change {
        action: action::DATASTORE_DELETE,
        scope,
        before: hide(spec_of(&before)),
        after: Value::Null,
    };
    let (workspace, name) = (workspace.to_owned(), name.to_owned());
    ctx.change(change, move |tx| {
        Box::pin(async move {
            if datastore::delete(tx, &workspace, &name).await? {
                Ok(())
            } else {
                Err(Error::not_found("datastore", &name))
            }
        })
    })
    .await
}

/// The row with its secrets, for those who open the store. Never leaves the server as it is.
pub(crate) async fn find(ctx: &OpContext, workspace: &str, name: &str) -> Result<Datastore> {
    let db = ctx.app().store.read();
    if let Some(row) = datastore::get(db, workspace, name).await? {
        return Ok(row);
    }
    let there = datastore::list(db, workspace, &PageRequest::default()).await?;
    let names: Vec<_> = there.items.iter().map(|row| row.name.as_str()).collect();
    Err(Error::not_found("datastore", name)
        .hint(format!("workspace `{workspace}` has: {}", names.join(", "))))
}

/// The two that every workspace has of its own. Their folders are where the data folder says.
pub(crate) async fn add_own(
    tx: &DatabaseTransaction,
    workspace: &str,
    now_ms: i64,
) -> Result<(), StoreError> {
    for name in [BLOB, ARTIFACTS] {
        let row = Datastore {
            workspace: workspace.to_owned(),
            name: name.to_owned(),
            kind: bytes::OWN.into(),
            spec: to_json(&json!({ "type": bytes::OWN, "name": name })),
            revision: 1,
            created_at: now_ms,
            updated_at: now_ms,
        };
        datastore::put(tx, row).await?;
    }
    Ok(())
}

/// The specification, as it is stored.
pub(crate) fn spec_of(row: &Datastore) -> Value {
    from_json("datastore", "spec", &row.spec).unwrap_or(Value::Null)
}

fn refuse_own(name: &str) -> Result<()> {
    if name == BLOB || name == ARTIFACTS {
        return Err(Error::forbidden(format!(
            "failed to change datastore `{name}`: it is the workspace's own"
        ))
        .hint("choose another name"));
    }
    Ok(())
}

fn hidden(mut row: Datastore) -> Datastore {
    row.spec = to_json(&hide(spec_of(&row)));
    row
}

fn hide(mut spec: Value) -> Value {
    each_secret(&mut spec, &mut |_, value| {
        if !value.as_str().is_some_and(is_reference) {
            *value = Value::from(HIDDEN);
        }
    });
    spec
}

/// Fields that say to whom a secret is shown.
const LEADS: [&str; 9] = [
    "type",
    "account_name",
    "allow_http",
    "authority_url",
    "endpoint",
    "protocol",
    "resource_url",
    "store_name",
    "url",
];

/// To whom the secrets of a specification are shown.
fn leads(spec: &Value) -> Vec<(&str, &Value)> {
    let mut found = Vec::new();
    for (field, value) in spec.as_object().into_iter().flatten() {
        match value {
            Value::Null => {}
            Value::Object(_) => found.extend(leads(value)),
            value if LEADS.contains(&field.as_str()) => found.push((field.as_str(), value)),
            _ => {}
        }
    }
    found.sort_by_key(|(field, _)| *field);
    found
}

/// Puts the secrets of `before` where `after` says `***`. Whoever may change a datastore need not know its secrets: they don't go along
/// when it leads elsewhere.
///
/// # Errors
/// Invalid for a secret that is not there, or that would be shown to somebody else than before.
fn keep_hidden(name: &str, after: &mut Value, before: &Value, stays: bool) -> Result<()> {
    let old = before.get("credentials").cloned().unwrap_or(Value::Null);
    let mut wrong = None;
    each_secret(after, &mut |field, value| {
        if value.as_str() != Some(HIDDEN) {
            return;
        }
        match (old.get(field), stays) {
            (Some(kept), true) => *value = kept.clone(),
            (Some(_), false) => {
                wrong = Some(format!("`{field}` would be shown to another address than before"));
            }
            (None, _) => wrong = Some(format!("`{HIDDEN}` stands for a `{field}` that is not here")),
        }
    });
    match wrong {
        None => Ok(()),
        Some(why) => Err(
            Error::invalid(format!("failed to write datastore `{name}`: {why}"))
                .hint("write it out, or ${{secrets.NAME}}"),
        ),
    }
}

/// Seals what was given anew. A secret of the vault that is named in its place must be one that this principal may read.
async fn seal_new(
    ctx: &OpContext,
    workspace: &str,
    given: &str,
    after: &mut Value,
    before: &Value,
) -> Result<()> {
    let old = before.get("credentials").cloned().unwrap_or_default();
    let mut new = Vec::new();
    each_secret(after, &mut |field, value| {
        if let Some(text) = value.as_str()
            && old.get(field) != Some(value)
        {
            new.push((field.to_owned(), text.to_owned()));
        }
    });
    if new.is_empty() {
        return Ok(());
    }
    let group = crate::vault::group_of(ctx.app(), workspace).await?;
    for (field, text) in new {
        if let Some(name) = reference(&text) {
            crate::secret::check_usable(ctx, &group, &name).await?;
            continue;
        }
        let place = place(workspace, given, &field);
        let sealed = ctx.app().vault.seal(&group, &place, &text).await?;
        each_secret(after, &mut |found, value| {
            if found == field {
                *value = Value::from(sealed.clone());
            }
        });
    }
    Ok(())
}

/// The specification of a stored datastore with its secrets as they are, for whoever opens it.
pub(crate) async fn opened(app: &crate::App, row: &Datastore) -> Result<Value> {
    let mut spec = spec_of(row);
    let mut stored = Vec::new();
    each_secret(&mut spec, &mut |field, value| {
        stored.extend(value.as_str().map(|text| (field.to_owned(), text.to_owned())));
    });
    for (field, text) in stored {
        let value = match reference(&text) {
            Some(name) => {
                let group = crate::vault::group_of(app, &row.workspace).await?;
                let value = crate::secret::value_of(app, &group, &name).await;
                let in_store = |error: Error| Error {
                    message: format!("failed to open datastore `{}`: {}", row.name, error.message),
                    ..error
                };
                value.map_err(in_store)?.1
            }
            None if crate::vault::Vault::is_sealed(&text) => {
                let place = place(&row.workspace, &row.name, &field);
                app.vault.unseal(&place, &text).await?
            }
            None => continue,
        };
        each_secret(&mut spec, &mut |found, stands| {
            if found == field {
                *stands = Value::from(value.clone());
            }
        });
    }
    Ok(spec)
}

/// The place for which a secret of a datastore is sealed.
pub(crate) fn place(workspace: &str, name: &str, field: &str) -> String {
    format!("datastore/{workspace}/{name}/{field}")
}

/// The secret of the vault that a text names and is nothing else.
pub(crate) fn reference(text: &str) -> Option<String> {
    let template = tidemill_spec::expr::Template::parse(text.trim()).ok()?;
    match template.singular() {
        Some(tidemill_spec::expr::Ref::Secret(name)) => Some(name.clone()),
        _ => None,
    }
}

/// Whether a text names a secret of the vault, and so is none itself.
pub(crate) fn is_reference(text: &str) -> bool {
    reference(text).is_some()
}

/// Calls for every secret of a specification, with its field.
pub(crate) fn visit_secrets(spec: &mut Value, f: &mut impl FnMut(&str, &mut Value)) {
    each_secret(spec, f);
}

fn each_secret(spec: &mut Value, f: &mut impl FnMut(&str, &mut Value)) {
    if let Value::Object(map) = spec {
        for (field, value) in map {
            if SECRET_FIELDS.contains(&field.as_str()) && !value.is_null() {
                f(field, value);
            } else {
                each_secret(value, f);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_wherever_they_stand() {
        let spec = json!({"type": "azure_blob", "credentials": {"account_key": "k"}, "account_name": "a"});
        assert_eq!(
            hide(spec),
            json!({"type": "azure_blob", "credentials": {"account_key": "***"}, "account_name": "a"})
        );
    }

    #[test]
    fn a_hidden_secret_that_comes_back_keeps_its_value_where_it_is_shown_to_nobody_else() {
        let spec = |account: &str, container: &str, key: &str| json!({"type": "azure_blob", "account_name": account, "container_name": container, "credentials": {"account_key": key}});
        let before = spec("lake", "raw", "sealed");
        let put = |mut after: Value, before: &Value| {
            let stays = leads(&after) == leads(before);
            keep_hidden("lake", &mut after, before, stays).map(|()| after)
        };
        let other = put(spec("lake", "gold", "***"), &before).expect("the account is the same");
        assert_eq!(other, spec("lake", "gold", "sealed"));
        let elsewhere = put(spec("mine", "raw", "***"), &before).expect_err("it goes elsewhere");
        assert!(elsewhere.message.contains("another address"), "{elsewhere}");
        assert_eq!(
            put(spec("mine", "raw", "new"), &before).ok(),
            Some(spec("mine", "raw", "new"))
        );
        let mut endpoint = spec("lake", "raw", "***");
        endpoint["endpoint"] = json!("http://mine.example");
        assert!(put(endpoint, &before).is_err());
        let nothing = put(spec("lake", "raw", "***"), &Value::Null).expect_err("there is none");
        assert!(nothing.message.contains("not here"), "{nothing}");
    }
}
