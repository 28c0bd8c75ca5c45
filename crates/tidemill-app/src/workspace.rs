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
    put(ctx, DEFAULT, None, spec, None).await.map(drop)
}

/// Makes or changes a workspace. `if_match` is the revision that must still stand.
///
/// # Errors
/// Invalid for a bad name, Precondition when it was changed in between.
pub async fn put(
    ctx: &OpContext,
    given: &str,
    group: Option<&str>,
    spec: kinds::Workspace,
    if_match: Option<i64>,
) -> Result<Workspace> {
    let name = name::workspace(given)?;
    let scope = Scope::workspace(&name);
    let in_group = group.map(name::workspace).transpose()?;
    let group = in_group.as_deref();
    match workspace::get(ctx.app().store.read(), &name).await?.is_some() {
        true => ctx.authorize(action::WORKSPACE_WRITE, &scope).await?,
        // Making one is an action on its group.
        false => {
            ctx.authorize(action::WORKSPACE_WRITE, &Scope::group(group.unwrap_or(DEFAULT)))
                .await?
        }
    }
    if workspace::get(ctx.app().store.read(), &name).await?.is_none()
        && workspace::get_kept(ctx.app().store.read(), &name)
            .await?
            .is_some()
    {
        return Err(Error::conflict(format!("failed to make workspace `{name}`: one of this name was deleted, and is still kept"))
            .hint(format!("`tidemill workspace recover --name {name}`, or remove it for good with `delete --permanently-delete`")));
    }
    let display_name = spec.display_name.clone().unwrap_or_else(|| given.to_owned());
    let written_spec = spec;
    let spec = serde_json::to_value(&written_spec).map_err(Error::internal)?;
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
        group_name: match (group, &before) {
            (Some(group), _) => group.to_owned(),
            (None, Some(row)) => row.group_name.clone(),
            (None, None) => DEFAULT.to_owned(),
        },
        display_name,
        spec: to_json(&spec),
        revision: before.as_ref().map_or(1, |row| row.revision + 1),
        created_at: before.as_ref().map_or(now, |row| row.created_at),
        updated_at: now,
    };
    check_place(ctx, &row.group_name, before.as_ref(), &written_spec).await?;
    for folder in written_spec
        .uri_mirrors
        .values()
        .filter_map(|target| target.as_local())
    {
        crate::datastore_access::check_folder(ctx, folder).await?;
    }
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
    ctx.app().access.reload(&ctx.app().store).await?;
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
    let there = list(ctx, &PageRequest::default()).await?;
    let names: Vec<_> = there.items.iter().map(|row| row.name.as_str()).collect();
    Err(Error::not_found("workspace", name).hint(format!("there are: {}", names.join(", "))))
}

/// The workspaces that may be seen, by name.
pub async fn list(ctx: &OpContext, page: &PageRequest) -> Result<Page<Workspace>> {
    let mut page = page.clone();
    let mut items = Vec::new();
    loop {
        let found = workspace::list(ctx.app().store.read(), &page).await?;
        let seen = |row: &Workspace| ctx.may(action::WORKSPACE_READ, &Scope::workspace(&row.name));
        items.extend(found.items.into_iter().filter(seen));
        match found.next {
            Some(next) if (items.len() as u64) < page.limit => page.after = Some(next),
            // One more than the limit says that there is more.
            next => {
                let more = next.is_some();
                let mut page = Page::cut(items, page.limit, |row| row.name.clone());
                page.next = page.next.or(next.filter(|_| more));
                return Ok(page);
            }
        }
    }
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
        .hint("remove these first, or delete it with all that it holds: `tidemill workspace delete --yes`"));
    }
    let change = Change {
        action: action::WORKSPACE_DELETE,
        scope,
        before: spec_of(&row),
        after: Value::Null,
    };
    let name = row.name;
    let gone = name.clone();
    ctx.change(change, move |tx| {
        Box::pin(async move {
            tidemill_store::assignment::delete_at(tx, &format!("/workspaces/{name}")).await?;
            Ok(workspace::delete(tx, &name).await?)
        })
    })
    .await?;
    ctx.app().scheduler.forget_workspace(&gone);
    ctx.app().access.reload(&ctx.app().store).await
}

/// Checks what a workspace says of its place: its group, its stage there, its networks.
async fn check_place(
    ctx: &OpContext,
    group: &str,
    before: Option<&Workspace>,
    spec: &kinds::Workspace,
) -> Result<()> {
    let row = tidemill_store::group::get(ctx.app().store.read(), group).await?;
    if row.is_none() || before.is_some_and(|before| before.group_name != group) {
        // A group that is not there is made; moving into another one is an action on both.
        ctx.authorize(action::GROUP_WRITE, &Scope::group(group)).await?;
    }
    if let Some(before) = before.filter(|before| before.group_name != group) {
        ctx.authorize(action::GROUP_WRITE, &Scope::group(&before.group_name))
            .await?;
    }
    // Which workspace is production decides what only releases may change: that is a matter of the group.
    let stage_before = before.and_then(|before| {
        let spec = spec_of(before);
        spec.get("stage").and_then(Value::as_str).map(str::to_owned)
    });
    if let Some(stage) = stage_before
        .as_ref()
        .filter(|stage| Some(*stage) != spec.stage.as_ref())
        && !ctx.may(action::GROUP_WRITE, &Scope::group(group))
    {
        let why = format!(
            "which workspaces are of stage {stage} is decided by those who may change group `{group}`"
        );
        ctx.refused(action::GROUP_WRITE, &Scope::group(group), &why)
            .await?;
        return Err(Error::forbidden(format!(
            "failed to take the workspace out of stage {stage}: {why}"
        ))
        .hint("leave `stage` as it is, or ask an owner of the group"));
    }
    let stages = crate::group::stages(row.as_ref());
    if let Some(stage) = spec.stage.as_ref().filter(|stage| !stages.contains(stage)) {
        return Err(Error::invalid(format!(
            "failed to use stage `{stage}`: group `{group}` has {}",
            stages.join(", ")
        )));
    }
    let moves = before.is_none_or(|before| before.group_name != group) || stage_before != spec.stage;
    if let (Some(row), Some(stage)) = (&row, &spec.stage)
        && moves
        && !ctx.is_rolling_out()
    {
        let gates: kinds::Group = from_json("resource_group", "spec", &row.spec)?;
        if gates
            .infrastructure
            .get(stage)
            .is_some_and(|gates| gates.by_hand == Some(false))
        {
            let why = format!(
                "group `{group}` lets only plans of its infrastructure change what is of stage {stage}"
            );
            ctx.refused(action::WORKSPACE_WRITE, &Scope::group(group), &why)
                .await?;
            return Err(
                Error::forbidden(format!("failed to put the workspace into stage {stage}: {why}"))
                    .hint("write it into the files, then `tidemill infra plan` and `tidemill infra apply`"),
            );
        }
    }
    let mut networks = Vec::new();
    for text in &spec.allowed_networks {
        networks.push(crate::access::network(text).ok_or_else(|| {
            Error::invalid(format!("failed to read the network `{text}`"))
                .hint("write it as 10.1.0.0/16, or as one address")
        })?);
    }
    match ctx.peer() {
        Some(peer) if !networks.is_empty() && !networks.iter().any(|network| network.contains(&peer)) => {
            Err(Error::invalid(format!(
                "failed to set these networks: they don't hold {peer}, from which you ask"
            ))
            .hint("this would shut you out; add your own network"))
        }
        _ => Ok(()),
    }
}
