//! Archiving and restoring: a whole asset, or one version of it.

use serde_json::json;

use super::{Kind, Which};
use crate::error::Result;
use crate::session::Session;

/// Leaves it out of lists.
///
/// # Errors
/// What the server says.
pub async fn archive(session: &Session, kind: Kind, which: &Which) -> Result<()> {
    act(session, kind, which, "archive").await?;
    session.note(&format!(
        "Archived {} {}; `restore` brings it back.",
        kind.word(),
        which.shown()
    ));
    Ok(())
}

/// Brings it back to lists.
///
/// # Errors
/// What the server says.
pub async fn restore(session: &Session, kind: Kind, which: &Which) -> Result<()> {
    act(session, kind, which, "restore").await?;
    session.note(&format!("Restored {} {}.", kind.word(), which.shown()));
    Ok(())
}

async fn act(session: &Session, kind: Kind, which: &Which, action: &str) -> Result<()> {
    let path = match (&which.version, &which.label) {
        (None, None) => session.path(&[kind.plural(), &which.name]),
        (Some(version), _) => session.path(&[kind.plural(), &which.name, "versions", version]),
        (None, Some(_)) => which.found(session, kind).await?.0,
    };
    session
        .client
        .post(&format!("{path}:{action}"), &json!({}))
        .await
        .map(drop)
}
