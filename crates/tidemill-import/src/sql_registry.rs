//! The registry in MLflow's database: models, versions, aliases, tags.

use std::collections::HashMap;

use sqlx::sqlite::SqliteConnection;
use tidemill_api::import::{ImportModel, ImportModelVersion};

use crate::Result;
use crate::sql_row::{number, opt_text, rows, text, texts};

/// All registered models of a workspace.
pub(crate) async fn models(db: &mut SqliteConnection, workspace: &str) -> Result<Vec<ImportModel>> {
    let tags = "SELECT name AS owner, key, value FROM registered_model_tags WHERE workspace = ?1";
    let mut tags = texts(&rows(db, tags, workspace).await?);
    let mut versions = versions(db, workspace).await?;
    let mut found = Vec::new();
    let sql = "SELECT * FROM registered_models WHERE workspace = ?1 ORDER BY name";
    for row in &rows(db, sql, workspace).await? {
        let name = text(row, "name");
        found.push(ImportModel {
            description: opt_text(row, "description"),
            created_at: number(row, "creation_time").unwrap_or(0),
            updated_at: number(row, "last_updated_time").unwrap_or(0),
            tags: tags.remove(&name).unwrap_or_default(),
            versions: versions.remove(&name).unwrap_or_default(),
            name,
            ..ImportModel::default()
        });
    }
    let sql = "SELECT name, alias, version FROM registered_model_aliases WHERE workspace = ?1";
    for row in &rows(db, sql, workspace).await? {
        let name = text(row, "name");
        if let Some(model) = found.iter_mut().find(|model| model.name == name) {
            let version = number(row, "version").unwrap_or(0);
            model.aliases.insert(text(row, "alias"), version);
        }
    }
    Ok(found)
}

async fn versions(
    db: &mut SqliteConnection,
    workspace: &str,
) -> Result<HashMap<String, Vec<ImportModelVersion>>> {
    // A name holds no slash.
    let tags =
        "SELECT name || '/' || version AS owner, key, value FROM model_version_tags WHERE workspace = ?1";
    let mut tags = texts(&rows(db, tags, workspace).await?);
    let sql = "SELECT * FROM model_versions WHERE workspace = ?1 ORDER BY name, version";
    let mut found: HashMap<String, Vec<ImportModelVersion>> = HashMap::new();
    for row in &rows(db, sql, workspace).await? {
        let (name, version) = (text(row, "name"), number(row, "version").unwrap_or(0));
        let tags = tags.remove(&format!("{name}/{version}")).unwrap_or_default();
        found.entry(name).or_default().push(ImportModelVersion {
            version,
            description: opt_text(row, "description"),
            user: opt_text(row, "user_id"),
            stage: text(row, "current_stage"),
            source: text(row, "source"),
            storage_location: opt_text(row, "storage_location"),
            run_id: opt_text(row, "run_id"),
            run_link: opt_text(row, "run_link"),
            model_id: None,
            status: text(row, "status"),
            status_message: opt_text(row, "status_message"),
            created_at: number(row, "creation_time").unwrap_or(0),
            updated_at: number(row, "last_updated_time").unwrap_or(0),
            tags,
        });
    }
    Ok(found)
}
