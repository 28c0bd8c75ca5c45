//! Waiting until a release answers in a stage, has ended, or needs somebody to act.

use std::time::Duration;

use serde_json::Value;

use crate::error::{Error, INTERRUPTED, Result};
use crate::output::text;
use crate::session::Session;

/// How often the server is asked.
const EVERY: Duration = Duration::from_millis(300);
/// How long a gate may take to be looked at before its wait is told.
const PATIENCE: u32 = 5;

/// Waits until nothing moves by itself any more, and gives the release as it is then.
///
/// # Errors
/// Why it failed or was rejected; Ctrl-C leaves it going on.
pub(super) async fn until_it_rests(session: &Session, view: Value) -> Result<Value> {
    tokio::select! {
        ended = watch(session, view) => ended,
        _ = tokio::signal::ctrl_c() => {
            session.note("\nIt goes on. Look at it with `tidemill release show`.");
            Err(Error::Ended(INTERRUPTED))
        }
    }
}

async fn watch(session: &Session, mut view: Value) -> Result<Value> {
    let release = format!("{}:{}", text(&view, "name").unwrap_or_default(), view["number"]);
    let path = session.path(&[super::NOUN, &release]);
    let (mut said, mut waited) = (String::new(), 0);
    loop {
        let stages = view["stages"].as_array().cloned().unwrap_or_default();
        let newest = stages.iter().max_by_key(|stage| stage["updated_at"].as_i64());
        let Some(stage) = newest else { return Ok(view) };
        let name = text(stage, "stage").unwrap_or_default();
        let state = text(stage, "state").unwrap_or_default();
        let reason = text(stage, "reason");
        let line = match reason {
            Some(reason) => format!("{name}: {state}; {reason}"),
            None => format!("{name}: {state}"),
        };
        if line != said {
            session.note(&line);
            said = line;
        }
        match state {
            "Waiting" if reason.is_some() => {
                waited += 1;
                if waited >= PATIENCE {
                    session.note(&format!(
                        "It goes on by itself when its gates are passed: `tidemill release approve {release}`"
                    ));
                    return Ok(view);
                }
            }
            "Failed" | "Rejected" | "RolledBack" => {
                let why = reason.unwrap_or("it did not say why");
                return Err(
                    Error::failed(format!("release {release} did not reach {name}: {why}")).with_hint(
                        format!("what was found is shown by `tidemill release show {release}`"),
                    ),
                );
            }
            "Waiting" | "Deploying" | "Testing" | "RollingOut" => {}
            _ => return Ok(view),
        }
        tokio::time::sleep(EVERY).await;
        view = session.client.get(&path).await?;
    }
}
