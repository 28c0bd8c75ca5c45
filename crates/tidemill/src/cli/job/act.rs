//! Acting on a job: what `cancel`, `retry`, `resume`, `archive` and `restore` share.

use serde_json::{Value, json};

use crate::error::Result;
use crate::session::Session;

/// Asks the server for an action, and gives the job as it is then.
///
/// # Errors
/// What the server says.
pub async fn act(session: &Session, name: &str, action: &str) -> Result<Value> {
    session
        .client
        .post(&format!("{}:{action}", session.path(&["jobs", name])), &json!({}))
        .await
}
