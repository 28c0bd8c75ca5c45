//! Archiving jobs, and changing what people may change of them.

use indexmap::IndexMap;
use serde_json::{Value, json};
use tidemill_policy::action;
use tidemill_store::{from_json, job, tag, to_json};

use super::{Job, get};
use crate::context::Change;
use crate::{Error, OpContext, Result, Scope, tag_policy};

/// How often a change is made anew that others were faster than.
const MOST_TRIES: usize = 64;

/// Leaves a job out of lists.
///
/// # Errors
/// NotFound.
pub async fn archive(ctx: &OpContext, workspace: &str, name: &str) -> Result<Job> {
    set_archived(ctx, workspace, name, true).await
}

/// Shows an archived job in lists again.
///
/// # Errors
/// NotFound.
pub async fn restore(ctx: &OpContext, workspace: &str, name: &str) -> Result<Job> {
    set_archived(ctx, workspace, name, false).await
}

async fn set_archived(ctx: &OpContext, workspace: &str, name: &str, archived: bool) -> Result<Job> {
    let wanted = Wanted {
        patch: job::Patch {
            archived: Some(archived),
            ..job::Patch::default()
        },
        ..Wanted::default()
    };
    changed(ctx, workspace, name, |_| Ok(wanted.clone())).await
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
    changed(ctx, workspace, name, |before| {
        let mut wanted = Wanted::default();
        if let Some(more) = &tags {
            let mut all: IndexMap<String, String> = from_json("job", "tags", &before.tags)?;
            for (key, value) in more {
                match value {
                    Some(value) => {
                        all.insert(key.clone(), value.clone());
                        wanted.put.push((key.clone(), value.clone()));
                    }
                    None => {
                        all.shift_remove(key);
                        wanted.gone.push(key.clone());
                    }
                }
            }
            wanted.patch.tags = Some(to_json(&all));
            wanted.tags = Some(all);
        }
        wanted.patch.display_name = display_name.clone().map(Some);
        wanted.patch.description = description.clone().map(Some);
        Ok(wanted)
    })
    .await
}

/// What a job is to be.
#[derive(Debug, Clone, Default)]
struct Wanted {
    patch: job::Patch,
    /// All tags of the job, where they change.
    tags: Option<IndexMap<String, String>>,
    /// Those of them that its run is given. Others may be other ones on the run by now.
    put: Vec<(String, String)>,
    /// Those that the run loses.
    gone: Vec<String>,
}

/// Changes a job into what `wanted` makes of it. When somebody else was faster, it is made anew of what they left: no tag that they
/// removed comes back.
async fn changed(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    wanted: impl Fn(&Job) -> Result<Wanted> + Send + Sync,
) -> Result<Job> {
    ctx.authorize(action::JOB_WRITE, &Scope::job(workspace, name))
        .await?;
    for _ in 0..MOST_TRIES {
        let before = get(ctx, workspace, name).await?;
        let mut wanted = wanted(&before)?;
        let shown = wanted.patch.display_name.clone().flatten();
        if shown.is_some() || wanted.tags.is_some() {
            wanted.patch.warnings = checked(ctx, &before, shown.as_deref(), wanted.tags.as_ref()).await?;
        }
        if set(ctx, before, wanted).await? {
            return get(ctx, workspace, name).await;
        }
    }
    Err(Error::conflict(format!(
        "failed to change job `{name}`: others change it all the time"
    ))
    .hint("try again"))
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

/// Writes it, unless what it was made of is another one by now. Says whether it did.
async fn set(ctx: &OpContext, before: Job, wanted: Wanted) -> Result<bool> {
    let Wanted {
        patch,
        tags: _,
        put,
        gone,
    } = wanted;
    let after = json!({ "patch": format!("{patch:?}") });
    let change = Change {
        action: action::JOB_WRITE,
        scope: Scope::job(&before.workspace, &before.name),
        before: json!({ "tags": before.tags, "description": before.description, "archived": before.archived }),
        after: Value::Null,
    };
    let done = ctx
        .change_as(change, move |tx| {
            Box::pin(async move {
                let (ws, name) = (before.workspace.as_str(), before.name.as_str());
                let now = job::held(tx, ws, name)
                    .await?
                    .ok_or_else(|| Error::not_found("job", name))?;
                if (&now.tags, &now.display_name, &now.warnings)
                    != (&before.tags, &before.display_name, &before.warnings)
                {
                    return Ok(None);
                }
                job::update(tx, ws, name, patch).await?;
                for key in &gone {
                    tag::delete(tx, ws, tag::Noun::Run, name, key).await?;
                }
                if !put.is_empty() || !gone.is_empty() {
                    tag::put(tx, tag::Table::Tag, ws, tag::Noun::Run, name, &put).await?;
                    let rules = tag_policy::of(tx, ws).await?;
                    tag_policy::mark(tx, &rules, ws, name).await?;
                }
                Ok(Some(((), after)))
            })
        })
        .await?;
    Ok(done.is_some())
}
