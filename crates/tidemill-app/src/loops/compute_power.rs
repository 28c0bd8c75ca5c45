//! Looks whether compute instances are to be started or stopped: their schedules, and how long they have been idle.

use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::compute_power::{self, Watch};
use crate::{App, Result};

/// How often it looks.
const EVERY: Duration = Duration::from_secs(2);

/// Tells the scheduler what is stopped, and begins to look.
///
/// # Errors
/// When the store cannot be read.
pub(super) async fn start(app: &Arc<App>) -> Result<()> {
    compute_power::read(app).await?;
    tokio::spawn(run(Arc::downgrade(app)));
    Ok(())
}

async fn run(weak: Weak<App>) {
    let mut watch = Watch::default();
    while let Some(app) = weak.upgrade().filter(|app| !app.is_stopping()) {
        if let Err(error) = compute_power::round(&app.system(), &mut watch).await {
            tracing::error!(%error, "failed to look at the compute instances");
        }
        drop(app);
        tokio::time::sleep(EVERY).await;
    }
}
