//! Applies the rules of retention by itself: at the start, and then as often as the server is told. First of all goes what an earlier server left when it was
//! killed between a version and its bytes.

use std::sync::{Arc, Weak};
use tidemill_store::data_retention as rule;

use crate::{App, Result, data_free, data_retention};

/// Ends with the application.
pub(super) fn start(app: &Arc<App>) {
    tokio::spawn(run(Arc::downgrade(app)));
}

async fn run(weak: Weak<App>) {
    loop {
        let Some(app) = weak.upgrade().filter(|app| !app.is_stopping()) else {
            return;
        };
        if let Err(error) = round(&app).await {
            tracing::warn!(%error, "failed to apply the retention of data");
        }
        let every = app.data_retention_every;
        drop(app);
        tokio::time::sleep(every).await;
    }
}

async fn round(app: &Arc<App>) -> Result<()> {
    let freed = data_free::round(app).await?;
    if freed.bytes > 0 {
        tracing::info!(bytes = freed.bytes, "removed copies that an earlier server left");
    }
    let ctx = app.system();
    for row in rule::all(app.store.read()).await? {
        if app.is_stopping() {
            return Ok(());
        }
        // One rule that cannot be applied now keeps no other from it.
        if let Err(error) = data_retention::apply(&ctx, &row.workspace, &row.name).await {
            tracing::warn!(workspace = row.workspace, data = row.name, %error, "failed to apply its retention");
        }
    }
    Ok(())
}
