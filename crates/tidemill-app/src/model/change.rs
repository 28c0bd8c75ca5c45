//! What may change of a version: what is said about it, its stage, and whether lists show it.

use indexmap::IndexMap;
use serde_json::{Map, json};
use tidemill_api::asset::{AssetPatch, AssetVersion};
use tidemill_store::tag::{self, Noun, Pairs, Table, version_owner};
use tidemill_store::{model_version, to_json};

use super::find::find_version;
use super::show::{json_map, view};
use super::{Row, change, scope};
use crate::asset;
use crate::model_history::Teller;
use crate::workspace::check_revision;
use crate::{Error, OpContext, Result, action};

/// Changes what may change of a version: description, tags, properties and stage.
///
/// # Errors
/// NotFound; Precondition when it was changed in between.
pub async fn patch(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    version: &str,
    patch: AssetPatch,
    if_match: Option<i64>,
) -> Result<AssetVersion> {
    ctx.authorize(action::MODEL_WRITE, &scope(workspace, name))
        .await?;
    let before = find_version(ctx, workspace, name, version).await?;
    check_revision(
        "model",
        &format!("{name}:{version}"),
        Some(before.updated_at),
        if_match,
    )?;
    let AssetPatch {
        display_name,
        description,
        tags,
        properties,
        stage,
    } = patch;
    if display_name.is_some() {
        return Err(
            Error::invalid(format!("failed to change model `{name}`: it has no such field"))
                .hint("description, tags, properties and stage may change"),
        );
    }
    let mut after = before.clone();
    if let Some(text) = description {
        after.description = (!text.is_empty()).then_some(text);
    }
    if properties.is_some() {
        let mut fields = Map::from_iter([("properties".to_owned(), json_map(&before.properties))]);
        asset::patch_map(&mut fields, "properties", properties);
        after.properties = to_json(&fields.get("properties").cloned().unwrap_or(json!({})));
    }
    if let Some(stage) = stage {
        after.stage = tidemill_api::mlflow::rule::stage(&stage)?.to_owned();
    }
    write_version(ctx, before, after, tags.unwrap_or_default()).await
}

/// Hides a version from lists and from `latest`, or shows it again. It still resolves by its number.
///
/// # Errors
/// NotFound.
pub async fn archive_version(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    version: &str,
    archived: bool,
) -> Result<AssetVersion> {
    ctx.authorize(action::MODEL_WRITE, &scope(workspace, name))
        .await?;
    let before = find_version(ctx, workspace, name, version).await?;
    let after = Row {
        archived,
        ..before.clone()
    };
    write_version(ctx, before, after, IndexMap::new()).await
}

async fn write_version(
    ctx: &OpContext,
    before: Row,
    after: Row,
    tags: IndexMap<String, Option<String>>,
) -> Result<AssetVersion> {
    if before == after && tags.is_empty() {
        return view(ctx, after).await;
    }
    // The time is the mark by which changes are told apart, so it always moves on.
    let after = Row {
        updated_at: ctx.now_ms().max(before.updated_at + 1),
        ..after
    };
    let told = |row: &Row| {
        json!({ "version": row.version, "archived": row.archived, "description": row.description,
                "stage": row.stage, "properties": json_map(&row.properties) })
    };
    let mut now = told(&after);
    now["tags"] = json!(tags);
    let change = change(&before.workspace, &before.name, told(&before), now);
    let written = after.clone();
    let stage = (before.stage != after.stage).then(|| after.stage.clone());
    let mut teller = Teller::new(ctx, 1);
    ctx.change(change, move |tx| {
        Box::pin(async move {
            let (workspace, name) = (written.workspace.clone(), written.name.clone());
            let found = model_version::get(tx, &workspace, &name, written.version).await?;
            check_revision(
                "model",
                &name,
                found.map(|row| row.updated_at),
                Some(before.updated_at),
            )?;
            let owner = version_owner(&name, written.version);
            let (set, gone): (Vec<_>, Vec<_>) = tags.into_iter().partition(|(_, value)| value.is_some());
            let set: Pairs = set
                .into_iter()
                .filter_map(|(key, value)| Some((key, value?)))
                .collect();
            tag::put(tx, Table::Tag, &workspace, Noun::ModelVersion, &owner, &set).await?;
            for (key, _) in gone {
                tag::delete(tx, &workspace, Noun::ModelVersion, &owner, &key).await?;
            }
            if let Some(stage) = stage {
                teller
                    .stage(tx, (&workspace, &name), written.version, &stage)
                    .await?;
            }
            Ok(model_version::update(tx, written).await?)
        })
    })
    .await?;
    view(ctx, after).await
}
