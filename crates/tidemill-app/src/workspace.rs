//! Workspaces: make, show, change, delete.

use serde_json::Value;
use tidemill_spec::kinds;
use tidemill_store::page::{Page, PageRequest};
use tidemill_store::{experiment, from_json, to_json, workspace};

use crate::context::Change;
use crate::{Error, Kind, OpContext, Result, Scope, action, name};

/// The workspace that is there from the first start.
pub const DEFAULT: &str = "default";

/// A workspace, as use cases hand it out.
pub type Workspace = workspace::Model;

/// Makes `default` in the group `default` when it is not there.
pub(crate) async fn ensure_default(ctx: &OpContext) -> Result<()> {
    if workspace::get(ctx.app().store.read(), DEFAULT).await?.is_some() {
        return Ok(());
    }
    let spec = from_json("workspace", "spec", r#"{"name":"default"}"#)?;
    put(ctx, DEFAULT, DEFAULT, spec, None).await.map(drop)
}

/// Makes or changes a workspace. `if_match` is the revision that must still stand.
///
/// # Errors
/// Invalid for a bad name, Precondition when it was changed in between.
pub async fn put(
    ctx: &OpContext,
    given: &str,
    group: &str,
    spec: kinds::Workspace,
    if_match: Option<i64>,
) -> Result<Workspace> {
    let name = name::workspace(given)?;
    let scope = Scope::workspace(&name);
    ctx.authorize(action::WORKSPACE_WRITE, &scope).await?;
    let display_name = spec.display_name.clone().unwrap_or_else(|| given.to_owned());
    let spec = serde_json::to_value(&spec).map_err(Error::internal)?;
    let before = workspace::get(ctx.app().store.read(), &name).await?;
    check_revision(
        "workspace",
        &name,
        before.as_ref().map(|row| row.revision),
        if_match,
    )?;
    let now = ctx.now_ms();
    let row = Workspace {
        name: name.clone(),
        group_name: before
            .as_ref()
            .map_or_else(|| group.to_owned(), |row| row.group_name.clone()),
        display_name,
        spec: to_json(&spec),
        revision: before.as_ref().map_or(1, |row| row.revision + 1),
        created_at: before.as_ref().map_or(now, |row| row.created_at),
        updated_at: now,
    };
    let change = Change {
        action: action::WORKSPACE_WRITE,
        scope,
        before: before.map_or(Value::Null, |row| spec_of(&row)),
        after: spec,
    };
    let is_new = row.revision == 1;
    let written = row.clone();
    let (at, ws) = (now, name.clone());
    ctx.change(change, move |tx| {
        Box::pin(async move {
            workspace::put(tx, written).await?;
            if is_new {
                crate::datastore::add_own(tx, &ws, at).await?;
                crate::compute::add_own(tx, &ws, at).await?;
                experiment::ensure_default(tx, &ws, at).await?;
            }
            Ok(())
        })
    })
    .await?;
    for folder in [ctx.app().dir.artifacts(&name), ctx.app().dir.blobstore(&name)] {
        std::fs::create_dir_all(folder).map_err(Error::internal)?;
    }
    Ok(row)
}

/// One workspace.
///
/// # Errors
/// NotFound, with the names that there are.
pub async fn get(ctx: &OpContext, name: &str) -> Result<Workspace> {
    let known = name::workspace(name).unwrap_or_else(|_| name.to_owned());
    ctx.authorize(action::WORKSPACE_READ, &Scope::workspace(&known))
        .await?;
    if let Some(row) = workspace::get(ctx.app().store.read(), &known).await? {
        return Ok(row);
    }
    let there = workspace::list(ctx.app().store.read(), &PageRequest::default()).await?;
    let names: Vec<_> = there.items.iter().map(|row| row.name.as_str()).collect();
    Err(Error::not_found("workspace", name).hint(format!("there are: {}", names.join(", "))))
}

/// Workspaces by name.
pub async fn list(ctx: &OpContext, page: &PageRequest) -> Result<Page<Workspace>> {
    ctx.authorize(action::WORKSPACE_READ, &Scope::server()).await?;
    Ok(workspace::list(ctx.app().store.read(), page).await?)
}

/// The specification of a workspace; an unreadable one is empty.
pub fn spec_of(row: &Workspace) -> Value {
    from_json("workspace", "spec", &row.spec).unwrap_or(Value::Null)
}

/// Refuses a change of something that was changed in between.
pub(crate) fn check_revision(noun: &str, name: &str, found: Option<i64>, wanted: Option<i64>) -> Result<()> {
    match (found, wanted) {
        (_, None) => Ok(()),
        (Some(found), Some(wanted)) if found == wanted => Ok(()),
        (found, Some(_)) => Err(Error::new(
            Kind::Precondition,
            match found {
                Some(_) => format!("failed to change {noun} `{name}`: it was changed in between"),
                None => format!("failed to change {noun} `{name}`: it is not there any more"),
            },
        )
        .hint("read it again, and repeat the change on what stands now")),
    }
}

/// Deletes a workspace that holds nothing but its own datastores.
///
/// # Errors
/// Conflict, with what it still holds; Forbidden for the default one.
pub async fn delete(ctx: &OpContext, given: &str) -> Result<()> {
    let row = get(ctx, given).await?;
    let scope = Scope::workspace(&row.name);
    ctx.authorize(action::WORKSPACE_DELETE, &scope).await?;
    if row.name == DEFAULT {
        return Err(Error::forbidden(
            "failed to delete workspace `default`: a server always has it",
        ));
    }
    let held = workspace::contents(ctx.app().store.read(), &row.name).await?;
    if !held.is_empty() {
        let held: Vec<_> = held
            .iter()
            .map(|(noun, count)| format!("{count} {noun}"))
            .collect();
        return Err(Error::conflict(format!(
            "failed to delete workspace `{}`: it holds {}",
            row.name,
            held.join(", ")
        ))
        .hint("remove these first"));
    }
    let change = Change {
        action: action::WORKSPACE_DELETE,
        scope,
        before: spec_of(&row),
        after: Value::Null,
    };
    let name = row.name;
    ctx.change(change, move |tx| {
        Box::pin(async move { Ok(workspace::delete(tx, &name).await?) })
    })
    .await
    .map(drop)
}
