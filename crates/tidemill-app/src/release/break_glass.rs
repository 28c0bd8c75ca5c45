//! Break-glass: the one way to change what answers in the last stage without a release. It takes two people and a reason, is told to
//! everybody when it is asked for, agreed to and used, and ends by itself.

use serde_json::{Value, json};
use tidemill_api::mlflow::webhook::{WebhookAction, WebhookEntity, WebhookEvent};
use tidemill_policy::Subject;
use tidemill_policy::access::Kind as SubjectKind;
use tidemill_store::{break_glass, break_glass_event};

use super::Place;
use crate::context::Change;
use crate::webhook::Herald;
use crate::{Error, Kind, OpContext, Result, Scope, action};

/// One asking, as it is kept.
pub type Row = break_glass::Model;

/// It waits for somebody to agree.
pub const ASKED: &str = "Asked";
/// Who asked may change the workspace.
pub const OPEN: &str = "Open";
/// Somebody ended it.
pub const CLOSED: &str = "Closed";
/// Nobody agreed in time, or its time is over.
pub const EXPIRED: &str = "Expired";

/// The longest that it counts, in minutes.
const LONGEST_MINUTES: i64 = 240;
/// How long one waits for somebody to agree, in milliseconds.
const PATIENCE_MS: i64 = 3_600_000;
const MINUTE_MS: i64 = 60_000;
/// The fewest and the most characters of a reason.
const REASON: std::ops::RangeInclusive<usize> = 10..=2_000;

fn scope(workspace: &str, id: &str) -> Scope {
    Scope::resource(workspace, "break-glass", id)
}

/// Asks to change a workspace of the last stage without a release. Nothing may be done until somebody else has agreed.
///
/// # Errors
/// Invalid for a time or a reason that can't be, and for a workspace that is not of the last stage; Forbidden for who is no person;
/// Conflict while one of theirs waits or is open.
pub async fn open(ctx: &OpContext, workspace: &str, reason: &str, minutes: i64) -> Result<Row> {
    ctx.authorize(action::RELEASE_BREAK_GLASS, &Scope::workspace(workspace))
        .await?;
    let workspace = crate::workspace::get(ctx, workspace).await?.name;
    let who = person(ctx, &workspace).await?;
    let place = Place::of(ctx.app(), &workspace).await?;
    if !place.is_last() {
        return Err(Error::invalid(format!(
            "failed to break the glass of workspace `{workspace}`: it is not of the last stage"
        ))
        .hint("deployments of other workspaces are changed as they are"));
    }
    let reason = reason.trim();
    if !REASON.contains(&reason.chars().count()) {
        let (least, most) = (REASON.start(), REASON.end());
        return Err(Error::invalid(format!(
            "failed to break the glass: its reason has not {least} to {most} characters"
        ))
        .hint("say what is broken, for those who read it later"));
    }
    if !(1..=LONGEST_MINUTES).contains(&minutes) {
        return Err(Error::invalid(format!(
            "failed to break the glass for {minutes} minutes: it counts for 1 to {LONGEST_MINUTES}"
        )));
    }
    let now = ctx.now_ms();
    let row = Row {
        id: ctx.app().clock.ulid().to_ascii_lowercase(),
        workspace: workspace.clone(),
        reason: reason.to_owned(),
        asked_by: who,
        asked_at: now,
        minutes,
        approved_by: None,
        approved_at: None,
        expires_at: now + PATIENCE_MS,
        closed_by: None,
        uses: 0,
    };
    let there = break_glass::of(ctx.app().store.read(), &workspace).await?;
    if let Some(own) = there
        .iter()
        .find(|one| one.asked_by == row.asked_by && [ASKED, OPEN].contains(&state(one, now)))
    {
        return Err(Error::conflict(format!(
            "failed to break the glass of workspace `{workspace}`: {} is {} already",
            own.id,
            state(own, now)
        ))
        .hint(format!(
            "end it with `tidemill release break-glass close -w {workspace} --id {}`",
            own.id
        )));
    }
    write(ctx, None, row.clone(), "asked").await?;
    Ok(row)
}

/// Agrees to it: from now on, for its time, who asked may change the workspace.
///
/// # Errors
/// NotFound; Forbidden for who asked; Precondition when it is over, or agreed to.
pub async fn approve(ctx: &OpContext, workspace: &str, id: &str) -> Result<Row> {
    ctx.authorize(action::RELEASE_APPROVE, &scope(workspace, id))
        .await?;
    let before = found(ctx, workspace, id).await?;
    let who = person(ctx, workspace).await?;
    if who == before.asked_by {
        let why = "it takes two people";
        ctx.refused(action::RELEASE_APPROVE, &scope(workspace, id), why)
            .await?;
        return Err(
            Error::forbidden(format!("failed to agree to break the glass: {why}")).hint("ask somebody else"),
        );
    }
    let now = ctx.now_ms();
    let was = state(&before, now);
    if was != ASKED {
        return Err(Error::new(
            Kind::Precondition,
            format!("failed to agree to break the glass: it is {was}"),
        )
        .hint("ask anew with `tidemill release break-glass open`"));
    }
    let row = Row {
        approved_by: Some(who),
        approved_at: Some(now),
        expires_at: now + before.minutes * MINUTE_MS,
        ..before.clone()
    };
    write(ctx, Some(before), row.clone(), "opened").await?;
    Ok(row)
}

/// Ends it before its time.
///
/// # Errors
/// NotFound; Precondition when it is over.
pub async fn close(ctx: &OpContext, workspace: &str, id: &str) -> Result<Row> {
    ctx.authorize(action::RELEASE_BREAK_GLASS, &scope(workspace, id))
        .await?;
    let before = found(ctx, workspace, id).await?;
    let now = ctx.now_ms();
    let was = state(&before, now);
    if ![ASKED, OPEN].contains(&was) {
        return Err(Error::new(
            Kind::Precondition,
            format!("failed to close break-glass `{id}`: it is {was}"),
        ));
    }
    let row = Row {
        closed_by: Some(super::who(ctx)),
        expires_at: now,
        ..before.clone()
    };
    write(ctx, Some(before), row.clone(), "closed").await?;
    Ok(row)
}

/// All of a workspace, newest first.
///
/// # Errors
/// NotFound, for a workspace that is not there.
pub async fn list(ctx: &OpContext, workspace: &str) -> Result<Vec<Row>> {
    ctx.authorize(action::RELEASE_READ, &Scope::workspace(workspace))
        .await?;
    let workspace = crate::workspace::get(ctx, workspace).await?.name;
    Ok(break_glass::of(ctx.app().store.read(), &workspace).await?)
}

/// `Asked`, `Open`, `Closed` or `Expired`.
pub fn state(row: &Row, now_ms: i64) -> &'static str {
    match (&row.closed_by, now_ms < row.expires_at, &row.approved_by) {
        (Some(_), _, _) => CLOSED,
        (None, false, _) => EXPIRED,
        (None, true, Some(_)) => OPEN,
        (None, true, None) => ASKED,
    }
}

/// Whether the one who asks has broken the glass of a workspace: then this change is written down, told, and goes on. One whose approver
/// may agree to nothing any more does not count.
pub(super) async fn covers(ctx: &OpContext, workspace: &str, stage: &str, what: &Scope) -> Result<bool> {
    let Some(who) = ctx
        .subject()
        .filter(|_| ctx.limits().is_none())
        .map(|subject| subject.to_string())
    else {
        return Ok(false);
    };
    let now = ctx.now_ms();
    let all = break_glass::of(ctx.app().store.read(), workspace).await?;
    let Some(row) = all
        .into_iter()
        .find(|row| row.asked_by == who && state(row, now) == OPEN)
    else {
        return Ok(false);
    };
    let at = scope(workspace, &row.id);
    let current = ctx.app().access.current();
    let counts = |who: &String| {
        Subject::parse(who)
            .is_some_and(|subject| current.grants(&subject).allow(action::RELEASE_APPROVE, &at))
    };
    if !row.approved_by.as_ref().is_some_and(counts) {
        return Ok(false);
    }
    tracing::warn!(workspace, who, reason = row.reason, change = %what, "the glass is broken: the last stage is changed without a release");
    let detail = json!({ "alarm": true, "is": "used", "change": what.to_string(), "why": row.reason,
        "asked_by": row.asked_by, "approved_by": row.approved_by, "glass": row.id });
    let change = Change {
        action: action::RELEASE_BREAK_GLASS,
        scope: at,
        before: Value::Null,
        after: detail.clone(),
    };
    let happened = event(ctx, &row, stage, "used", &detail);
    let herald = Herald::new(ctx);
    ctx.change(change, move |tx| {
        Box::pin(async move {
            break_glass::used(tx, &row.id).await?;
            herald.tell(tx, &row.workspace, alarm("used"), detail).await?;
            Ok(break_glass_event::add(tx, happened).await?)
        })
    })
    .await?;
    Ok(true)
}

/// What happened to those of a workspace, as the history of its releases tells it.
pub(super) fn as_history(event: break_glass_event::Model) -> super::Event {
    let break_glass_event::Model {
        id,
        glass: _,
        workspace,
        stage,
        at,
        who,
        kind,
        detail,
    } = event;
    super::Event {
        id,
        name: "break-glass".into(),
        number: 0,
        stage,
        target: workspace.clone(),
        workspace,
        at,
        who,
        kind,
        detail,
    }
}

async fn found(ctx: &OpContext, workspace: &str, id: &str) -> Result<Row> {
    let row = break_glass::get(ctx.app().store.read(), id).await?;
    row.filter(|row| row.workspace == workspace).ok_or_else(|| {
        Error::not_found("break-glass", id).hint(format!(
            "`tidemill release break-glass list -w {workspace}` shows what there is"
        ))
    })
}

/// A user in person: no job, no service principal and no limited token breaks a glass.
async fn person(ctx: &OpContext, workspace: &str) -> Result<String> {
    let who = ctx
        .subject()
        .filter(|who| who.kind == SubjectKind::User && ctx.limits().is_none());
    match who {
        Some(who) => Ok(who.to_string()),
        None => {
            let why = "it takes people, not jobs, service principals or limited tokens";
            ctx.refused(action::RELEASE_BREAK_GLASS, &Scope::workspace(workspace), why)
                .await?;
            Err(Error::forbidden(format!(
                "failed to break the glass of workspace `{workspace}`: {why}"
            )))
        }
    }
}

fn event(ctx: &OpContext, row: &Row, stage: &str, kind: &str, detail: &Value) -> break_glass_event::Model {
    break_glass_event::Model {
        id: ctx.app().clock.ulid(),
        glass: row.id.clone(),
        workspace: row.workspace.clone(),
        stage: stage.to_owned(),
        at: ctx.now_ms(),
        who: super::who(ctx),
        kind: format!("break_glass_{kind}"),
        detail: detail.to_string(),
    }
}

/// What webhooks of the workspace are told.
fn alarm(what: &str) -> WebhookEvent {
    let action = match what {
        "asked" => WebhookAction::Asked,
        "opened" => WebhookAction::Opened,
        "used" => WebhookAction::Used,
        _ => WebhookAction::Closed,
    };
    WebhookEvent::new(WebhookEntity::BreakGlass, action)
}

/// Writes what it is now, if nobody else has changed it since.
async fn write(ctx: &OpContext, before: Option<Row>, row: Row, what: &str) -> Result<()> {
    tracing::warn!(
        workspace = row.workspace,
        asked_by = row.asked_by,
        approved_by = row.approved_by,
        reason = row.reason,
        what,
        "break-glass"
    );
    let place = Place::of(ctx.app(), &row.workspace).await?;
    let detail = json!({ "alarm": true, "is": what, "why": row.reason, "asked_by": row.asked_by, "approved_by": row.approved_by,
        "closed_by": row.closed_by, "minutes": row.minutes, "expires_at": row.expires_at, "glass": row.id });
    let change = Change {
        action: if what == "opened" {
            action::RELEASE_APPROVE
        } else {
            action::RELEASE_BREAK_GLASS
        },
        scope: scope(&row.workspace, &row.id),
        before: before
            .as_ref()
            .map_or(Value::Null, |row| state(row, ctx.now_ms()).into()),
        after: detail.clone(),
    };
    let happened = event(ctx, &row, place.own.as_deref().unwrap_or_default(), what, &detail);
    let (herald, alarm) = (Herald::new(ctx), alarm(what));
    ctx.change(change, move |tx| {
        Box::pin(async move {
            let there = break_glass::get(tx, &row.id).await?;
            let marks = |row: &Row| (row.approved_by.clone(), row.closed_by.clone());
            if there.as_ref().map(marks) != before.as_ref().map(marks) {
                return Err(Error::conflict(
                    "failed to change break-glass: somebody else has changed it meanwhile",
                )
                .hint("look at it again with `tidemill release break-glass list`"));
            }
            herald.tell(tx, &row.workspace, alarm, detail).await?;
            break_glass::put(tx, row).await?;
            Ok(break_glass_event::add(tx, happened).await?)
        })
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Row {
        Row {
            id: "01k".into(),
            workspace: "prd".into(),
            reason: "it answers nothing".into(),
            asked_by: "user:ann".into(),
            asked_at: 0,
            minutes: 30,
            approved_by: None,
            approved_at: None,
            expires_at: 100,
            closed_by: None,
            uses: 0,
        }
    }

    #[test]
    fn it_ends_by_itself_and_by_hand() {
        let open = Row {
            approved_by: Some("user:bob".into()),
            ..row()
        };
        let closed = Row {
            closed_by: Some("user:bob".into()),
            ..open.clone()
        };
        assert_eq!([state(&row(), 99), state(&row(), 100)], [ASKED, EXPIRED]);
        assert_eq!([state(&open, 99), state(&open, 100)], [OPEN, EXPIRED]);
        assert_eq!([state(&closed, 1), state(&closed, 200)], [CLOSED, CLOSED]);
    }
}
