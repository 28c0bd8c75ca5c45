//! Changing what stands on the server: its specification with changes, put back only if nobody else changed it meanwhile.

use serde_json::Value;
use tidemill_spec::kinds::Family;
use tidemill_spec::yaml::Override;

use crate::document;
use crate::error::{Error, Result};
use crate::session::Session;

/// Applies changes to what is at `path`, and gives what it is then.
///
/// # Errors
/// No changes, changes that make no specification, or what the server says.
pub async fn update(
    session: &Session,
    family: Family,
    what: &str,
    path: &str,
    changes: &[Override],
) -> Result<Value> {
    if changes.is_empty() {
        return Err(
            Error::usage(format!("failed to update {what}: nothing to change is given"))
                .with_hint("name a field, as in --set description=\"new words\""),
        );
    }
    let shown = session.client.get(path).await?;
    let spec = shown.get("spec").cloned().unwrap_or_default();
    let loaded = document::change(what, &spec, changes, family)?;
    let body = document::body(&loaded.spec)?;
    session
        .client
        .put(path, &body, shown.get("etag").and_then(Value::as_str))
        .await
}
