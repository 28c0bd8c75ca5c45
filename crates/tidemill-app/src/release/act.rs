//! What people do with a release: bring it into a stage, agree or reject, take it back.

use serde_json::{Value, json};
use tidemill_policy::Action;
use tidemill_store::{release_stage, to_json};

use super::{
    FAILED, LIVE, OPEN, Place, REJECTED, ROLLED_BACK, Release, SUPERSEDED, Shown, Stage, WAITING, event,
    find, scope, shown, spec_of, write,
};
use crate::context::Change;
use crate::{Error, Kind, OpContext, Result, Scope, action, online_endpoint};

/// Brings a release into a stage: the next one where none is named. It goes on by itself once its gates are passed.
///
/// # Errors
/// Precondition when the stage before it has not been reached; Conflict while another release is on its way there.
pub async fn promote(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    number: Option<i64>,
    stage: Option<&str>,
) -> Result<Shown> {
    let app = ctx.app();
    let row = found(ctx, action::RELEASE_PROMOTE, workspace, name, number).await?;
    let place = Place::of(app, workspace).await?;
    let spec = spec_of(&row)?;
    let there = release_stage::of(app.store.read(), workspace, name, row.number).await?;
    let passed = |stage: &str| {
        there
            .iter()
            .any(|one| one.stage == stage && matches!(one.state.as_str(), LIVE | SUPERSEDED))
    };
    let stage = match stage {
        Some(stage) => stage.to_owned(),
        None => match place.stages.iter().find(|stage| !passed(stage)) {
            Some(stage) => stage.clone(),
            None => {
                return Err(Error::conflict(format!(
                    "failed to promote release `{name}:{}`: it has been through every stage",
                    row.number
                ))
                .hint("to go back to it, roll back the one that answers now"));
            }
        },
    };
    let at = place.stages.iter().position(|one| *one == stage).ok_or_else(|| {
        Error::not_found("stage", &stage).hint(format!(
            "group `{}` has: {}",
            place.group,
            place.stages.join(", ")
        ))
    })?;
    if let Some(before) = at.checked_sub(1).map(|before| &place.stages[before])
        && !passed(before)
    {
        return Err(Error::new(
            Kind::Precondition,
            format!(
                "failed to promote release `{name}:{}` to {stage}: it has not been through {before}",
                row.number
            ),
        )
        .hint(format!("promote it to {before} first")));
    }
    let target = place.target(&spec, &stage)?;
    ctx.authorize(action::RELEASE_PROMOTE, &scope(&target, name))
        .await?;
    let now = ctx.now_ms();
    let promoted = Stage {
        workspace: row.workspace.clone(),
        name: row.name.clone(),
        number: row.number,
        stage: stage.clone(),
        target: target.clone(),
        endpoint: spec.endpoint.clone(),
        deployment: format!("{name}-{}", row.number),
        previous: None,
        state: WAITING.into(),
        step: 0,
        promoter: super::who(ctx),
        reason: None,
        evidence: "[]".into(),
        created_at: now,
        updated_at: now,
    };
    let (id, who) = (app.clock.ulid(), super::who(ctx));
    let change = change(
        action::RELEASE_PROMOTE,
        &promoted,
        json!({ "stage": stage, "state": WAITING }),
    );
    let shown_name = format!("{name}:{}", row.number);
    let written = promoted.clone();
    ctx.change(change, move |tx| {
        Box::pin(async move {
            if let Some(other) = release_stage::behind(tx, &written.target, &written.endpoint, OPEN).await?.first() {
                return Err(Error::conflict(format!(
                    "failed to promote release `{shown_name}` to {}: release `{}:{}` is on its way there ({})",
                    written.stage, other.name, other.number, other.state
                ))
                .hint("wait until it has ended, or reject it"));
            }
            let before = release_stage::get(tx, &written.workspace, &written.name, written.number, &written.stage).await?;
            if let Some(before) = before.filter(|before| !matches!(before.state.as_str(), FAILED | REJECTED | ROLLED_BACK)) {
                return Err(Error::conflict(format!(
                    "failed to promote release `{shown_name}` to {}: it is {} there",
                    written.stage, before.state
                )));
            }
            let detail = json!({ "deployment": written.deployment });
            let happened = event(id, now, &who, &written, "promoted", &detail);
            write(tx, written, happened).await
        })
    })
    .await?;
    app.releases.wake(app, &promoted);
    shown(app, row).await
}

/// The release, for who may see it. Of one that is not there it is only told to who could do something with it.
async fn found(
    ctx: &OpContext,
    action: Action,
    workspace: &str,
    name: &str,
    number: Option<i64>,
) -> Result<Release> {
    let scope = scope(workspace, name);
    ctx.authorize(action::RELEASE_READ, &scope).await?;
    match find(ctx.app(), workspace, name, number).await {
        Ok(row) => Ok(row),
        Err(error) => {
            ctx.authorize(action, &scope).await?;
            Err(error)
        }
    }
}

/// Agrees that a release enters the stage that it waits for.
///
/// # Errors
/// Precondition when it waits for none; Forbidden for who made it.
pub async fn approve(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    number: Option<i64>,
    comment: Option<String>,
) -> Result<Shown> {
    vote(ctx, workspace, name, number, comment, true).await
}

/// Rejects it: it does not enter the stage.
///
/// # Errors
/// As [`approve`].
pub async fn reject(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    number: Option<i64>,
    comment: Option<String>,
) -> Result<Shown> {
    vote(ctx, workspace, name, number, comment, false).await
}

async fn vote(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    number: Option<i64>,
    comment: Option<String>,
    agrees: bool,
) -> Result<Shown> {
    let app = ctx.app();
    let row = found(ctx, action::RELEASE_APPROVE, workspace, name, number).await?;
    let stage = waiting(ctx, &row).await?;
    ctx.authorize(action::RELEASE_APPROVE, &scope(&stage.target, name))
        .await?;
    let who = super::who(ctx);
    if agrees && who == row.author {
        let why = "who made a release does not approve it";
        ctx.refused(action::RELEASE_APPROVE, &scope(&stage.target, name), why)
            .await?;
        return Err(Error::forbidden(format!(
            "failed to approve release `{name}:{}`: {why}",
            row.number
        ))
        .hint("ask somebody else"));
    }
    let (kind, now, id) = (
        if agrees { "approved" } else { "rejected" },
        ctx.now_ms(),
        app.clock.ulid(),
    );
    let said = json!({ "stage": stage.stage, "digest": row.digest, "comment": comment });
    let change = change(
        action::RELEASE_APPROVE,
        &stage,
        json!({ "said": kind, "of": said }),
    );
    let happened = event(id, now, &who, &stage, kind, &said);
    // Who made it, or brings it, may also withdraw it; their no is the last word whatever the gates ask for.
    let withdrawn = !agrees && (who == row.author || who == stage.promoter);
    let (voted, seen) = (stage.clone(), stage.state.clone());
    ctx.change(change, move |tx| {
        Box::pin(async move {
            let now_there =
                release_stage::get(tx, &voted.workspace, &voted.name, voted.number, &voted.stage).await?;
            let Some(mut there) = now_there.filter(|there| there.state == seen) else {
                return Err(Error::conflict(format!(
                    "failed to vote on release `{}:{}`: it no longer waits",
                    voted.name, voted.number
                )));
            };
            if withdrawn {
                there.state = REJECTED.into();
                there.reason = Some(format!("withdrawn by {}", happened.who));
                there.updated_at = now;
            }
            write(tx, there, happened).await
        })
    })
    .await?;
    app.releases.wake(app, &stage);
    shown(app, row).await
}

async fn waiting(ctx: &OpContext, row: &Release) -> Result<Stage> {
    let there = release_stage::of(ctx.app().store.read(), &row.workspace, &row.name, row.number).await?;
    there
        .into_iter()
        .find(|stage| stage.state == WAITING)
        .ok_or_else(|| {
            Error::new(
                Kind::Precondition,
                format!(
                    "failed to vote on release `{}:{}`: it waits for no stage",
                    row.name, row.number
                ),
            )
            .hint(format!(
                "`tidemill release show {}` tells where it stands",
                row.name
            ))
        })
}

/// Takes a release that answers in a stage back: what answered before it answers again, at once.
///
/// # Errors
/// Invalid when no stage is named; Precondition when it does not answer there, or nothing answered before it.
pub async fn roll_back(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    number: Option<i64>,
    stage: Option<&str>,
    comment: Option<String>,
) -> Result<Shown> {
    let app = ctx.app();
    let row = found(ctx, action::RELEASE_PROMOTE, workspace, name, number).await?;
    let stage = stage.ok_or_else(|| {
        Error::invalid(format!(
            "failed to roll back release `{name}`: it is not said in which stage"
        ))
        .hint("give `stage`")
    })?;
    let refused = |why: &str| {
        Error::new(
            Kind::Precondition,
            format!(
                "failed to roll back release `{name}:{}` in {stage}: {why}",
                row.number
            ),
        )
    };
    let there = release_stage::get(app.store.read(), workspace, name, row.number, stage).await?;
    let there = there
        .filter(|there| there.state == LIVE)
        .ok_or_else(|| refused("it does not answer there"))?;
    ctx.authorize(action::RELEASE_PROMOTE, &scope(&there.target, name))
        .await?;
    let on_its_way = release_stage::behind(app.store.read(), &there.target, &there.endpoint, OPEN).await?;
    if let Some(other) = on_its_way.iter().find(|other| other.state != WAITING) {
        return Err(refused(&format!(
            "release `{}:{}` is on its way there ({})",
            other.name, other.number, other.state
        ))
        .hint("wait until it has ended"));
    }
    let Some(previous) = there.previous.clone() else {
        return Err(refused("nothing answered before it").hint("bring another release into the stage"));
    };
    let (now, id, who) = (ctx.now_ms(), app.clock.ulid(), super::who(ctx));
    let detail = json!({ "to": previous, "comment": comment });
    let change = change(
        action::RELEASE_PROMOTE,
        &there,
        json!({ "state": ROLLED_BACK, "of": detail }),
    );
    let happened = event(id, now, &who, &there, "rolled_back", &detail);
    let back_id = app.clock.ulid();
    online_endpoint::send_all(&app.system(), &there.target, &there.endpoint, &previous).await?;
    let old = there.clone();
    ctx.change(change, move |tx| {
        Box::pin(async move {
            let again = release_stage::behind(tx, &old.target, &old.endpoint, &[SUPERSEDED]).await?;
            let again = again.into_iter().find(|stage| stage.deployment == previous);
            let gone = Stage {
                state: ROLLED_BACK.into(),
                reason: Some(comment.unwrap_or_else(|| format!("rolled back by {who}"))),
                updated_at: now,
                ..old
            };
            write(tx, gone, happened).await?;
            if let Some(again) = again {
                let again = Stage {
                    state: LIVE.into(),
                    updated_at: now,
                    ..again
                };
                let happened = event(
                    back_id,
                    now,
                    &who,
                    &again,
                    "live",
                    &json!({ "why": "rolled back to" }),
                );
                write(tx, again, happened).await?;
            }
            Ok(())
        })
    })
    .await?;
    shown(app, row).await
}

fn change(action: Action, stage: &Stage, after: Value) -> Change {
    let mut after = after;
    after["release"] = format!("{}/{}:{}", stage.workspace, stage.name, stage.number).into();
    after["stage"] = stage.stage.clone().into();
    Change {
        action,
        scope: Scope::resource(&stage.target, "releases", &stage.name),
        before: Value::String(to_json(&stage.state)),
        after,
    }
}
