//! Listing assets, or the versions of one.

use clap::Args;
use serde_json::Value;

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
    pub name: Option<String>,
    /// How many
    #[command(flatten)]
    pub most: Most,
    #[command(flatten)]
    archived: Archived,
}

/// Prints the list.
///
/// # Errors
/// What the server says.
pub async fn list(session: &Session, kind: Kind, options: ListOptions) -> Result<()> {
    list_if(session, kind, options, None::<fn(&Value) -> bool>).await
}

/// Prints those of the list that are wanted.
///
/// # Errors
/// What the server says.
pub async fn list_if(
    session: &Session,
    kind: Kind,
    options: ListOptions,
    is_wanted: Option<impl Fn(&Value) -> bool>,
) -> Result<()> {
    let ListOptions { name, most, archived } = options;
    let filters = [("archived", archived.word())];
    let (path, columns) = match &name {
        Some(name) => (session.path(&[kind.plural(), name, "versions"]), VERSIONS),
        None => (session.path(&[kind.plural()]), ASSETS),
    };
    // What is looked through here is asked for as a whole.
    let asked = most.max_results.filter(|_| is_wanted.is_none());
    let mut rows = session.client.list(&path, &filters, asked).await?;
    if let Some(is_wanted) = is_wanted {
        rows.retain(|row| is_wanted(row));
        rows.truncate(most.max_results.unwrap_or(usize::MAX));
    }
    session.list(rows.into_iter().map(with_id).collect(), columns)
}
