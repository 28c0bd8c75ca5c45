//! What becomes of a workspace: what it holds, archived and shown again, moved to another group, deleted with all in it, recovered while
//! it is kept, and removed for good.

use std::collections::BTreeSet;

use serde_json::json;
use tidemill_policy::Place;
use tidemill_spec::{expr, kinds};
use tidemill_store::page::PageRequest;
use tidemill_store::{
    ConnectionTrait, assignment, compute, datastore, from_json, infra, job, online_deployment, release_stage,
    schedule, workspace, workspace_state,
};

use crate::context::Change;
use crate::workspace::{DEFAULT, Workspace, spec_of};
use crate::{App, Error, OpContext, Result, Scope, action, name, release};

/// What a workspace holds, and what stands in the way of deleting it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// Nouns, and how many.
    pub held: Vec<(String, i64)>,
    /// What has to be ended first.
    pub in_the_way: Vec<String>,
    /// What elsewhere depends on it.
    pub depends: Vec<String>,
}

/// What became of a workspace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// UTC milliseconds; none where it is not archived.
    pub archived_at: Option<i64>,
    /// UTC milliseconds; none where it is not deleted.
    pub deleted_at: Option<i64>,
    /// Who deleted it.
    pub deleted_by: Option<String>,
    /// Until when it can be recovered, in UTC milliseconds.
    pub kept_until: Option<i64>,
}

/// What became of a workspace.
///
/// # Errors
/// When the store can't be read.
pub async fn state(app: &App, name: &str) -> Result<State> {
    let row = workspace_state::get(app.store.read(), name).await?;
    Ok(row.map_or_else(State::default, |row| state_of(app, row)))
}

fn state_of(app: &App, row: workspace_state::Model) -> State {
    let workspace_state::Model {
        workspace: _,
        archived_at,
        deleted_at,
        deleted_by,
    } = row;
    State {
        archived_at,
        deleted_at,
        deleted_by,
        kept_until: deleted_at.map(|at| at.saturating_add(app.keep_deleted_ms())),
    }
}

/// What a workspace holds, what stands in the way of deleting it, and what depends on it.
///
/// # Errors
/// NotFound.
pub async fn contents(ctx: &OpContext, given: &str) -> Result<Contents> {
    let row = crate::workspace::get(ctx, given).await?;
    contents_of(ctx.app(), &row.name).await
}

async fn contents_of(app: &App, name: &str) -> Result<Contents> {
    let db = app.store.read();
    let held = workspace::contents(db, name).await?;
    let held = held
        .into_iter()
        .map(|(noun, count)| (noun.to_owned(), count))
        .collect();
    let mut in_the_way = Vec::new();
    let running = running(db, name).await?;
    if running > 0 {
        in_the_way.push(format!(
            "{running} jobs that have not ended: `tidemill job cancel`"
        ));
    }
    let serving: BTreeSet<String> = online_deployment::all(db)
        .await?
        .into_iter()
        .filter(|row| row.workspace == name)
        .map(|row| row.endpoint)
        .collect();
    in_the_way.extend(serving.iter().map(|endpoint| {
        format!(
            "online endpoint `{endpoint}`, which serves: `tidemill online-endpoint delete --name {endpoint}`"
        )
    }));
    let moving =
        release_stage::in_states(db, &[release::DEPLOYING, release::TESTING, release::ROLLING_OUT]).await?;
    in_the_way.extend(
        moving
            .iter()
            .filter(|row| row.workspace == name && row.target != name)
            .map(|row| {
                format!(
                    "release `{}`, which is on its way in workspace `{}`",
                    row.name, row.target
                )
            }),
    );
    let mut depends = Vec::new();
    let at = format!("/workspaces/{name}");
    let mut stacks: BTreeSet<String> = BTreeSet::new();
    for row in infra::resource::all(db).await? {
        if row.scope == at || (row.kind == "workspace" && row.name == name) {
            stacks.insert(row.stack);
        }
    }
    depends.extend(
        stacks
            .iter()
            .map(|stack| format!("stack `{stack}` of infrastructure manages it, or things in it")),
    );
    let releases: BTreeSet<String> = release_stage::in_states(
        db,
        &[
            release::WAITING,
            release::DEPLOYING,
            release::TESTING,
            release::ROLLING_OUT,
            release::LIVE,
        ],
    )
    .await?
    .into_iter()
    .filter(|row| (row.target == name) != (row.workspace == name))
    .map(|row| match row.target == name {
        true => format!(
            "release `{}` of workspace `{}` goes to it",
            row.name, row.workspace
        ),
        false => format!("its release `{}` goes to workspace `{}`", row.name, row.target),
    })
    .collect();
    depends.extend(releases);
    let given = assignment::all(db).await?;
    let given = given
        .iter()
        .filter(|row| row.scope == at || row.scope.starts_with(&format!("{at}/")))
        .count();
    if given > 0 {
        depends.push(format!("{given} principals have roles in it"));
    }
    Ok(Contents {
        held,
        in_the_way,
        depends,
    })
}

/// Holds a workspace while something starts in it: from here to the end of the transaction nobody archives or deletes it.
///
/// # Errors
/// NotFound, when it was deleted just now; Conflict, when it was archived just now.
pub(crate) async fn hold(tx: &impl ConnectionTrait, name: &str) -> Result<()> {
    let is_there = workspace::hold(tx, name, false).await?;
    match workspace_state::get(tx, name).await? {
        Some(state) if state.deleted_at.is_some() => Err(Error::not_found("workspace", name)),
        Some(state) if state.archived_at.is_some() => Err(Error::conflict(format!(
            "failed to start something in workspace `{name}`: it was archived just now"
        ))
        .hint("`tidemill workspace restore` brings it back")),
        _ if !is_there => Err(Error::not_found("workspace", name)),
        _ => Ok(()),
    }
}

async fn running(db: &impl ConnectionTrait, name: &str) -> Result<usize> {
    let jobs = job::in_states(db, crate::job::Status::OPEN).await?;
    Ok(jobs
        .iter()
        .filter(|row| row.workspace == name && row.parent.is_none())
        .count())
}

/// Archives a workspace: it is read alone, and nothing starts in it.
///
/// # Errors
/// NotFound; Conflict while jobs run in it; Forbidden for the default one.
pub async fn archive(ctx: &OpContext, given: &str) -> Result<Workspace> {
    let row = crate::workspace::get(ctx, given).await?;
    ctx.authorize(action::WORKSPACE_WRITE, &Scope::workspace(&row.name))
        .await?;
    not_default(&row.name, "archive")?;
    let now = ctx.now_ms();
    change(ctx, row, action::WORKSPACE_WRITE, Turn::Archived, move |state| {
        state.archived_at = state.archived_at.or(Some(now))
    })
    .await
}

/// Brings an archived workspace back to work.
///
/// # Errors
/// NotFound.
pub async fn restore(ctx: &OpContext, given: &str) -> Result<Workspace> {
    let row = crate::workspace::get(ctx, given).await?;
    ctx.at_rest()
        .authorize(action::WORKSPACE_WRITE, &Scope::workspace(&row.name))
        .await?;
    change(ctx, row, action::WORKSPACE_WRITE, Turn::Restored, |state| {
        state.archived_at = None
    })
    .await
}

/// Deletes a workspace with everything in it. It is kept for a time, and gone for good after it.
///
/// # Errors
/// NotFound; Conflict, with what has to be ended first; Forbidden for the default one.
pub async fn delete(ctx: &OpContext, given: &str) -> Result<Workspace> {
    let row = crate::workspace::get(ctx, given).await?;
    ctx.at_rest()
        .authorize(action::WORKSPACE_DELETE, &Scope::workspace(&row.name))
        .await?;
    not_default(&row.name, "delete")?;
    let Contents { in_the_way, .. } = contents_of(ctx.app(), &row.name).await?;
    if !in_the_way.is_empty() {
        return Err(Error::conflict(format!(
            "failed to delete workspace `{}`: it has {}",
            row.name,
            in_the_way.join("; ")
        ))
        .hint("end these first"));
    }
    let (now, who) = (ctx.now_ms(), ctx.principal().to_string());
    change(ctx, row, action::WORKSPACE_DELETE, Turn::Deleted, move |state| {
        state.deleted_at = Some(now);
        state.deleted_by = Some(who);
    })
    .await
}

/// The workspaces that were deleted and can be recovered, as far as they may be seen.
///
/// # Errors
/// When the store can't be read.
pub async fn deleted(ctx: &OpContext) -> Result<Vec<(Workspace, State)>> {
    let db = ctx.app().store.read();
    let mut states: std::collections::HashMap<_, _> = workspace_state::all(db)
        .await?
        .into_iter()
        .map(|row| (row.workspace.clone(), row))
        .collect();
    let looking = ctx.at_rest();
    let mut found = Vec::new();
    for row in workspace::kept(db).await? {
        let state = states
            .remove(&row.name)
            .filter(|state| state.deleted_at.is_some());
        if let Some(state) =
            state.filter(|_| looking.may(action::WORKSPACE_READ, &Scope::workspace(&row.name)))
        {
            found.push((row, state_of(ctx.app(), state)));
        }
    }
    Ok(found)
}

/// Whether a workspace was deleted, and is kept.
pub fn is_deleted(ctx: &OpContext, given: &str) -> bool {
    name::workspace(given).is_ok_and(|name| ctx.app().access.current().is_deleted(&name))
}

/// The time of deletion of a workspace whose files are being removed.
const GOING: i64 = 0;

/// Brings a deleted workspace back, as it was.
///
/// # Errors
/// NotFound for one that is not kept; Conflict for one that is not deleted.
pub async fn recover(ctx: &OpContext, given: &str) -> Result<Workspace> {
    let row = kept(ctx, given).await?;
    ctx.at_rest()
        .authorize(action::WORKSPACE_DELETE, &Scope::workspace(&row.name))
        .await?;
    let failed = |why: &str| Error::conflict(format!("failed to recover workspace `{}`: {why}", row.name));
    match state(ctx.app(), &row.name).await?.deleted_at {
        None => return Err(failed("it is not deleted")),
        Some(GOING) => return Err(failed("it is being removed for good")),
        Some(_) => {}
    }
    let row = change(ctx, row, action::WORKSPACE_DELETE, Turn::Recovered, |state| {
        // Unless it began to go just now.
        if state.deleted_at != Some(GOING) {
            state.deleted_at = None;
            state.deleted_by = None;
        }
    })
    .await?;
    match state(ctx.app(), &row.name).await?.deleted_at {
        None => Ok(row),
        Some(_) => Err(Error::conflict(format!(
            "failed to recover workspace `{}`: it is being removed for good",
            row.name
        ))),
    }
}

/// Removes a deleted workspace for good, before its time is over.
///
/// # Errors
/// NotFound.
pub async fn remove(ctx: &OpContext, given: &str) -> Result<()> {
    let row = kept(ctx, given).await?;
    ctx.at_rest()
        .authorize(action::WORKSPACE_DELETE, &Scope::workspace(&row.name))
        .await?;
    match purge(ctx, &row, i64::MAX).await? {
        true => Ok(()),
        false => Err(Error::conflict(format!("failed to remove workspace `{}` for good: it is not deleted", row.name))
            .hint("delete it with all that it holds first, or say so: `tidemill workspace delete --permanently-delete`")),
    }
}

/// Removes for good what was deleted longer ago than workspaces are kept; says how many.
pub(crate) async fn round(ctx: &OpContext) -> Result<u64> {
    let until = ctx.now_ms().saturating_sub(ctx.app().keep_deleted_ms());
    let mut gone = 0;
    for state in workspace_state::all(ctx.app().store.read()).await? {
        let due = state.deleted_at.is_some_and(|at| at <= until);
        if due && let Some(row) = workspace::get_kept(ctx.app().store.read(), &state.workspace).await? {
            gone += u64::from(purge(ctx, &row, until).await?);
        }
    }
    Ok(gone)
}

async fn purge(ctx: &OpContext, row: &Workspace, until: i64) -> Result<bool> {
    let app = ctx.app();
    // Points that are still on their way to their place would be forgotten there.
    app.store.settle_points().await?;
    // Files go first: a workspace whose files are gone is looked at again when the server is killed in between. From here on it cannot
    // be recovered.
    let name = row.name.clone();
    let begun = app
        .store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move {
                let state = workspace_state::get(tx, &name).await?;
                let Some(state) = state.filter(|state| state.deleted_at.is_some_and(|at| at <= until)) else {
                    return Ok(false);
                };
                let going = workspace_state::Model {
                    deleted_at: Some(GOING),
                    ..state
                };
                workspace_state::put(tx, going).await?;
                Ok(true)
            })
        })
        .await?;
    if !begun {
        return Ok(false);
    }
    for folder in [
        app.dir.workspaces().join(&row.name),
        app.dir.work().join(&row.name),
    ] {
        match tokio::fs::remove_dir_all(&folder).await {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(Error::internal(error)),
        }
    }
    let name = row.name.clone();
    let change = Change {
        action: action::WORKSPACE_DELETE,
        scope: Scope::workspace(&name),
        before: spec_of(row),
        after: json!({ "state": "removed for good" }),
    };
    let gone = ctx
        .change_as(change, move |tx| {
            Box::pin(async move {
                let gone = workspace_state::purge(tx, &name, until).await?;
                Ok(gone.then(|| ((), json!({ "state": "removed for good" }))))
            })
        })
        .await?;
    if gone.is_some() {
        app.scheduler.forget_workspace(&row.name);
    }
    app.access.reload(&app.store).await?;
    Ok(gone.is_some())
}

/// A workspace that is kept, whether it was deleted or not, for whoever may see it.
async fn kept(ctx: &OpContext, given: &str) -> Result<Workspace> {
    let known = name::workspace(given)?;
    ctx.at_rest()
        .authorize(action::WORKSPACE_READ, &Scope::workspace(&known))
        .await?;
    let row = workspace::get_kept(ctx.app().store.read(), &known).await?;
    row.ok_or_else(|| {
        Error::not_found("workspace", given)
            .hint("`tidemill workspace list --deleted` shows what can be recovered")
    })
}

fn not_default(name: &str, what: &str) -> Result<()> {
    match name == DEFAULT {
        true => Err(Error::forbidden(format!(
            "failed to {what} workspace `default`: a server always has it"
        ))),
        false => Ok(()),
    }
}

/// What becomes of a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Archived,
    Restored,
    Deleted,
    Recovered,
}

impl Turn {
    fn word(self) -> &'static str {
        match self {
            Self::Archived => "archived",
            Self::Restored => "restored",
            Self::Deleted => "deleted",
            Self::Recovered => "recovered",
        }
    }

    /// The verb, where nothing may run in a workspace that is to rest.
    fn rests(self) -> Option<&'static str> {
        match self {
            Self::Archived => Some("archive"),
            Self::Deleted => Some("delete"),
            Self::Restored | Self::Recovered => None,
        }
    }
}

async fn change(
    ctx: &OpContext,
    row: Workspace,
    action: tidemill_policy::Action,
    becomes: Turn,
    turn: impl FnOnce(&mut workspace_state::Model) + Send + 'static,
) -> Result<Workspace> {
    let name = row.name.clone();
    let change = Change {
        action,
        scope: Scope::workspace(&name),
        before: spec_of(&row),
        after: json!({ "state": becomes.word() }),
    };
    ctx.change(change, move |tx| {
        Box::pin(async move {
            workspace::hold(tx, &name, true).await?;
            // Asked while nothing can start there.
            if let Some(verb) = becomes.rests() {
                rests(tx, &name, verb).await?;
            }
            let before = workspace_state::get(tx, &name).await?;
            let mut state = before.unwrap_or(workspace_state::Model {
                workspace: name,
                archived_at: None,
                deleted_at: None,
                deleted_by: None,
            });
            turn(&mut state);
            Ok(workspace_state::put(tx, state).await?)
        })
    })
    .await?;
    ctx.app().access.reload(&ctx.app().store).await?;
    ctx.app().tokens.forget();
    Ok(row)
}

/// # Errors
/// Conflict, when something runs in a workspace that is to rest.
async fn rests(tx: &impl ConnectionTrait, name: &str, verb: &str) -> Result<()> {
    let running = running(tx, name).await?;
    if running > 0 {
        return Err(Error::conflict(format!(
            "failed to {verb} workspace `{name}`: {running} jobs have not ended"
        ))
        .hint("wait for them, or `tidemill job cancel`"));
    }
    let serves = |row: &online_deployment::Model| row.workspace == name;
    match verb == "delete" && online_deployment::all(tx).await?.iter().any(serves) {
        true => Err(Error::conflict(format!(
            "failed to delete workspace `{name}`: an online endpoint serves in it"
        ))
        .hint("`tidemill online-endpoint delete` ends it")),
        false => Ok(()),
    }
}

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
