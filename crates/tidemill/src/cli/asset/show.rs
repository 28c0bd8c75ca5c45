//! Showing a version.

use super::{Kind, Which, with_id};
use crate::error::Result;
use crate::session::Session;

/// Prints the version that is meant; the latest where none is named.
///
/// # Errors
/// What the server says.
pub async fn show(session: &Session, kind: Kind, which: &Which) -> Result<()> {
    session.show(with_id(which.view(session, kind).await?))
}
