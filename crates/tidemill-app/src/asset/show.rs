//! Rows as clients see them.

use std::collections::HashMap;

use indexmap::IndexMap;
use serde_json::Value;
use tidemill_api::asset::{Asset, AssetVersion};
use tidemill_store::asset::Key;
use tidemill_store::{asset, asset_label, asset_version};

use super::content::spec_of;
use super::{Kind, LATEST, Row};
use crate::{OpContext, Result};

pub(super) async fn view(ctx: &OpContext, kind: Kind, row: Row) -> Result<AssetVersion> {
    let key = Key {
        workspace: &row.workspace,
        kind,
        name: &row.name,
    };
    let labels = labels_by_version(ctx, key)
        .await?
        .remove(&row.version)
        .unwrap_or_default();
    Ok(show(row, labels))
}

pub(super) async fn labels_by_version(ctx: &OpContext, key: Key<'_>) -> Result<HashMap<String, Vec<String>>> {
    let db = ctx.app().store.read();
    let mut found: HashMap<String, Vec<String>> = HashMap::new();
    if let Some(latest) = asset_version::latest(db, key).await? {
        found.entry(latest.version).or_default().push(LATEST.to_owned());
    }
    for row in asset_label::of(db, key).await? {
        found.entry(row.version).or_default().push(row.label);
    }
    Ok(found)
}

pub(super) fn show(row: Row, labels: Vec<String>) -> AssetVersion {
    let mut spec = spec_of(&row);
    let Row {
        workspace: _,
        kind: _,
        name,
        version,
        number: _,
        asset_type,
        spec: _,
        digest,
        uri,
        size_bytes,
        files,
        archived,
        anonymous: _,
        job,
        created_by,
        created_at,
        updated_at,
        revision,
    } = row;
    if let Some(fields) = spec.as_object_mut() {
        fields.insert("name".into(), name.clone().into());
        fields.insert("version".into(), version.clone().into());
    }
    AssetVersion {
        name,
        version,
        r#type: asset_type,
        description: description_of(&spec),
        tags: tags_of(&spec),
        spec,
        labels,
        archived,
        created_at,
        updated_at,
        created_by: Some(created_by),
        job,
        run_id: None,
        digest: Some(digest),
        size_bytes: size_bytes.and_then(|bytes| u64::try_from(bytes).ok()),
        files: files.and_then(|files| u64::try_from(files).ok()),
        uri,
        etag: revision.to_string(),
        warnings: Vec::new(),
    }
}

pub(super) fn show_asset(row: asset::Model, newest: Option<Row>, labels: Vec<asset_label::Model>) -> Asset {
    let asset::Model {
        workspace: _,
        kind: _,
        name,
        archived,
        created_at,
        updated_at,
    } = row;
    let spec = newest.as_ref().map(spec_of).unwrap_or_default();
    let latest = newest
        .as_ref()
        .filter(|row| !row.archived)
        .map(|row| row.version.clone());
    let mut shown: IndexMap<String, String> =
        labels.into_iter().map(|row| (row.label, row.version)).collect();
    shown.extend(latest.clone().map(|version| (LATEST.to_owned(), version)));
    Asset {
        name,
        r#type: newest.map(|row| row.asset_type),
        description: description_of(&spec),
        tags: tags_of(&spec),
        latest_version: latest,
        labels: shown,
        archived,
        created_at,
        updated_at,
    }
}

pub(super) fn description_of(spec: &Value) -> Option<String> {
    spec.get("description").and_then(Value::as_str).map(str::to_owned)
}

fn tags_of(spec: &Value) -> IndexMap<String, String> {
    let tags = spec.get("tags").and_then(Value::as_object);
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    tags.into_iter()
        .flatten()
        .map(|(key, value)| (key.clone(), text(value)))
        .collect()
}
