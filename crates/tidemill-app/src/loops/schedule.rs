//! Looks when schedules fall due. Each time starts one job: what a server before this one took up is ended first, times that were missed
//! are made up for by one job that says so, and a clock that is set back starts nothing anew.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use serde_json::Value;
use tidemill_store::{schedule as row_of, schedule_run};
use tokio::sync::Notify;

use crate::schedule::{self, Due, Row};
use crate::{App, Error, Result};

/// How often the clock is looked at: it may be set.
const LOOK: Duration = Duration::from_secs(1);
/// A time that is taken up later than this was missed, in milliseconds.
const LATE_MS: i64 = 60_000;
/// A clock that goes back by more than this was set, in milliseconds.
const SET_BACK_MS: i64 = 2_000;
/// How often what happened is looked for, in milliseconds.
const HAPPENED_MS: i64 = 2_000;
/// Missed times are counted up to here.
const MOST_MISSED: usize = 10_000;

/// When schedules are looked at next.
#[derive(Debug, Default)]
pub struct Schedules {
    next_at: AtomicI64,
    news: Notify,
}

impl Schedules {
    /// Has the schedules looked at now.
    pub(crate) fn look(&self) {
        self.next_at.store(0, Ordering::Relaxed);
        self.news.notify_one();
    }
}

/// Ends what was taken up, and begins to look.
///
/// # Errors
/// When the store cannot be read.
pub(super) async fn start(app: &Arc<App>) -> Result<()> {
    for run in schedule_run::claimed(app.store.read()).await? {
        if let Some(row) = row_of::get(app.store.read(), &run.workspace, &run.schedule).await? {
            schedule::submit(app, &row, run).await?;
        }
    }
    tokio::spawn(run(Arc::downgrade(app)));
    Ok(())
}

async fn run(weak: Weak<App>) {
    let mut seen_ms = 0;
    loop {
        let Some(app) = weak.upgrade().filter(|app| !app.is_stopping()) else {
            return;
        };
        let now = app.clock.now_ms();
        let set_back = now + SET_BACK_MS < seen_ms;
        seen_ms = now;
        if set_back || now >= app.schedules.next_at.load(Ordering::Relaxed) {
            // Who asks for a look while this one goes on gets another one.
            app.schedules.next_at.store(i64::MAX, Ordering::Relaxed);
            match round(&app, set_back).await {
                Ok(next) => drop(app.schedules.next_at.fetch_min(next, Ordering::Relaxed)),
                Err(error) => {
                    tracing::error!(%error, "failed to look at the schedules");
                    app.schedules.next_at.fetch_min(now + 5_000, Ordering::Relaxed);
                }
            }
        }
        let wait = app.clone();
        drop(app);
        drop(tokio::time::timeout(LOOK, wait.schedules.news.notified()).await);
    }
}

/// Takes up what is due, and says when to look again, in UTC milliseconds.
pub(crate) async fn round(app: &Arc<App>, set_back: bool) -> Result<i64> {
    let mut next = i64::MAX;
    for row in row_of::enabled(app.store.read()).await? {
        match look_at(app, &row, set_back).await {
            Ok(Some(at)) => next = next.min(at),
            Ok(None) => {}
            Err(error) => {
                tracing::error!(workspace = row.workspace, schedule = row.name, %error, "failed to look at a schedule");
                next = next.min(app.clock.now_ms() + 5_000);
            }
        }
    }
    Ok(next)
}

/// Takes up what is due of one schedule; says when to look at it again.
async fn look_at(app: &Arc<App>, row: &Row, set_back: bool) -> Result<Option<i64>> {
    let spec = schedule::spec_of(row)?;
    let now = app.clock.now_ms();
    let Some(times) = schedule::times(&spec, row.made_at) else {
        for (due, seen_at) in schedule::since(app, row, &spec).await? {
            if let Some(run) = schedule::claim(app, row, due, None, seen_at).await? {
                schedule::submit(app, row, run).await?;
            }
        }
        return Ok(Some(now + HAPPENED_MS));
    };
    if set_back {
        // A clock that ran ahead has put the next time off; what was taken up stays taken up, for its key is there.
        let next = times.next(now.max(row.made_at - 1));
        advance(app, row, next).await?;
        return Ok(next);
    }
    let Some(due) = row.next_at.filter(|next| *next <= now) else {
        return Ok(row.next_at);
    };
    let passed = times.between(due - 1, now, MOST_MISSED);
    let next = times.next(now);
    let Some(last) = passed.last().copied() else {
        advance(app, row, next).await?;
        return Ok(next);
    };
    let missed = passed.len() - 1;
    let late = now - last > LATE_MS;
    let reason = match missed {
        0 if !late => None,
        0 => Some(format!("it was due at {}, when nobody looked", utc(last))),
        _ => Some(format!(
            "{}{} times were missed since {}; this run stands for all of them",
            missed,
            if passed.len() == MOST_MISSED {
                " or more"
            } else {
                ""
            },
            utc(due)
        )),
    };
    let due = Due {
        id: format!("at-{}", utc(last)),
        due_at: last,
        why: if reason.is_some() { "catch_up" } else { "due" },
        missed: i64::try_from(missed).unwrap_or(i64::MAX),
        who: "system".into(),
        inputs: Value::Object(Default::default()),
        reason,
    };
    if let Some(run) = schedule::claim(app, row, due, next, row.seen_at).await? {
        schedule::submit(app, row, run).await?;
    }
    Ok(next)
}

async fn advance(app: &Arc<App>, row: &Row, next: Option<i64>) -> Result<()> {
    let row = row.clone();
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move { Ok(row_of::advance(tx, &row, next, row.seen_at).await?) })
        })
        .await
}

fn utc(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |moment| moment.to_string())
}
