//! Follows the runs of published pipelines until their model has a release: completed, deployed in the first stage, released.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use tidemill_store::{candidate, job as job_row, online_deployment as deployment_row};

use crate::job::Status;
use crate::online_deployment::{FAILED as NOT_UP, SUCCEEDED};
use crate::published_pipeline::{
    Candidate, DEPLOYING, FAILED, RELEASED, TRAINING, deploy, open, tidy, write,
};
use crate::{App, Kind, Result};

/// How often they are looked at while there are any.
const LOOK: Duration = Duration::from_secs(1);

/// Whether there are candidates on their way.
#[derive(Debug, Default)]
pub struct Candidates {
    any: AtomicBool,
}

impl Candidates {
    /// Has them looked at.
    pub(crate) fn look(&self) {
        self.any.store(true, Ordering::Relaxed);
    }
}

/// Takes up those that are on their way.
pub(super) fn start(app: &Arc<App>) {
    app.candidates.look();
    tokio::spawn(run(Arc::downgrade(app)));
}

async fn run(weak: Weak<App>) {
    loop {
        let Some(app) = weak.upgrade().filter(|app| !app.is_stopping()) else {
            return;
        };
        if app.candidates.any.swap(false, Ordering::Relaxed) {
            match round(&app).await {
                Ok(0) => {}
                Ok(_) => app.candidates.look(),
                Err(error) => {
                    tracing::error!(%error, "failed to look at the candidates");
                    app.candidates.look();
                }
            }
        }
        drop(app);
        tokio::time::sleep(LOOK).await;
    }
}

async fn round(app: &Arc<App>) -> Result<usize> {
    let there = candidate::open(app.store.read()).await?;
    for row in &there {
        let Err(error) = step(app, row.clone()).await else {
            continue;
        };
        tracing::warn!(workspace = row.workspace, job = row.job, %error, "failed to bring a candidate further");
        // What is refused now will be refused the next time.
        if !matches!(error.kind, Kind::Internal | Kind::Unavailable | Kind::Timeout) {
            let hint = error
                .hint
                .as_ref()
                .map(|hint| format!(" ({hint})"))
                .unwrap_or_default();
            fail(app, row.clone(), format!("{}{hint}", error.message)).await?;
        }
    }
    Ok(there.len())
}

async fn fail(app: &Arc<App>, row: Candidate, why: String) -> Result<()> {
    let row = Candidate {
        state: FAILED.into(),
        reason: Some(why),
        updated_at: app.clock.now_ms(),
        ..row
    };
    write(app, row, "failed").await
}

async fn step(app: &Arc<App>, row: Candidate) -> Result<()> {
    let now = app.clock.now_ms();
    if row.state == TRAINING {
        let Some(job) = job_row::get(app.store.read(), &row.workspace, &row.job).await? else {
            // Its submission is on its way, or the server was killed before it.
            let is_lost = now - row.created_at > 60_000;
            return if is_lost {
                fail(app, row, "its run was never submitted".into()).await
            } else {
                Ok(())
            };
        };
        return match job.status.parse() {
            Ok(Status::Completed) => {
                let model = deploy(app, &row, &job).await?;
                let next = Candidate {
                    state: DEPLOYING.into(),
                    model: Some(model),
                    updated_at: now,
                    ..row
                };
                write(app, next, "deploying").await
            }
            Ok(Status::Failed | Status::Canceled) => {
                let why = job.reason.unwrap_or_else(|| "it did not say why".into());
                fail(app, row, format!("its run is {}: {why}", job.status)).await
            }
            _ => Ok(()),
        };
    }
    let there = deployment_row::get(app.store.read(), &row.target, &row.endpoint, &row.deployment).await?;
    match there.as_ref().map(|there| there.state.as_str()) {
        Some(SUCCEEDED) => {
            let release = open(app, &row).await?;
            let next = Candidate {
                state: RELEASED.into(),
                release: Some(release),
                updated_at: now,
                ..row
            };
            write(app, next.clone(), "released").await?;
            tidy(app, &next).await
        }
        Some(NOT_UP) => {
            let why = there
                .and_then(|there| there.reason)
                .unwrap_or_else(|| "it did not say why".into());
            fail(app, row, format!("its deployment did not come up: {why}")).await
        }
        Some(_) => Ok(()),
        None => fail(app, row, "its deployment was removed".into()).await,
    }
}
