//! What becomes of a workspace: what it holds, archived and shown again, moved to another group, deleted with all in it, recovered while
//! it is kept, and removed for good.

mod contents;
mod moving;
mod removal;

use serde_json::json;
use tidemill_store::{ConnectionTrait, online_deployment, workspace, workspace_state};

use crate::context::Change;
use crate::workspace::{DEFAULT, Workspace, spec_of};
use crate::{App, Error, OpContext, Result, Scope, action, name};

pub use contents::{Contents, contents};
use contents::{contents_of, running};
pub use moving::move_to;
use removal::GOING;
pub use removal::remove;
pub(crate) use removal::round;

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
