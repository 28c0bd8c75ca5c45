//! Starting and stopping, which mean something only for machines that are rented.

use crate::error::{Error, Result};
use crate::output::text;
use crate::session::Session;

/// Says what the action means for this compute: an instance is always on, a cluster has its nodes while jobs need them.
///
/// # Errors
/// A compute that is not there, or that cannot be switched.
pub async fn switch(session: &Session, name: &str, action: &str) -> Result<()> {
    let view = session.client.get(&session.path(&["computes", name])).await?;
    match (text(&view, "type"), action) {
        (Some("computeinstance"), "start" | "restart") => {
            session.note(&format!("Compute {name} is part of the server's machine, which is on: there is nothing to {action}."));
            Ok(())
        }
        (kind, _) => Err(Error::failed(format!(
            "failed to {action} compute `{name}`: a compute of type {} here is a share of the server's machine",
            kind.unwrap_or("unknown")
        ))
        .with_hint("delete it with `tidemill compute delete`; jobs that run on it go on")),
    }
}
