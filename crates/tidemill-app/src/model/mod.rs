//! Models as Azure's YAML and clients know them, on the registry that MLflow's clients use: versions are whole numbers,
//! and a label is an alias.

mod change;
mod create;
mod files;
mod find;
mod label;
mod show;

use serde_json::{Value, json};
use tidemill_api::asset::{Asset, AssetVersion};
use tidemill_store::asset::Archived;
use tidemill_store::page::{Page, PageRequest};
use tidemill_store::tag::{self, Noun, Table, version_owner};
use tidemill_store::{model, model_version, registered_model};

pub use change::{archive_version, patch};
pub use create::{create, register_output};
pub use files::{file, files};
pub use label::{delete_label, labelled, labels, put_label};

pub(crate) use files::read;
pub(crate) use find::resolve;

use crate::context::Change;
use crate::{OpContext, Result, Scope, action};
use find::{find_model, find_version};
use show::{labels_by_version, show, show_model, view};

type Row = model_version::Model;

/// Models by name, with what the newest version of each says.
///
/// # Errors
/// NotFound, for a workspace that is not there.
pub async fn list(
    ctx: &OpContext,
    workspace: &str,
    archived: Archived,
    page: &PageRequest,
) -> Result<Page<Asset>> {
    ctx.authorize(action::MODEL_READ, &Scope::workspace(workspace))
        .await?;
    crate::workspace::get(ctx, workspace).await?;
    let db = ctx.app().store.read();
    let rows = model::list(db, workspace, archived, page).await?;
    let names: Vec<String> = rows.items.iter().map(|row| row.name.clone()).collect();
    let mut newest = model::latest_of_many(db, workspace, &names).await?;
    let mut tags = tag::of_many(db, Table::Tag, workspace, Noun::Model, &names).await?;
    let aliases = registered_model::aliases(db, workspace, &names).await?;
    Ok(rows.map(|row| {
        let (tags, newest) = (
            tags.remove(&row.name).unwrap_or_default(),
            newest.remove(&row.name),
        );
        show_model(row, newest, tags, &aliases)
    }))
}

/// One model.
///
/// # Errors
/// NotFound, with the models that there are.
pub async fn get(ctx: &OpContext, workspace: &str, name: &str) -> Result<Asset> {
    ctx.authorize(action::MODEL_READ, &scope(workspace, name)).await?;
    let row = find_model(ctx, workspace, name).await?;
    let db = ctx.app().store.read();
    let names = [name.to_owned()];
    let newest = model::latest_of_many(db, workspace, &names).await?.remove(name);
    let tags = tag::of(db, Table::Tag, workspace, Noun::Model, name).await?;
    let aliases = registered_model::aliases(db, workspace, &names).await?;
    Ok(show_model(row, newest, tags, &aliases))
}

/// Hides a model from lists, or shows it again. Its versions still resolve.
///
/// # Errors
/// NotFound.
pub async fn archive(ctx: &OpContext, workspace: &str, name: &str, archived: bool) -> Result<Asset> {
    ctx.authorize(action::MODEL_WRITE, &scope(workspace, name))
        .await?;
    let before = find_model(ctx, workspace, name).await?;
    if before.archived != archived {
        let change = change(
            workspace,
            name,
            json!({ "archived": before.archived }),
            json!({ "archived": archived }),
        );
        let after = registered_model::Model {
            archived,
            updated_at: ctx.now_ms(),
            ..before
        };
        ctx.change(change, move |tx| {
            Box::pin(async move { Ok(registered_model::update(tx, after).await?) })
        })
        .await?;
    }
    get(ctx, workspace, name).await
}

/// Versions, newest first.
///
/// # Errors
/// NotFound.
pub async fn versions(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    archived: Archived,
    page: &PageRequest,
) -> Result<Page<AssetVersion>> {
    ctx.authorize(action::MODEL_READ, &scope(workspace, name)).await?;
    find_model(ctx, workspace, name).await?;
    let db = ctx.app().store.read();
    let rows = model::versions(db, workspace, name, archived, page).await?;
    let owners: Vec<String> = rows
        .items
        .iter()
        .map(|row| version_owner(name, row.version))
        .collect();
    let mut tags = tag::of_many(db, Table::Tag, workspace, Noun::ModelVersion, &owners).await?;
    let labels = labels_by_version(db, workspace, name).await?;
    Ok(rows.map(|row| {
        let tags = tags.remove(&version_owner(name, row.version)).unwrap_or_default();
        let labels = labels.get(&row.version).cloned().unwrap_or_default();
        show(row, tags, labels, None)
    }))
}

/// One version.
///
/// # Errors
/// NotFound, with the versions that there are.
pub async fn version(ctx: &OpContext, workspace: &str, name: &str, version: &str) -> Result<AssetVersion> {
    ctx.authorize(action::MODEL_READ, &scope(workspace, name)).await?;
    let row = find_version(ctx, workspace, name, version).await?;
    view(ctx, row).await
}

fn scope(workspace: &str, name: &str) -> Scope {
    Scope::resource(workspace, "models", name)
}

fn change(workspace: &str, name: &str, before: Value, after: Value) -> Change {
    Change {
        action: action::MODEL_WRITE,
        scope: scope(workspace, name),
        before,
        after,
    }
}
