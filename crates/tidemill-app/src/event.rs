//! What changes in a workspace, for pages that show it: names of jobs and runs, gathered for a moment.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::Stream;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, sleep_until};

use crate::hub::What;
use crate::{OpContext, Result, Scope, action};

/// How long changes are gathered before they are told together.
const GATHER: Duration = Duration::from_millis(250);

/// What changed since the last time. It says where to look, not what is there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Jobs in another state.
    pub jobs: BTreeSet<String>,
    /// Runs that were created, logged to or changed.
    pub runs: BTreeSet<String>,
    /// More happened than could be kept: look at everything.
    pub all: bool,
}

/// Follows the changes of a workspace for as long as somebody listens.
///
/// # Errors
/// Forbidden; NotFound for a workspace that is not there.
pub async fn follow(ctx: &OpContext, workspace: &str) -> Result<impl Stream<Item = Changes> + Send + use<>> {
    ctx.authorize(action::JOB_READ, &Scope::workspace(workspace))
        .await?;
    ctx.authorize(action::RUN_READ, &Scope::workspace(workspace))
        .await?;
    crate::workspace::get(ctx, workspace).await?;
    let (mut jobs, mut runs) = (ctx.app().hub.listen(), ctx.app().hub.listen_runs());
    let (ctx, workspace) = (ctx.clone(), workspace.to_owned());
    Ok(async_stream::stream! {
        let mut changes = Changes::default();
        let mut due: Option<Instant> = None;
        loop {
            let told = tokio::select! {
                told = jobs.recv() => told.map(|news| {
                    if news.workspace == workspace && news.what == What::Status {
                        changes.jobs.insert(news.job);
                    }
                }),
                told = runs.recv() => told.map(|news| {
                    if news.workspace == workspace {
                        changes.runs.insert(news.run);
                    }
                }),
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    due = None;
                    let scope = Scope::workspace(&workspace);
                    for action in [action::JOB_READ, action::RUN_READ] {
                        if !ctx.still_may(action, &scope).await.unwrap_or(false) {
                            return;
                        }
                    }
                    yield std::mem::take(&mut changes);
                    continue;
                }
            };
            match told {
                Ok(()) => {}
                Err(RecvError::Lagged(_)) => changes.all = true,
                Err(RecvError::Closed) => return,
            }
            if due.is_none() && changes != Changes::default() {
                due = Some(Instant::now() + GATHER);
            }
        }
    })
}
