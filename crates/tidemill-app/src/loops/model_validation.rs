//! Waits for the jobs of validations, and has their figures computed. Those that a server before this one left are taken up.

use std::sync::Arc;
use std::time::Duration;

use tidemill_store::model_validation;

use crate::model_validation::{Row, finish};
use crate::{App, Result};

/// How often a job is looked at.
const POLL: Duration = Duration::from_millis(400);
/// How long to wait after what should not happen.
const AFTER_ERROR: Duration = Duration::from_secs(5);

/// Takes up every validation that runs.
///
/// # Errors
/// When the store cannot be read.
pub(super) async fn start(app: &Arc<App>) -> Result<()> {
    for row in model_validation::running(app.store.read()).await? {
        follow(app, &row);
    }
    Ok(())
}

/// Follows one until it has ended.
pub(crate) fn follow(app: &Arc<App>, row: &Row) {
    let (ctx, row) = (app.system(), row.clone());
    tokio::spawn(async move {
        while !ctx.app().is_stopping() {
            let pause = match finish(&ctx, &row).await {
                Ok(true) => return,
                Ok(false) => POLL,
                Err(error) => {
                    tracing::warn!(validation = row.id, %error, "failed to end a validation; trying again");
                    AFTER_ERROR
                }
            };
            tokio::time::sleep(pause).await;
        }
    });
}
