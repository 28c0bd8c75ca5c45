//! Waiting for a deployment to come up, and saying how far it is.

use std::time::Duration;

use serde_json::Value;

use crate::error::{Error, INTERRUPTED, Result};
use crate::output::{number, text};
use crate::session::Session;

/// How often the server is asked.
const EVERY: Duration = Duration::from_millis(300);

/// Waits until a deployment is up or has failed, and gives it as it is then.
///
/// # Errors
/// Why it failed; Ctrl-C leaves it coming up.
pub(super) async fn until_up(session: &Session, path: &str, view: Value) -> Result<Value> {
    tokio::select! {
        ended = watch(session, path, view) => ended,
        _ = tokio::signal::ctrl_c() => {
            session.note("\nIt goes on coming up. Look at it with `tidemill online-deployment show`.");
            Err(Error::Ended(INTERRUPTED))
        }
    }
}

async fn watch(session: &Session, path: &str, mut view: Value) -> Result<Value> {
    let name = text(&view, "name").unwrap_or_default().to_owned();
    let endpoint = text(&view, "endpoint_name").unwrap_or_default().to_owned();
    let mut said = String::new();
    loop {
        match text(&view, "provisioning_state").unwrap_or_default() {
            "Creating" | "Updating" => {}
            "Failed" => {
                let why = text(&view, "reason").unwrap_or("it did not say why");
                return Err(Error::failed(format!("deployment {name} failed: {why}")).with_hint(format!(
                    "its logs are shown by `tidemill online-deployment get-logs -n {name} -e {endpoint}`; \
                     correct it and create it again"
                )));
            }
            _ => return Ok(view),
        }
        let now = line(&view);
        if now != said {
            session.note(&now);
            said = now;
        }
        tokio::time::sleep(EVERY).await;
        view = session.client.get(path).await?;
    }
}

fn line(view: &Value) -> String {
    let (ready, wanted) = (number(view, "ready_instances"), number(view, "instance_count"));
    let counts = format!(
        "{} of {} instances ready",
        ready.unwrap_or_default(),
        wanted.unwrap_or_default()
    );
    match (text(view, "message"), text(view, "reason")) {
        (Some(message), _) => format!("{counts}; {message}"),
        (None, Some(reason)) => format!("{counts}; {}", reason.lines().next().unwrap_or_default()),
        (None, None) => counts,
    }
}
