//! Starting and stopping compute instances.

use serde_json::json;

use crate::error::Result;
use crate::output::text;
use crate::session::Session;

/// Starts or stops an instance, and says what it is now.
///
/// # Errors
/// A compute that is not there, or that is no instance.
pub async fn switch(session: &Session, name: &str, action: &str) -> Result<()> {
    let route = session.path(&["computes", name]);
    let view = session
        .client
        .post(&format!("{route}:{action}"), &json!({}))
        .await?;
    let state = text(&view, "state").unwrap_or("unknown");
    session.note(&match state {
        "Stopping" => {
            format!("Compute {name} takes no new jobs, and is stopped when those that run on it have ended.")
        }
        "Stopped" => format!("Compute {name} is stopped: jobs wait for it until it is started."),
        state => format!("Compute {name} is {}.", state.to_lowercase()),
    });
    Ok(())
}
