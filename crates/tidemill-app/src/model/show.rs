//! Rows as clients see them.

use std::collections::HashMap;

use indexmap::IndexMap;
use serde_json::{Map, Value, json};
use tidemill_api::asset::{Asset, AssetVersion};
use tidemill_objects::Manifest;
use tidemill_store::registered_model::{self, Alias};
use tidemill_store::tag::{self, Noun, Pairs, Table, version_owner};
use tidemill_store::{ConnectionTrait, from_json, model};

use super::Row;
use crate::asset::LATEST;
use crate::content;
use crate::{OpContext, Result};

pub(super) async fn view(ctx: &OpContext, row: Row) -> Result<AssetVersion> {
    let db = ctx.app().store.read();
    let owner = version_owner(&row.name, row.version);
    let tags = tag::of(db, Table::Tag, &row.workspace, Noun::ModelVersion, &owner).await?;
    let mut labels = labels_by_version(db, &row.workspace, &row.name).await?;
    let manifest = match &row.digest {
        Some(digest) => content::read_manifest(ctx.app(), digest).await?,
        None => None,
    };
    let labels = labels.remove(&row.version).unwrap_or_default();
    Ok(show(row, tags, labels, manifest.as_ref()))
}

pub(super) async fn labels_by_version(
    db: &impl ConnectionTrait,
    workspace: &str,
    name: &str,
) -> Result<HashMap<i64, Vec<String>>> {
    let mut found: HashMap<i64, Vec<String>> = HashMap::new();
    if let Some(latest) = model::latest(db, workspace, name).await? {
        found.entry(latest.version).or_default().push(LATEST.to_owned());
    }
    for alias in registered_model::aliases(db, workspace, &[name.to_owned()]).await? {
        found.entry(alias.version).or_default().push(alias.alias);
    }
    Ok(found)
}

pub(super) fn show(row: Row, tags: Pairs, labels: Vec<String>, manifest: Option<&Manifest>) -> AssetVersion {
    let Row {
        workspace: _,
        name,
        version,
        description,
        created_by,
        stage,
        source,
        storage_location,
        run_id,
        run_link: _,
        model_id: _,
        job,
        status: _,
        status_message: _,
        kind,
        digest,
        properties,
        flavors,
        archived,
        created_at,
        updated_at,
    } = row;
    let version = version.to_string();
    let tags: IndexMap<String, String> = tags.into_iter().collect();
    let mut spec = json!({ "name": name, "version": version, "type": kind, "path": source });
    for (field, value) in [
        ("description", json!(description)),
        ("tags", json!(tags)),
        ("properties", json_map(&properties)),
        ("flavors", json_map(&flavors)),
        ("stage", json!(stage)),
    ] {
        let empty = value.is_null() || value.as_object().is_some_and(Map::is_empty) || value == "None";
        if !empty {
            spec[field] = value;
        }
    }
    AssetVersion {
        name,
        version,
        r#type: kind,
        spec,
        description,
        tags,
        labels,
        archived,
        created_at,
        updated_at,
        created_by,
        job,
        run_id,
        digest,
        size_bytes: manifest.map(Manifest::total_bytes),
        files: manifest.map(|manifest| manifest.len() as u64),
        uri: Some(storage_location),
        etag: updated_at.to_string(),
        warnings: Vec::new(),
    }
}

pub(super) fn show_model(
    row: registered_model::Model,
    newest: Option<Row>,
    tags: Pairs,
    aliases: &[Alias],
) -> Asset {
    let registered_model::Model {
        workspace: _,
        name,
        description,
        archived,
        created_at,
        updated_at,
    } = row;
    let latest = newest
        .as_ref()
        .filter(|row| !row.archived)
        .map(|row| row.version.to_string());
    let own = aliases.iter().filter(|alias| alias.name == name);
    let mut labels: IndexMap<String, String> = own
        .map(|alias| (alias.alias.clone(), alias.version.to_string()))
        .collect();
    labels.extend(latest.clone().map(|version| (LATEST.to_owned(), version)));
    Asset {
        name,
        description: description.or_else(|| newest.as_ref().and_then(|row| row.description.clone())),
        r#type: newest.map(|row| row.kind),
        tags: tags.into_iter().collect(),
        latest_version: latest,
        labels,
        archived,
        created_at,
        updated_at,
    }
}

pub(super) fn json_map(text: &str) -> Value {
    from_json("model_version", "properties", text).unwrap_or(json!({}))
}
