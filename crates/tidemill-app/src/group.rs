//! Groups: what workspaces belong to, with the stages that releases go through.

use serde_json::Value;
use tidemill_spec::kinds::{self, Spec};
use tidemill_store::page::{Page, PageRequest};
use tidemill_store::{assignment, from_json, group, to_json, workspace};

use crate::context::Change;
use crate::workspace::check_revision;
use crate::{Error, OpContext, Result, Scope, action, name};

pub use tidemill_store::group::Model as Group;

/// The stages of a group that says nothing else, in their order.
pub const STAGES: [&str; 3] = ["DEV", "TEST", "PRD"];

/// Makes or changes a group.
///
/// # Errors
/// Invalid for a bad name or stages that are not plain words; Conflict for a stage that a workspace still has.
pub async fn put(ctx: &OpContext, given: &str, spec: kinds::Group, if_match: Option<i64>) -> Result<Group> {
    let name = name::workspace(given)?;
    let scope = Scope::group(&name);
    ctx.authorize(action::GROUP_WRITE, &scope).await?;
    let before = group::get(ctx.app().store.read(), &name).await?;
    check_revision("group", &name, before.as_ref().map(|row| row.revision), if_match)?;
    check_stages(ctx, &name, &spec.stages).await?;
    crate::spec::check(&Spec::Group(spec.clone()))?;
    check_rollout(&spec)?;
    crate::tag_policy::check(&spec.tag_policy)?;
    let now = ctx.now_ms();
    let display_name = spec.display_name.clone().unwrap_or_else(|| given.to_owned());
    let spec = serde_json::to_value(&spec).map_err(Error::internal)?;
    let row = Group {
        name,
        display_name,
        created_at: before.as_ref().map_or(now, |row| row.created_at),
        spec: to_json(&spec),
        revision: before.as_ref().map_or(1, |row| row.revision + 1),
        updated_at: now,
    };
    let change = Change {
        action: action::GROUP_WRITE,
        scope,
        before: before.map_or(Value::Null, |row| spec_of(&row)),
        after: spec,
    };
    let written = row.clone();
    ctx.change(change, move |tx| {
        Box::pin(async move { Ok(group::put(tx, written).await?) })
    })
    .await?;
    ctx.app().access.reload(&ctx.app().store).await?;
    Ok(row)
}

/// One group.
///
/// # Errors
/// NotFound, also for one that may not be seen.
pub async fn get(ctx: &OpContext, name: &str) -> Result<Group> {
    ctx.authorize(action::GROUP_READ, &Scope::group(name)).await?;
    let row = group::get(ctx.app().store.read(), name).await?;
    row.ok_or_else(|| Error::not_found("group", name))
}

/// The groups that may be seen, by name.
///
/// # Errors
/// When the store can't be read.
pub async fn list(ctx: &OpContext, page: &PageRequest) -> Result<Page<Group>> {
    let mut page = page.clone();
    let mut items = Vec::new();
    loop {
        let found = group::list(ctx.app().store.read(), &page).await?;
        items.extend(
            found
                .items
                .into_iter()
                .filter(|row| ctx.may(action::GROUP_READ, &Scope::group(&row.name))),
        );
        match found.next {
            Some(next) if (items.len() as u64) < page.limit => page.after = Some(next),
            _ => return Ok(Page::cut(items, page.limit, |row| row.name.clone())),
        }
    }
}

/// Deletes a group without workspaces.
///
/// # Errors
/// Conflict, with the workspaces that are in it.
pub async fn delete(ctx: &OpContext, name: &str) -> Result<()> {
    let row = get(ctx, name).await?;
    let scope = Scope::group(name);
    ctx.authorize(action::GROUP_DELETE, &scope).await?;
    let within: Vec<String> = workspaces(ctx, name).await?;
    if !within.is_empty() {
        return Err(Error::conflict(format!(
            "failed to delete group `{name}`: it holds the workspaces {}",
            within.join(", ")
        ))
        .hint("move or delete these first"));
    }
    let change = Change {
        action: action::GROUP_DELETE,
        scope,
        before: spec_of(&row),
        after: Value::Null,
    };
    crate::principal::changed(ctx, change, move |tx| {
        Box::pin(async move {
            assignment::delete_at(tx, &format!("/groups/{}", row.name)).await?;
            group::delete(tx, &row.name).await?;
            Ok(())
        })
    })
    .await
}

/// The specification of a group; an unreadable one is empty.
pub fn spec_of(row: &Group) -> Value {
    from_json("resource_group", "spec", &row.spec).unwrap_or(Value::Null)
}

/// The stages of a group, in their order.
pub fn stages(row: Option<&Group>) -> Vec<String> {
    let written = row.and_then(|row| from_json::<kinds::Group>("resource_group", "spec", &row.spec).ok());
    match written.map(|spec| spec.stages) {
        Some(stages) if !stages.is_empty() => stages,
        _ => STAGES.map(str::to_owned).to_vec(),
    }
}

/// Gates stand at stages that the group has.
fn check_rollout(spec: &kinds::Group) -> Result<()> {
    let own = STAGES.map(str::to_owned);
    let stages: &[String] = if spec.stages.is_empty() {
        &own
    } else {
        &spec.stages
    };
    let named = spec
        .infrastructure
        .iter()
        .flat_map(|(stage, gates)| [Some(stage), gates.tested_in.as_ref()]);
    match named.flatten().find(|stage| !stages.contains(stage)) {
        None => Ok(()),
        Some(odd) => Err(Error::invalid(format!(
            "failed to set gates for stage {odd}: the group has no such stage"
        ))
        .hint(format!("it has: {}", stages.join(", ")))),
    }
}

async fn workspaces(ctx: &OpContext, group: &str) -> Result<Vec<String>> {
    let all = workspace::all(ctx.app().store.read()).await?;
    Ok(all
        .into_iter()
        .filter(|row| row.group_name == group)
        .map(|row| row.name)
        .collect())
}

async fn check_stages(ctx: &OpContext, group: &str, stages: &[String]) -> Result<()> {
    let plain = |stage: &String| {
        !stage.is_empty()
            && stage.len() <= 32
            && stage
                .chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-')
    };
    if let Some(odd) = stages.iter().find(|stage| !plain(stage)) {
        return Err(Error::invalid(format!(
            "failed to use {odd:?} as a stage: write capital letters and digits, such as DEV"
        )));
    }
    if stages
        .iter()
        .enumerate()
        .any(|(at, stage)| stages[..at].contains(stage))
    {
        return Err(Error::invalid(
            "failed to use these stages: one of them is named twice",
        ));
    }
    if stages.is_empty() {
        return Ok(());
    }
    for row in workspace::all(ctx.app().store.read())
        .await?
        .iter()
        .filter(|row| row.group_name == group)
    {
        if let Some(stage) = crate::workspace::spec_of(row)["stage"].as_str()
            && !stages.iter().any(|known| known == stage)
        {
            return Err(Error::conflict(format!(
                "failed to leave out stage {stage} of group `{group}`: workspace `{}` has it",
                row.name
            )));
        }
    }
    Ok(())
}
