//! What people do with a schedule: switch it on and off, start it by hand, remove it.

use serde_json::{Value, json};
use tidemill_store::{schedule, to_json};

use super::{Row, Run, Shown, find, scope, shown, spec_of, times, write};
use crate::context::Change;
use crate::{OpContext, Result, action};

/// Switches a schedule on or off. What fell due while it was off is not made up for.
///
/// # Errors
/// NotFound.
pub async fn set_enabled(ctx: &OpContext, workspace: &str, name: &str, enabled: bool) -> Result<Shown> {
    let before = found(ctx, workspace, name).await?;
    if before.enabled == enabled {
        return shown(ctx.app(), before).await;
    }
    let now = ctx.now_ms();
    let spec = spec_of(&before)?;
    let next_at = times(&spec, before.made_at)
        .and_then(|times| times.first(now))
        .filter(|_| enabled);
    let row = Row {
        enabled,
        next_at,
        seen_at: super::happened::seen_now(ctx.app(), &before.workspace, &spec).await?,
        revision: before.revision + 1,
        updated_at: now,
        ..before.clone()
    };
    let after = json!({ "is_enabled": enabled });
    write(
        ctx,
        scope(&before.workspace, name),
        Some(before),
        row.clone(),
        after,
    )
    .await?;
    shown(ctx.app(), row).await
}

/// Starts the job of a schedule now, whether it is switched on or not. It runs as it always does: as the owner of the schedule.
///
/// # Errors
/// NotFound; what the job is refused for.
pub async fn trigger(ctx: &OpContext, workspace: &str, name: &str) -> Result<(Run, Option<String>)> {
    let row = found(ctx, workspace, name).await?;
    let now = ctx.now_ms();
    let id = ctx.app().clock.ulid();
    ctx.note(
        action::SCHEDULE_WRITE,
        &scope(&row.workspace, name),
        json!({ "started": id }),
    )
    .await?;
    let due = super::Due {
        id: id.clone(),
        due_at: now,
        why: "by_hand",
        missed: 0,
        who: ctx.principal().to_string(),
        inputs: Value::Object(Default::default()),
        reason: None,
    };
    let Some(run) = super::claim(ctx.app(), &row, due, row.next_at, row.seen_at).await? else {
        return Err(crate::Error::internal("a new id was there already"));
    };
    let run = super::submit(ctx.app(), &row, run).await?;
    super::with_status(ctx.app(), run).await
}

/// Removes a schedule with the history of its runs; the jobs that it submitted stay.
///
/// # Errors
/// NotFound.
pub async fn delete(ctx: &OpContext, workspace: &str, name: &str) -> Result<()> {
    let row = found(ctx, workspace, name).await?;
    let change = Change {
        action: action::SCHEDULE_WRITE,
        scope: scope(&row.workspace, name),
        before: serde_json::from_str(&row.spec).unwrap_or_else(|_| Value::String(to_json(&row.spec))),
        after: Value::Null,
    };
    ctx.change(change, move |tx| {
        Box::pin(async move {
            schedule::delete(tx, &row.workspace, &row.name).await?;
            Ok(())
        })
    })
    .await
}

async fn found(ctx: &OpContext, workspace: &str, name: &str) -> Result<Row> {
    ctx.authorize(action::SCHEDULE_WRITE, &scope(workspace, name))
        .await?;
    let workspace = crate::workspace::get(ctx, workspace).await?.name;
    find(ctx.app(), &workspace, name).await
}
