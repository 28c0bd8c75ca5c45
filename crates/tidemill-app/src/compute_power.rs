//! Compute instances are started and stopped: by hand, by their schedules, and when they are idle. A stopped one takes no new jobs; what
//! runs on it runs to its end.

use std::collections::HashMap;

use serde_json::{Value, json};
use tidemill_policy::Subject;
use tidemill_spec::arm::place::is_guid;
use tidemill_spec::kinds::{self, ComputeInstance, ScheduleState, StartStop};
use tidemill_spec::trigger::Times;
use tidemill_store::{compute, compute_power, from_json};

use crate::access::Snapshot;
use crate::context::Change;
use crate::{App, Error, Kind, OpContext, Result, Scope, action};

const RUNNING: &str = "running";
const STOPPED: &str = "stopped";
/// How far back times are looked for that nobody saw, because no server ran: 62 days.
const LOOK_BACK_MS: i64 = 62 * DAY_MS;
const DAY_MS: i64 = 24 * 3600 * 1000;
/// Times that are looked at of one schedule at once.
const MOST_TIMES: usize = 100_000;

/// What an instance is now, as `az ml compute show` has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Power {
    /// `Running`, `Stopping` while jobs run on it that it no longer takes, `Stopped`.
    pub state: &'static str,
    /// Why it is stopped.
    pub why: Option<String>,
}

/// Who may use an instance that is for one person; none for one that is for all.
pub(crate) fn person(spec: &kinds::Compute) -> Option<Subject> {
    let kinds::Compute::ComputeInstance(instance) = spec else {
        return None;
    };
    let whom = instance.create_on_behalf_of.as_ref()?.user_object_id.as_deref()?;
    // The id of one of Azure's users says nothing here.
    Subject::parse(whom).filter(|_| !is_guid(whom))
}

/// Refuses an instance for somebody who is not there.
pub(crate) fn check_person(current: &Snapshot, given: &str, spec: &kinds::Compute) -> Result<()> {
    match person(spec) {
        Some(whom) if !current.active.contains(&whom) && !current.teams.contains(&whom) => {
            let message = format!("failed to make compute `{given}`: it is for {whom}, who is not there");
            Err(Error::invalid(message)
                .hint("give the name of a user as create_on_behalf_of.user_object_id: `tidemill user list`"))
        }
        _ => Ok(()),
    }
}

/// Whether somebody is the person for whom an instance is, or in the team.
fn is_theirs(current: &Snapshot, who: &Subject, whom: &Subject) -> bool {
    who == whom || current.access.circles(who).contains(whom)
}

/// Refuses the instance of somebody else.
pub(crate) fn check_use(ctx: &OpContext, name: &str, spec: &kinds::Compute) -> Result<()> {
    let (Some(whom), Some(who)) = (person(spec), ctx.for_whom()) else {
        return Ok(());
    };
    match is_theirs(&ctx.app().access.current(), who, &whom) {
        true => Ok(()),
        false => Err(Error::forbidden(format!(
            "failed to use compute `{name}`: it is for {whom} alone (create_on_behalf_of)"
        ))
        .hint("use a compute of your own, or ask for one: `tidemill compute request create`")),
    }
}

/// Starts or stops an instance.
///
/// # Errors
/// NotFound; Invalid for what is no instance; Forbidden for the instance of somebody else, unless one may change computes.
pub async fn switch(ctx: &OpContext, workspace: &str, name: &str, turn: StartStop) -> Result<compute::Model> {
    let scope = Scope::resource(workspace, "computes", name);
    let action = match turn {
        StartStop::Start => action::COMPUTE_START,
        StartStop::Stop => action::COMPUTE_STOP,
    };
    ctx.authorize(action, &scope).await?;
    let row = crate::compute::get(ctx, workspace, name).await?;
    let spec: kinds::Compute = from_json("compute", "spec", &row.spec)?;
    if !matches!(spec, kinds::Compute::ComputeInstance(_)) {
        let message = format!(
            "failed to {} compute `{name}`: a compute of type {} has its nodes while jobs need them",
            word(turn),
            row.kind
        );
        return Err(Error::invalid(message).hint("compute instances are started and stopped"));
    }
    if let Err(error) = check_use(ctx, name, &spec)
        && !ctx.may(action::COMPUTE_WRITE, &scope)
    {
        ctx.refused(action, &scope, "it is the instance of somebody else")
            .await?;
        return Err(error);
    }
    set(ctx, &row.workspace, name, turn, "by hand".into()).await?;
    Ok(row)
}

fn word(turn: StartStop) -> &'static str {
    match turn {
        StartStop::Start => "start",
        StartStop::Stop => "stop",
    }
}

/// Writes the state, with its audit row, and tells the scheduler. What is so already is left.
async fn set(ctx: &OpContext, workspace: &str, name: &str, turn: StartStop, why: String) -> Result<()> {
    let (action, state) = match turn {
        StartStop::Start => (action::COMPUTE_START, RUNNING),
        StartStop::Stop => (action::COMPUTE_STOP, STOPPED),
    };
    let written = compute_power::Model {
        workspace: workspace.to_owned(),
        compute: name.to_owned(),
        state: state.to_owned(),
        at: ctx.now_ms(),
        who: ctx.principal().to_string(),
        why: why.clone(),
    };
    let change = Change {
        action,
        scope: Scope::resource(workspace, "computes", name),
        before: Value::Null,
        after: Value::Null,
    };
    ctx.change_as(change, move |tx| {
        Box::pin(async move {
            if compute::get(tx, &written.workspace, &written.compute)
                .await?
                .is_none()
            {
                return Err(Error::not_found("compute", &written.compute));
            }
            let before = compute_power::get(tx, &written.workspace, &written.compute).await?;
            if before.as_ref().map_or(RUNNING, |before| before.state.as_str()) == state {
                return Ok(None);
            }
            compute_power::put(tx, written).await?;
            Ok(Some(((), json!({ "state": state, "why": why }))))
        })
    })
    .await?;
    crate::compute::tell(ctx.app(), workspace, name).await
}

/// Why an instance is stopped; none for one that runs.
pub(crate) fn why_stopped(row: compute_power::Model) -> Option<String> {
    (row.state == STOPPED).then_some(row.why)
}

/// Tells the scheduler which instances are stopped, before it gives anything a turn.
pub(crate) async fn read(app: &App) -> Result<()> {
    for row in compute_power::all(app.store.read()).await? {
        crate::compute::tell(app, &row.workspace, &row.compute).await?;
    }
    Ok(())
}

/// What the instances of a workspace are now, by name. What is no instance is not among them.
///
/// # Errors
/// When the store can't be read.
pub async fn states(app: &App, rows: &[compute::Model]) -> Result<HashMap<String, Power>> {
    let mut states = HashMap::new();
    let Some(first) = rows.first() else {
        return Ok(states);
    };
    let known = compute_power::of(app.store.read(), &first.workspace).await?;
    for row in rows.iter().filter(|row| row.kind == "computeinstance") {
        let power = known.iter().find(|power| power.compute == row.name);
        let stopped = power.filter(|power| power.state == STOPPED);
        let state = match stopped {
            None => "Running",
            Some(_) if app.scheduler.taken(&row.workspace, &row.name).0 => "Stopping",
            Some(_) => "Stopped",
        };
        let why = stopped.map(|power| format!("{} ({})", power.why, power.who));
        states.insert(row.name.clone(), Power { state, why });
    }
    Ok(states)
}

/// What was seen of an instance the last time.
#[derive(Debug, Clone, Copy)]
struct Seen {
    at: i64,
    busy_at: i64,
    turns: u64,
}

/// What goes on by itself is looked at from time to time; this is what is remembered in between.
#[derive(Debug, Default)]
pub(crate) struct Watch(HashMap<(String, String), Seen>);

/// Starts and stops what is due.
pub(crate) async fn round(ctx: &OpContext, watch: &mut Watch) -> Result<()> {
    let app = ctx.app();
    let now = ctx.now_ms();
    let rows = compute::of_kind(app.store.read(), "computeinstance").await?;
    let powers = compute_power::all(app.store.read()).await?;
    let mut next = HashMap::new();
    for row in rows {
        let key = (row.workspace.clone(), row.name.clone());
        let (_, turns) = app.scheduler.taken(&row.workspace, &row.name);
        let power = powers
            .iter()
            .find(|power| power.workspace == row.workspace && power.compute == row.name);
        let is_on = power.is_none_or(|power| power.state != STOPPED);
        // A job that waits for something else than this instance will want it.
        let is_busy = is_on && app.scheduler.is_wanted(&row.workspace, &row.name);
        let before = watch.0.get(&key).copied();
        let was_busy = is_busy || before.is_some_and(|before| before.turns != turns);
        let seen = Seen {
            at: now,
            busy_at: match before {
                Some(before) if !was_busy => before.busy_at,
                _ => now,
            },
            turns,
        };
        next.insert(key, seen);
        let Ok(kinds::Compute::ComputeInstance(spec)) = from_json("compute", "spec", &row.spec) else {
            continue;
        };
        let now_is = Now {
            at: now,
            seen_at: before.map_or(now - LOOK_BACK_MS, |before| before.at),
            changed_at: power.map_or(row.created_at, |power| power.at).max(row.updated_at),
            busy_at: seen.busy_at,
            is_on,
            is_busy,
        };
        if let Some((turn, why)) = due(&spec, row.created_at, now_is) {
            match set(ctx, &row.workspace, &row.name, turn, why).await {
                Err(error) if error.kind != Kind::NotFound => {
                    // The others are looked at all the same, and this one again the next time.
                    tracing::warn!(%error, workspace = row.workspace, compute = row.name, "failed to switch an instance");
                }
                _ => {}
            }
        }
    }
    watch.0 = next;
    Ok(())
}

/// How an instance is at a moment; times are UTC milliseconds.
#[derive(Debug, Clone, Copy)]
struct Now {
    at: i64,
    /// When it was looked at before.
    seen_at: i64,
    /// When it was made, changed or switched last: what was due before that counts no more.
    changed_at: i64,
    /// When a job was seen on it last.
    busy_at: i64,
    is_on: bool,
    is_busy: bool,
}

/// What is to become of an instance, and why: what its schedules say last, else whether it was idle for too long.
fn due(spec: &ComputeInstance, made_at: i64, now: Now) -> Option<(StartStop, String)> {
    let since = now.seen_at.max(now.changed_at).max(now.at - LOOK_BACK_MS);
    let times = spec.schedules.iter().flat_map(|all| &all.compute_start_stop);
    let said = times
        .filter(|one| one.state != Some(ScheduleState::Disabled))
        .filter_map(|one| {
            let times = Times::read(one.trigger.as_ref()?, made_at).ok()?;
            // What is due is mostly of the last moments: all of two months are looked at where nothing came since.
            let last = [DAY_MS, 8 * DAY_MS, LOOK_BACK_MS]
                .into_iter()
                .find_map(|back| times.between(since.max(now.at - back), now.at, MOST_TIMES).pop())?;
            // Of two at one moment, stopping counts.
            Some((last, one.action == StartStop::Stop, one.action))
        })
        .max_by_key(|(at, stops, _)| (*at, *stops));
    if let Some((_, _, turn)) = said {
        return ((turn == StartStop::Start) != now.is_on).then(|| (turn, "by its schedule".into()));
    }
    let idle = spec.idle_seconds()?;
    let idle_ms = i64::try_from(idle.saturating_mul(1000)).unwrap_or(i64::MAX);
    let is_idle = now.is_on && !now.is_busy;
    let since = now.busy_at.max(now.changed_at);
    (is_idle && now.at.saturating_sub(since) >= idle_ms).then(|| {
        let why = match idle % 60 {
            0 => format!("idle for {} minutes", idle / 60),
            _ => format!("idle for {idle} seconds"),
        };
        (StartStop::Stop, why)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 24 * 3600 * 1000;
    const HOUR: i64 = 3600 * 1000;

    fn instance(fields: Value) -> ComputeInstance {
        let mut whole = json!({"type": "computeinstance", "name": "mine"});
        whole
            .as_object_mut()
            .expect("a map")
            .extend(fields.as_object().expect("a map").clone());
        match serde_json::from_value(whole).expect("an instance") {
            kinds::Compute::ComputeInstance(instance) => *instance,
            other => panic!("{other:?}"),
        }
    }

    /// On from 7 to 19 o'clock.
    fn by_day() -> ComputeInstance {
        let at = |action: &str, hour: u32| json!({"action": action, "trigger": {"type": "cron", "expression": format!("0 {hour} * * *")}});
        instance(json!({"schedules": {"compute_start_stop": [at("start", 7), at("stop", 19)]}}))
    }

    fn now(at: i64) -> Now {
        Now {
            at,
            seen_at: at - 5_000,
            changed_at: 0,
            busy_at: at,
            is_on: true,
            is_busy: false,
        }
    }

    #[test]
    fn schedules_start_and_stop_at_their_times_and_leave_what_is_so_already() {
        let spec = by_day();
        let at = |hour: i64| 100 * DAY + hour * HOUR;
        assert_eq!(
            due(&spec, 0, now(at(19))),
            Some((StartStop::Stop, "by its schedule".into()))
        );
        assert_eq!(due(&spec, 0, now(at(19) - 1)), None);
        assert_eq!(due(&spec, 0, now(at(20))), None);
        let off = |at| Now {
            is_on: false,
            ..now(at)
        };
        assert_eq!(
            due(&spec, 0, off(at(7))),
            Some((StartStop::Start, "by its schedule".into()))
        );
        assert_eq!(due(&spec, 0, off(at(19))), None);
    }

    #[test]
    fn what_fell_due_while_no_server_ran_is_made_up_for_unless_somebody_switched_since() {
        let spec = by_day();
        let at = 100 * DAY + 22 * HOUR;
        let found_again = Now {
            seen_at: at - LOOK_BACK_MS,
            ..now(at)
        };
        assert_eq!(
            due(&spec, 0, found_again).map(|(turn, _)| turn),
            Some(StartStop::Stop)
        );
        let by_hand = Now {
            changed_at: at - HOUR,
            ..found_again
        };
        assert_eq!(due(&spec, 0, by_hand), None);
    }

    #[test]
    fn an_instance_is_stopped_when_it_was_idle_for_its_time_and_not_before() {
        for spec in [
            instance(json!({"idle_time_before_shutdown": "PT30M"})),
            instance(json!({"idle_time_before_shutdown_minutes": 30})),
        ] {
            let at = 100 * DAY;
            let idle = |minutes: i64| Now {
                busy_at: at - minutes * 60_000,
                ..now(at)
            };
            assert_eq!(due(&spec, 0, idle(29)), None);
            assert_eq!(
                due(&spec, 0, idle(30)),
                Some((StartStop::Stop, "idle for 30 minutes".into()))
            );
            assert_eq!(
                due(
                    &spec,
                    0,
                    Now {
                        is_busy: true,
                        ..idle(60)
                    }
                ),
                None
            );
            assert_eq!(
                due(
                    &spec,
                    0,
                    Now {
                        is_on: false,
                        ..idle(60)
                    }
                ),
                None
            );
            assert_eq!(
                due(
                    &spec,
                    0,
                    Now {
                        changed_at: at - 60_000,
                        ..idle(60)
                    }
                ),
                None
            );
        }
        assert_eq!(
            due(
                &instance(json!({})),
                0,
                Now {
                    busy_at: 0,
                    ..now(100 * DAY)
                }
            ),
            None
        );
    }
}
