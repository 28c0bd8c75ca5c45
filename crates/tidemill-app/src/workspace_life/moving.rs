//! Moving a workspace to another group, with what would break there.

use std::collections::BTreeSet;

use tidemill_policy::Place;
use tidemill_spec::{expr, kinds};
use tidemill_store::page::PageRequest;
use tidemill_store::{assignment, compute, datastore, from_json, infra, online_deployment, schedule};

use crate::workspace::Workspace;
use crate::{Error, OpContext, Result, Scope, action, name};

/// Moves a workspace to another group. What would break there is listed, and in the way unless `anyway`.
///
/// # Errors
/// Forbidden for who may not change both groups; Conflict, with what would break; Invalid for a stage that the group does not have.
pub async fn move_to(
    ctx: &OpContext,
    given: &str,
    group: &str,
    anyway: bool,
) -> Result<(Workspace, Vec<String>)> {
    let row = crate::workspace::get(ctx, given).await?;
    ctx.authorize(action::WORKSPACE_WRITE, &Scope::workspace(&row.name))
        .await?;
    let group = name::workspace(group)?;
    if group == row.group_name {
        return Ok((row, Vec::new()));
    }
    for side in [&group, &row.group_name] {
        ctx.authorize(action::GROUP_WRITE, &Scope::group(side)).await?;
    }
    let breaks = breaks(ctx, &row, &group).await?;
    if !breaks.is_empty() && !anyway {
        return Err(Error::conflict(format!(
            "failed to move workspace `{}` to group `{group}`: {}",
            row.name,
            breaks.join("; ")
        ))
        .hint("set in the group what is missing first, or move it anyway"));
    }
    let mut spec: kinds::Workspace = from_json("workspace", "spec", &row.spec)?;
    spec.resource_group = spec.resource_group.map(|_| group.clone());
    let moved = crate::workspace::put(ctx, &row.name, Some(&group), spec, Some(row.revision)).await?;
    Ok((moved, breaks))
}

/// What a workspace names that another group does not have, and roles that no longer count.
async fn breaks(ctx: &OpContext, row: &Workspace, group: &str) -> Result<Vec<String>> {
    let db = ctx.app().store.read();
    let page = PageRequest {
        limit: 1000,
        after: None,
    };
    let mut texts: Vec<(String, String)> = Vec::new();
    for store in datastore::list(db, &row.name, &page).await?.items {
        texts.push((format!("datastore `{}`", store.name), store.spec));
    }
    for found in compute::list(db, &row.name, &page).await?.items {
        texts.push((format!("compute `{}`", found.name), found.spec));
    }
    for found in schedule::list(db, &row.name, &page).await?.items {
        texts.push((format!("schedule `{}`", found.name), found.spec));
    }
    for found in online_deployment::all(db)
        .await?
        .into_iter()
        .filter(|found| found.workspace == row.name)
    {
        texts.push((
            format!("deployment `{}` of endpoint `{}`", found.name, found.endpoint),
            found.spec,
        ));
    }
    let mut breaks = Vec::new();
    for (what, text) in texts {
        for secret in expr::secrets(&text).into_iter().collect::<BTreeSet<_>>() {
            let there = tidemill_store::vault::secret::get(db, group, &secret).await?;
            if there.is_none_or(|found| found.deleted_at.is_some()) {
                breaks.push(format!(
                    "{what} names secret `{secret}`, which the vault of group `{group}` does not have"
                ));
            }
        }
    }
    let old = Place::Group(row.group_name.clone()).to_string();
    let given = assignment::all(db)
        .await?
        .into_iter()
        .filter(|given| given.scope == old)
        .count();
    if given > 0 {
        breaks.push(format!(
            "{given} roles that are given at group `{}` no longer count in it",
            row.group_name
        ));
    }
    let managed = infra::resource::all(db).await?;
    for stack in managed
        .iter()
        .filter(|one| one.kind == "workspace" && one.name == row.name)
        .map(|one| &one.stack)
    {
        breaks.push(format!(
            "stack `{stack}` of infrastructure has it in group `{}`, and would move it back",
            row.group_name
        ));
    }
    Ok(breaks)
}
