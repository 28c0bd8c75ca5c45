//! Removes for good what was deleted longer ago than the retention time, and gives its space back.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tidemill_objects::SafePath;
use tidemill_store::job::{self, Model as Job};
use tidemill_store::purge::{self, Gone};

use crate::artifact_location::own_path;
use crate::job::{artifact_root, outputs_of};
use crate::{App, Error, OpContext, Result, artifact, bytes, datastore};

/// How often it looks.
const EVERY: Duration = Duration::from_secs(600);
/// Runs that are looked for at a time.
const AT_ONCE: u64 = 100;

/// Ends with the application.
pub(super) fn start(app: &Arc<App>) {
    let app = Arc::downgrade(app);
    tokio::spawn(run(app));
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

/// Removes all that is due now, and gives its space back; says how many runs and jobs. Files go first: a run whose files
/// are gone is looked at again when the server is killed in between, one whose row is gone is not.
pub(crate) async fn round(app: &Arc<App>) -> Result<u64> {
    let workspaces = crate::workspace_life::round(&app.system()).await?;
    let Some(retention) = app.retention else {
        if workspaces > 0 {
            app.store.shrink().await?;
        }
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
            // What lies outside of this server is not the server's to delete.
            if let Ok(path) = own_path(artifact_uri) {
                // The folder of the run, where there is one around its artifacts.
                let folder = path
                    .strip_suffix("/artifacts")
                    .filter(|folder| folder.ends_with(&format!("/{run_id}")));
                artifact::delete(&ctx, workspace, folder.unwrap_or(path)).await?;
            }
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
    gone += jobs(&ctx, until).await?;
    app.store
        .write::<_, Error, _>(move |tx| {
            Box::pin(async move { Ok(purge::remove_experiments(tx, until).await?) })
        })
        .await?;
    app.store.shrink().await?;
    Ok(gone)
}

/// Removes jobs whose run was deleted, with their steps, logs, artifacts, and outputs that became nothing else.
async fn jobs(ctx: &OpContext, until: i64) -> Result<u64> {
    let store = &ctx.app().store;
    let mut gone = 0;
    loop {
        let due = purge::jobs(store.read(), until, AT_ONCE).await?;
        let mut removed = 0;
        for (workspace, root) in due {
            let tree = job::tree(store.read(), &workspace, &root).await?;
            for row in &tree {
                remove_files(ctx, row).await?;
            }
            let names: Vec<String> = tree.into_iter().map(|row| row.name).collect();
            let done = store
                .write::<_, Error, _>(move |tx| {
                    Box::pin(
                        async move { Ok(purge::remove_job(tx, &workspace, &root, &names, until).await?) },
                    )
                })
                .await?;
            removed += u64::from(done);
        }
        gone += removed;
        if removed == 0 {
            return Ok(gone);
        }
    }
}

/// Removes the logs and artifacts of a job, and its outputs where they lie at the places that jobs have by themselves. An
/// output that became an asset is the asset's, and one at a chosen path is its owner's.
async fn remove_files(ctx: &OpContext, row: &Job) -> Result<()> {
    let root = artifact_root(row);
    let folder = root.strip_suffix("/artifacts").unwrap_or(&root);
    artifact::delete(ctx, &row.workspace, folder).await?;
    let outputs = outputs_of(row);
    let own = format!("azureml/{}/", row.name);
    for record in outputs.values() {
        let is_own = record.datastore.as_deref() == Some(datastore::BLOB) && record.path.starts_with(&own);
        if is_own && record.asset.is_none() {
            let store = bytes::open(ctx, &row.workspace, datastore::BLOB).await?;
            store.delete_all(&SafePath::parse(&record.path)?).await?;
        }
    }
    Ok(())
}
