//! Applying a plan: one step after the other, each through its use case, as the one who applies. What broke off goes on where
//! it was; what has moved since is never overwritten.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};
use tidemill_api::infra::InfraPlan;
use tidemill_plan::infra::{Action, Actual, Address, Moved, Seen, Step, moved};
use tidemill_store::infra::{plan as plan_row, resource, step as step_row};
use tidemill_store::to_json;

use super::plan::{Body, body_of, check_owners, counts, find, look, opened, shown};
use super::wanted::Wanted;
use super::{actual, gate, rights, scope, test, write};
use crate::context::Change;
use crate::{Error, Kind, OpContext, Result, action};

/// The plans that are being applied by this server, by stack.
#[derive(Debug, Default)]
pub struct Running(Mutex<HashMap<String, Now>>);

#[derive(Debug, Clone)]
struct Now {
    plan: String,
    by: String,
}

/// Holds a stack while a plan of it is applied.
struct Hold {
    app: Arc<crate::App>,
    stack: String,
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.app.infra.lock().remove(&self.stack);
    }
}

impl Running {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Now>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a plan is being applied now.
    pub(super) fn is_running(&self, plan: &str) -> bool {
        self.lock().values().any(|now| now.plan == plan)
    }

    fn take(&self, row: &plan_row::Model, by: String) -> Result<()> {
        let mut running = self.lock();
        if let Some(now) = running.get(&row.stack) {
            return Err(Error::conflict(format!(
                "failed to apply plan {}: plan {} of stack `{}` is being applied by {}",
                row.id, now.plan, row.stack, now.by
            ))
            .hint(format!(
                "`tidemill infra show {}` shows how far it is; then plan again",
                now.plan
            )));
        }
        let now = Now {
            plan: row.id.clone(),
            by,
        };
        running.insert(row.stack.clone(), now);
        Ok(())
    }
}

/// Applies a plan, and comes back when it is done. One that was applied already is shown as it is; one that broke off goes on.
///
/// # Errors
/// Conflict when the world has moved since, with what moved, when something is in the way, and while another plan of the
/// stack is being applied; Forbidden when a step lacks a permission: then nothing is done.
pub async fn apply(ctx: &OpContext, id: &str) -> Result<InfraPlan> {
    ctx.authorize(action::INFRA_APPLY, &crate::Scope::server())
        .await?;
    let row = find(ctx.app(), id).await?;
    ctx.app().infra.take(&row, ctx.principal().to_string())?;
    let hold = Hold {
        app: ctx.app().clone(),
        stack: row.stack.clone(),
    };
    // Whoever asked may hang up; what was begun is brought to an end.
    let ctx = ctx.clone();
    let task = tokio::spawn(async move {
        let applied = held(&ctx, &row.id).await;
        drop(hold);
        applied?;
        shown(&ctx, find(ctx.app(), &row.id).await?).await
    });
    task.await.map_err(Error::internal)?
}

/// Applies, while nobody else applies a plan of the stack.
async fn held(ctx: &OpContext, id: &str) -> Result<()> {
    let row = find(ctx.app(), id).await?;
    if row.state == "applied" {
        return Ok(());
    }
    let body = body_of(&row)?;
    let Some(wanted) = opened(ctx.app(), &row).await? else {
        return Err(Error::conflict(format!(
            "failed to apply plan {id}: another plan of stack `{}` was applied since, or it is older than a week",
            row.stack
        ))
        .hint("plan again"));
    };
    let states = step_row::of(ctx.app().store.read(), id).await?;
    let states: HashMap<usize, String> = states
        .into_iter()
        .filter_map(|row| Some((usize::try_from(row.place).ok()?, row.state)))
        .collect();
    check_rights(ctx, &row.stack, &body, &wanted, &states).await?;
    if !body.blocked.is_empty() {
        let error = Error::conflict(format!("failed to apply plan {id}: {}", body.blocked.join("; ")));
        return Err(error.hint("take it out of the way, and plan again"));
    }
    check_gates(ctx, &row, &body).await?;
    check_owners(ctx.app(), &row.stack, &wanted).await?;
    check_moved(ctx, &row, &body, &states).await?;
    started(ctx, &row, &body).await?;
    let done = steps(&ctx.rolling_out(), &row, &body, &wanted, &states).await;
    ended(ctx, &row, done.as_ref().err()).await?;
    done?;
    if !body.tests.is_empty() {
        test::start(ctx, &row, &body).await?;
    }
    Ok(())
}

/// Refuses while a stage that the plan touches asks for something that does not hold. A plan that was begun is brought to an end
/// only as long as it holds.
async fn check_gates(ctx: &OpContext, row: &plan_row::Model, body: &Body) -> Result<()> {
    let who = ctx.principal().to_string();
    // A workspace may have become another stage since the plan was made: both count.
    let mut body = body.clone();
    for touch in gate::touches(ctx.app(), &body.steps, true).await? {
        if !body.touches.contains(&touch) {
            body.touches.push(touch);
        }
    }
    let found = gate::findings(ctx.app(), row, &body, Some(&who)).await?;
    let open: Vec<_> = found.into_iter().filter(|one| one.verdict != "passed").collect();
    if open.is_empty() {
        return Ok(());
    }
    let told: Vec<String> = open
        .iter()
        .map(|one| format!("{} asks for {}: {}", one.stage, one.gate, one.says))
        .collect();
    let why = told.join("; ");
    ctx.refused(action::INFRA_APPLY, &scope(&row.stack), &why).await?;
    let error = Error::new(
        Kind::Precondition,
        format!("failed to apply plan {}: {why}", row.id),
    );
    Err(match open.iter().any(|one| one.verdict == "refused") {
        true => error.hint("this plan will not be applied; make another one as the stage asks for it"),
        false => error.hint(format!(
            "`tidemill infra show {}` says who must act; then apply the same plan by its id",
            row.id
        )),
    })
}

async fn check_rights(
    ctx: &OpContext,
    stack: &str,
    body: &Body,
    wanted: &[Wanted],
    states: &HashMap<usize, String>,
) -> Result<()> {
    let open = body
        .steps
        .iter()
        .enumerate()
        .filter(|(place, _)| !is_done(states, *place));
    let mut lacking: Vec<String> = open
        .flat_map(|(_, step)| rights::lacking(ctx, step, wanted))
        .collect();
    lacking.dedup();
    if lacking.is_empty() {
        return Ok(());
    }
    let why = format!("these permissions are lacking: {}", lacking.join("; "));
    ctx.refused(action::INFRA_APPLY, &scope(stack), &why).await?;
    Err(
        Error::forbidden(format!("failed to apply to stack `{stack}`: {why}"))
            .hint("nothing was done; somebody who may do all of it can apply the same plan by its id"),
    )
}

fn is_done(states: &HashMap<usize, String>, place: usize) -> bool {
    states.get(&place).is_some_and(|state| state == "done")
}

/// Refuses when something is neither as it was when the plan was made, nor as the plan has made it already.
async fn check_moved(
    ctx: &OpContext,
    row: &plan_row::Model,
    body: &Body,
    states: &HashMap<usize, String>,
) -> Result<()> {
    let places: HashMap<&Address, usize> = body
        .steps
        .iter()
        .enumerate()
        .map(|(place, step)| (&step.address, place))
        .collect();
    let addresses: Vec<Address> = body.seen.iter().map(|seen| seen.address.clone()).collect();
    let now = look(ctx.app(), addresses).await?;
    let mut all = Vec::new();
    for seen in &body.seen {
        let place = places.get(&seen.address).copied();
        let step = place.map(|place| &body.steps[place]);
        let state = place.and_then(|place| states.get(&place)).map(String::as_str);
        if let Some(moved) = moved_since(seen, step, state, &now) {
            all.push(moved);
        }
    }
    if all.is_empty() {
        return Ok(());
    }
    let told: Vec<String> = all.iter().map(ToString::to_string).collect();
    Err(Error::conflict(format!(
        "failed to apply plan {}: the world has moved since it was made: {}",
        row.id,
        told.join("; ")
    ))
    .hint("plan again, and look at what it does now"))
}

/// What moved of one resource, given how far its step is.
fn moved_since(seen: &Seen, step: Option<&Step>, state: Option<&str>, now: &[Actual]) -> Option<Moved> {
    let after = |spec: Option<Value>| Seen {
        address: seen.address.clone(),
        spec,
    };
    let first = |seen: &Seen| moved(std::slice::from_ref(seen), now).into_iter().next();
    match (step, state) {
        (Some(step), Some("done")) if step.action != Action::Forget => first(&after(step.after.clone())),
        // It was begun: before and after are both fine, and for what is made anew, so is nothing.
        (Some(step), Some(_)) => {
            let before = first(seen)?;
            first(&after(step.after.clone()))?;
            match step.action {
                Action::Replace => first(&after(None)).map(|_| before),
                _ => Some(before),
            }
        }
        _ => first(seen),
    }
}

async fn started(ctx: &OpContext, row: &plan_row::Model, body: &Body) -> Result<()> {
    let change = Change {
        action: action::INFRA_APPLY,
        scope: scope(&row.stack),
        before: Value::Null,
        after: json!({ "plan": row.id, "digest": row.digest, "began": true, "counts": counts(&body.steps), "stages": body.stages }),
    };
    let (id, by, now) = (row.id.clone(), ctx.principal().to_string(), ctx.now_ms());
    ctx.change(change, move |tx| {
        Box::pin(async move { Ok(plan_row::start(tx, &id, &by, now).await?) })
    })
    .await
}

async fn ended(ctx: &OpContext, row: &plan_row::Model, error: Option<&Error>) -> Result<()> {
    let told = error.map(ToString::to_string);
    let change = Change {
        action: action::INFRA_APPLY,
        scope: scope(&row.stack),
        before: Value::Null,
        after: json!({ "plan": row.id, "ended": true, "error": told }),
    };
    let (id, stack, now) = (row.id.clone(), row.stack.clone(), ctx.now_ms());
    ctx.change(change, move |tx| {
        Box::pin(async move {
            let well = told.is_none();
            plan_row::end(tx, &id, told, now).await?;
            if well {
                plan_row::forget_secrets(tx, &stack, &id).await?;
            }
            Ok(())
        })
    })
    .await
}

async fn steps(
    ctx: &OpContext,
    row: &plan_row::Model,
    body: &Body,
    wanted: &[Wanted],
    states: &HashMap<usize, String>,
) -> Result<()> {
    let wanted: HashMap<&Address, &Wanted> = wanted.iter().map(|one| (&one.address, one)).collect();
    let seen: HashMap<&Address, &Seen> = body.seen.iter().map(|seen| (&seen.address, seen)).collect();
    for (place, step) in body.steps.iter().enumerate() {
        if is_done(states, place) || step.action == Action::Keep {
            continue;
        }
        let state = states.get(&place).map(String::as_str);
        let one = Doing {
            ctx,
            row,
            place,
            step,
        };
        one.note("begun", None).await?;
        let done = one
            .run(
                wanted.get(&step.address).copied(),
                seen.get(&step.address).copied(),
                state,
            )
            .await;
        if let Err(error) = done {
            one.note("failed", Some(error.to_string())).await?;
            return Err(Error {
                message: format!("{}: {}", step.address, error.message),
                ..error
            });
        }
        one.record().await?;
    }
    Ok(())
}

/// One step that is being done.
struct Doing<'a> {
    ctx: &'a OpContext,
    row: &'a plan_row::Model,
    place: usize,
    step: &'a Step,
}

impl Doing<'_> {
    /// Writes how far it is.
    async fn note(&self, state: &str, error: Option<String>) -> Result<()> {
        let row = self.state(state, error);
        self.ctx
            .app()
            .store
            .write::<_, Error, _>(move |tx| Box::pin(async move { Ok(step_row::put(tx, row).await?) }))
            .await
    }

    fn state(&self, state: &str, error: Option<String>) -> step_row::Model {
        step_row::Model {
            plan: self.row.id.clone(),
            place: i64::try_from(self.place).unwrap_or(i64::MAX),
            state: state.to_owned(),
            at: self.ctx.now_ms(),
            error,
        }
    }

    /// Does it, unless it has been done already by somebody who could not write that down any more.
    async fn run(&self, wanted: Option<&Wanted>, seen: Option<&Seen>, state: Option<&str>) -> Result<()> {
        let (ctx, step) = (self.ctx, self.step);
        let found = actual::find(ctx.app(), &step.address).await?;
        let now: Vec<Actual> = found.iter().map(|found| found.actual.clone()).collect();
        // Looked at once more, for the steps before it took their time.
        if let Some(moved) = seen.and_then(|seen| moved_since(seen, Some(step), state, &now)) {
            return Err(Error::new(
                Kind::Conflict,
                format!("the world has moved since it was planned: {moved}"),
            )
            .hint("plan again, and look at what it does now"));
        }
        let revision = found.as_ref().and_then(|found| found.revision);
        let is = found.map(|found| found.actual.spec);
        match step.action {
            Action::Keep | Action::Adopt | Action::Forget => Ok(()),
            Action::Delete if is.is_none() => Ok(()),
            Action::Delete => write::delete(ctx, &step.address).await,
            _ if is == step.after => Ok(()),
            Action::Create | Action::Change => write::put(ctx, one(wanted)?, revision).await,
            Action::Replace => {
                if is.is_some() {
                    write::delete(ctx, &step.address).await?;
                }
                write::put(ctx, one(wanted)?, None).await
            }
        }
    }

    /// Writes that it is done, and what the stack manages now, in one.
    async fn record(&self) -> Result<()> {
        let step = self.step;
        let done = self.state("done", None);
        let address = step.address.clone();
        let kept = match step.action {
            Action::Delete | Action::Forget => None,
            _ => {
                let found = actual::find(self.ctx.app(), &address).await?;
                found.map(|found| resource::Model {
                    kind: address.kind.clone(),
                    scope: address.scope.clone(),
                    name: address.name.clone(),
                    stack: self.row.stack.clone(),
                    applied: to_json(&found.actual.spec),
                    needs: to_json(&step.needs),
                    plan: self.row.id.clone(),
                    place: i64::try_from(self.place).unwrap_or(i64::MAX),
                    applied_at: self.ctx.now_ms(),
                })
            }
        };
        self.ctx
            .app()
            .store
            .write::<_, Error, _>(move |tx| {
                Box::pin(async move {
                    match kept {
                        Some(row) => resource::put(tx, row).await?,
                        None => resource::delete(tx, &address.kind, &address.scope, &address.name).await?,
                    }
                    Ok(step_row::put(tx, done).await?)
                })
            })
            .await
    }
}

fn one(wanted: Option<&Wanted>) -> Result<&Wanted> {
    wanted.ok_or_else(|| Error::internal("a plan does not say what it makes"))
}
