//! Removes for good what was deleted longer ago than the retention time.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tidemill_store::purge::{self, Gone};

use crate::{App, Error, Result, artifact};

/// How often it looks.
const EVERY: Duration = Duration::from_secs(600);
/// Runs that are looked for at a time.
const AT_ONCE: u64 = 100;

/// Begins when there is a retention time; ends with the application.
pub(super) fn start(app: &Arc<App>) {
    if app.retention.is_some() {
        let app = Arc::downgrade(app);
        tokio::spawn(run(app));
    }
}

async fn run(weak: Weak<App>) {
    while let Some(app) = weak.upgrade() {
        if let Err(error) = round(&app).await {
            tracing::warn!(%error, "failed to remove what was deleted long ago");
        }
        drop(app);
        tokio::time::sleep(EVERY).await;
    }
}

/// Removes all that is due now; gives how many runs. Files go first: a run whose files are gone is looked at again
/// when the server is killed in between, one whose row is gone is not.
pub(crate) async fn round(app: &Arc<App>) -> Result<u64> {
    let Some(retention) = app.retention else {
        return Ok(0);
    };
    let age_ms = i64::try_from(retention.as_millis()).unwrap_or(i64::MAX);
    let until = app.clock.now_ms().saturating_sub(age_ms);
    let ctx = app.system();
    // Points that are still on their way to their place would be forgotten there.
    app.store.settle_points().await?;
    let mut gone = 0;
    loop {
        let due = purge::runs(app.store.read(), until, AT_ONCE).await?;
        let mut removed = 0;
        for Gone {
            workspace,
            run_id,
            artifact_uri,
        } in &due
        {
            artifact::delete(&ctx, workspace, artifact::store_path(artifact_uri)).await?;
            let (workspace, run_id) = (workspace.clone(), run_id.clone());
            let done = app
                .store
                .write::<_, Error, _>(move |tx| {
                    Box::pin(async move { Ok(purge::remove_run(tx, &workspace, &run_id, until).await?) })
                })
                .await?;
            removed += u64::from(done);
        }
        gone += removed;
        if removed == 0 {
            break;
        }
    }
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move { Ok(purge::remove_experiments(tx, until).await?) })
        })
        .await?;
    Ok(gone)
}
