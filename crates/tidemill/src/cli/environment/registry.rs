//! The curated environments, which are those of the registry `azureml`.

use serde_json::Value;

use crate::cli::args::Most;
use crate::cli::asset::{Kind, Which};
use crate::error::{Error, Result};
use crate::output::{Column, text};
use crate::session::Session;

const COLUMNS: &[Column] = &[
    Column::text("name", "name"),
    Column::text("latest", "latest_version"),
    Column::text("description", "description"),
];

/// Prints the environments of a registry, or the versions of one.
pub(super) async fn list(session: &Session, registry: &str, name: Option<&str>, most: &Most) -> Result<()> {
    let mut rows = match name {
        Some(name) => versions(session, registry, name).await?,
        None => {
            let path = session.path(&[Kind::Environment.plural()]);
            session
                .client
                .list(&path, &[("registry", registry)], None)
                .await?
        }
    };
    rows.truncate(most.max_results.unwrap_or(usize::MAX));
    let version = |row: &Value| {
        text(row, "latest_version")
            .or(text(row, "version"))
            .unwrap_or_default()
            .to_owned()
    };
    let rows = rows.into_iter().map(|row| {
        let version = version(&row);
        in_registry(row, registry, &version)
    });
    session.list(rows.collect(), COLUMNS)
}

/// Prints one.
pub(super) async fn show(session: &Session, registry: &str, which: &Which) -> Result<()> {
    let found = versions(session, registry, &which.name).await?;
    let labels = |row: &Value, wanted: &str| {
        let labels = row["labels"].as_array();
        labels.is_some_and(|labels| labels.iter().any(|label| label == wanted))
    };
    let wanted = |row: &&Value| match (&which.version, &which.label) {
        (Some(version), _) => text(row, "version") == Some(version.as_str()),
        (None, label) => labels(row, label.as_deref().unwrap_or("latest")),
    };
    let row = found.iter().find(wanted).ok_or_else(|| {
        let known: Vec<&str> = found.iter().filter_map(|row| text(row, "version")).collect();
        Error::failed(format!(
            "failed to find {} in the registry {registry}: it has the version {}",
            which.shown(),
            known.join(", ")
        ))
    })?;
    let version = text(row, "version").unwrap_or_default().to_owned();
    session.show(in_registry(row.clone(), registry, &version))
}

async fn versions(session: &Session, registry: &str, name: &str) -> Result<Vec<Value>> {
    let path = session.path(&[Kind::Environment.plural(), name, "versions"]);
    session.client.list(&path, &[("registry", registry)], None).await
}

/// With the id by which jobs name it.
fn in_registry(mut row: Value, registry: &str, version: &str) -> Value {
    let id = format!(
        "azureml://registries/{registry}/environments/{}/versions/{version}",
        text(&row, "name").unwrap_or_default()
    );
    if let Some(fields) = row.as_object_mut() {
        fields.insert("id".to_owned(), id.into());
    }
    row
}
