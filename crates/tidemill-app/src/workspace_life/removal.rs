//! Removing a deleted workspace for good: its files, then its rows.

use serde_json::json;
use tidemill_store::{workspace, workspace_state};

use super::kept;
use crate::context::Change;
use crate::workspace::{Workspace, spec_of};
use crate::{Error, OpContext, Result, Scope, action};

/// The time of deletion of a workspace whose files are being removed.
pub(super) const GOING: i64 = 0;

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
