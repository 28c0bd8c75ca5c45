//! Listing assets, or the versions of one.

use clap::Args;

use super::{Kind, with_id};
use crate::cli::args::{Archived, Most};
use crate::error::Result;
use crate::output::Column;
use crate::session::Session;

const ASSETS: &[Column] = &[
    Column::text("name", "name"),
    Column::text("latest", "latest_version"),
    Column::text("type", "type"),
    Column::text("description", "description"),
    Column::time("created", "created_at"),
];

const VERSIONS: &[Column] = &[
    Column::text("name", "name"),
    Column::text("version", "version"),
    Column::text("labels", "labels"),
    Column::text("type", "type"),
    Column::text("files", "files"),
    Column::bytes("size", "size_bytes"),
    Column::text("job", "job"),
    Column::time("created", "created_at"),
];

/// Options of a list.
#[derive(Debug, Clone, Args)]
pub struct ListOptions {
    /// Name, to list its versions
    #[arg(long, short)]
    name: Option<String>,
    #[command(flatten)]
    most: Most,
    #[command(flatten)]
    archived: Archived,
}

/// Prints the list.
///
/// # Errors
/// What the server says.
pub async fn list(session: &Session, kind: Kind, options: ListOptions) -> Result<()> {
    let ListOptions { name, most, archived } = options;
    let filters = [("archived", archived.word())];
    let (path, columns) = match &name {
        Some(name) => (session.path(&[kind.plural(), name, "versions"]), VERSIONS),
        None => (session.path(&[kind.plural()]), ASSETS),
    };
    let rows = session.client.list(&path, &filters, most.max_results).await?;
    session.list(rows.into_iter().map(with_id).collect(), columns)
}
