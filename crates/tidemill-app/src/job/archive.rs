//! Archiving jobs, and changing what people may change of them.

use indexmap::IndexMap;
use serde_json::{Value, json};
use tidemill_policy::action;
use tidemill_store::{from_json, job, tag, to_json};

use super::{Job, get};
use crate::context::Change;
use crate::{OpContext, Result, Scope, tag_policy};

/// Leaves a job out of lists.
///
/// # Errors
/// NotFound.
pub async fn archive(ctx: &OpContext, workspace: &str, name: &str) -> Result<Job> {
    set(
        ctx,
        workspace,
        name,
        job::Patch {
            archived: Some(true),
            ..job::Patch::default()
        },
        None,
        Vec::new(),
    )
    .await
}

/// Shows an archived job in lists again.
///
/// # Errors
/// NotFound.
pub async fn restore(ctx: &OpContext, workspace: &str, name: &str) -> Result<Job> {
    set(
        ctx,
        workspace,
        name,
        job::Patch {
            archived: Some(false),
            ..job::Patch::default()
        },
        None,
        Vec::new(),
    )
    .await
}

/// Changes what people may change: the display name, the description, and tags, which are added, changed or, with `None`, taken away.
///
/// # Errors
/// NotFound.
pub async fn patch(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    display_name: Option<String>,
    description: Option<String>,
    tags: Option<IndexMap<String, Option<String>>>,
) -> Result<Job> {
    ctx.authorize(action::JOB_WRITE, &Scope::job(workspace, name))
        .await?;
    let before = get(ctx, workspace, name).await?;
    let mut gone = Vec::new();
    let tags = match tags {
        Some(more) => {
            let mut all: IndexMap<String, String> = from_json("job", "tags", &before.tags)?;
            for (key, value) in more {
                match value {
                    Some(value) => _ = all.insert(key, value),
                    None if all.shift_remove(&key).is_some() => gone.push(key),
                    None => {}
                }
            }
            Some(all)
        }
        None => None,
    };
    let warnings = match display_name.is_some() || tags.is_some() {
        true => checked(ctx, &before, display_name.as_deref(), tags.as_ref()).await?,
        false => None,
    };
    let patch = job::Patch {
        display_name: display_name.map(Some),
        description: description.map(Some),
        tags: tags.as_ref().map(to_json),
        warnings,
        ..job::Patch::default()
    };
    set(ctx, workspace, name, patch, tags, gone).await
}

/// The warnings of a job that is to have this name and these tags, where rules for tags hold. Steps are spoken for by
/// their pipeline.
async fn checked(
    ctx: &OpContext,
    before: &Job,
    display_name: Option<&str>,
    tags: Option<&IndexMap<String, String>>,
) -> Result<Option<String>> {
    let name = &before.name;
    let scope = Scope::job(&before.workspace, name);
    let rules = tag_policy::of(ctx.app().store.read(), &before.workspace).await?;
    if rules.is_empty() || before.parent.is_some() {
        return Ok(None);
    }
    let old: IndexMap<String, String> = from_json("job", "tags", &before.tags)?;
    let shown = display_name.or(before.display_name.as_deref()).unwrap_or(name);
    let found = super::tags::of(&rules, tags.unwrap_or(&old), shown);
    let doing = format!("change job `{name}`");
    let said = tag_policy::settle(ctx, action::JOB_WRITE, &scope, &doing, super::tags::HINT, found).await?;
    let mut warnings: Vec<String> = from_json("job", "warnings", &before.warnings)?;
    // What other rules say begins otherwise.
    warnings.retain(|warning| !warning.starts_with("rule `"));
    warnings.extend(said);
    Ok(Some(to_json(&warnings)))
}

async fn set(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    patch: job::Patch,
    tags: Option<IndexMap<String, String>>,
    gone: Vec<String>,
) -> Result<Job> {
    let scope = Scope::job(workspace, name);
    ctx.authorize(action::JOB_WRITE, &scope).await?;
    let before = get(ctx, workspace, name).await?;
    let change = Change {
        action: action::JOB_WRITE,
        scope,
        before: json!({ "tags": before.tags, "description": before.description, "archived": before.archived }),
        after: json!({ "patch": format!("{patch:?}") }),
    };
    let (ws, job_name) = (before.workspace.clone(), name.to_owned());
    ctx.change(change, move |tx| {
        Box::pin(async move {
            job::update(tx, &ws, &job_name, patch).await?;
            let tags: Vec<(String, String)> = tags.into_iter().flatten().collect();
            for key in &gone {
                tag::delete(tx, &ws, tag::Noun::Run, &job_name, key).await?;
            }
            if !tags.is_empty() || !gone.is_empty() {
                tag::put(tx, tag::Table::Tag, &ws, tag::Noun::Run, &job_name, &tags).await?;
                let rules = tag_policy::of(tx, &ws).await?;
                tag_policy::mark(tx, &rules, &ws, &job_name).await?;
            }
            Ok(Value::Null)
        })
    })
    .await?;
    get(ctx, workspace, name).await
}
