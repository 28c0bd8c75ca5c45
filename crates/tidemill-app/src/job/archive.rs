//! Archiving jobs, and changing what people may change of them.

use indexmap::IndexMap;
use serde_json::{Value, json};
use tidemill_policy::action;
use tidemill_store::{job, tag, to_json};

use super::{Job, get};
use crate::context::Change;
use crate::{OpContext, Result, Scope};

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
    )
    .await
}

/// Changes what people may change: the display name, the description, the tags (all of them at once).
///
/// # Errors
/// NotFound.
pub async fn patch(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    display_name: Option<String>,
    description: Option<String>,
    tags: Option<IndexMap<String, String>>,
) -> Result<Job> {
    let patch = job::Patch {
        display_name: display_name.map(Some),
        description: description.map(Some),
        tags: tags.as_ref().map(to_json),
        ..job::Patch::default()
    };
    set(ctx, workspace, name, patch, tags).await
}

async fn set(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    patch: job::Patch,
    tags: Option<IndexMap<String, String>>,
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
            if !tags.is_empty() {
                tag::put(tx, tag::Table::Tag, &ws, tag::Noun::Run, &job_name, &tags).await?;
            }
            Ok(Value::Null)
        })
    })
    .await?;
    get(ctx, workspace, name).await
}
