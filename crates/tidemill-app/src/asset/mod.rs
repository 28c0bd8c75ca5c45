//! What data, environments and components have in common: versions that never change, labels that move, archiving.

mod change;
mod content;
mod create;
mod find;
mod label;
mod show;
mod told;

use serde_json::json;
use tidemill_api::asset::{Asset, AssetVersion};
use tidemill_policy::Action;
use tidemill_store::asset::Key;
use tidemill_store::page::{Page, PageRequest};
use tidemill_store::{asset, asset_label, asset_version};

pub use change::{archive_version, patch};
pub use label::{delete_label, labelled, labels, put_label};
pub use tidemill_store::asset::{Archived, Kind};

pub(crate) use change::patch_map;
pub(crate) use content::{spec_digest, spec_of, stored_spec, typed};
pub(crate) use create::{NewVersion, add, check_new, create};
pub(crate) use find::{find_version, resolve};
pub(crate) use label::check_label;
pub(crate) use told::check_told;

use crate::context::Change;
use crate::{Error, OpContext, Result, Scope, action};
use find::{built_in, find_asset};
use show::{labels_by_version, show, show_asset, view};
use told::{is_closed, told, told_of};

/// The label of the newest version that is not archived. It moves by itself.
pub const LATEST: &str = "latest";

/// One version, as the store has it.
pub(crate) type Row = asset_version::Model;

/// Names of one kind, with what the newest version of each says.
///
/// # Errors
/// NotFound, for a workspace that is not there.
pub async fn list(
    ctx: &OpContext,
    kind: Kind,
    workspace: &str,
    archived: Archived,
    page: &PageRequest,
) -> Result<Page<Asset>> {
    ctx.authorize(read(kind), &Scope::workspace(workspace)).await?;
    crate::workspace::get(ctx, workspace).await?;
    let db = ctx.app().store.read();
    let mut rows = asset::list(db, workspace, kind, archived, page).await?;
    if is_closed(ctx, kind) {
        let mut shown = Vec::new();
        for row in std::mem::take(&mut rows.items) {
            if let Some(asset) = told(ctx, kind, row).await? {
                shown.push(asset);
            }
        }
        return Ok(Page {
            items: shown,
            next: rows.next,
        });
    }
    let names: Vec<String> = rows.items.iter().map(|row| row.name.clone()).collect();
    let mut newest = asset_version::latest_of_many(db, workspace, kind, &names).await?;
    let mut labels = asset_label::of_many(db, workspace, kind, &names).await?;
    Ok(rows.map(|row| {
        let labels = labels.remove(&row.name).unwrap_or_default();
        let newest = newest.remove(&row.name);
        show_asset(row, newest, labels)
    }))
}

/// One name.
///
/// # Errors
/// NotFound, with names that are like it or that there are.
pub async fn get(ctx: &OpContext, kind: Kind, workspace: &str, name: &str) -> Result<Asset> {
    ctx.authorize(read(kind), &scope(kind, workspace, name)).await?;
    let row = find_asset(ctx, kind, workspace, name).await?;
    if is_closed(ctx, kind) {
        let shown = told(ctx, kind, row).await?;
        return shown.ok_or_else(|| Error::not_found(kind.as_str(), name));
    }
    let db = ctx.app().store.read();
    let names = [name.to_owned()];
    let newest = asset_version::latest_of_many(db, workspace, kind, &names)
        .await?
        .remove(name);
    let labels = asset_label::of(
        db,
        Key {
            workspace,
            kind,
            name,
        },
    )
    .await?;
    Ok(show_asset(row, newest, labels))
}

/// Hides a name from lists, or shows it again. Its versions still resolve.
///
/// # Errors
/// NotFound.
pub async fn archive(
    ctx: &OpContext,
    kind: Kind,
    workspace: &str,
    name: &str,
    archived: bool,
) -> Result<Asset> {
    let scope = scope(kind, workspace, name);
    ctx.authorize(write(kind), &scope).await?;
    let before = find_asset(ctx, kind, workspace, name).await?;
    if is_closed(ctx, kind) && told(ctx, kind, before.clone()).await?.is_none() {
        return Err(Error::not_found(kind.as_str(), name));
    }
    if before.archived != archived {
        let change = Change {
            action: write(kind),
            scope,
            before: json!({ "archived": before.archived }),
            after: json!({ "archived": archived }),
        };
        let (now, workspace, name) = (ctx.now_ms(), workspace.to_owned(), name.to_owned());
        ctx.change(change, move |tx| {
            Box::pin(async move {
                let key = Key {
                    workspace: &workspace,
                    kind,
                    name: &name,
                };
                match asset::set_archived(tx, key, archived, now).await? {
                    true => Ok(()),
                    false => Err(Error::not_found(kind.as_str(), &name)),
                }
            })
        })
        .await?;
    }
    get(ctx, kind, workspace, name).await
}

/// Versions, newest first.
///
/// # Errors
/// NotFound.
pub async fn versions(
    ctx: &OpContext,
    kind: Kind,
    workspace: &str,
    name: &str,
    archived: Archived,
    page: &PageRequest,
) -> Result<Page<AssetVersion>> {
    ctx.authorize(read(kind), &scope(kind, workspace, name)).await?;
    find_asset(ctx, kind, workspace, name).await?;
    let key = Key {
        workspace,
        kind,
        name,
    };
    let labels = labels_by_version(ctx, key).await?;
    let mut rows = asset_version::list(ctx.app().store.read(), key, archived, page).await?;
    rows.items = told_of(ctx, kind, rows.items).await?;
    Ok(rows.map(|row| {
        let labels = labels.get(&row.version).cloned().unwrap_or_default();
        show(row, labels)
    }))
}

/// One version.
///
/// # Errors
/// NotFound, with the versions that there are.
pub async fn version(
    ctx: &OpContext,
    kind: Kind,
    workspace: &str,
    name: &str,
    version: &str,
) -> Result<AssetVersion> {
    ctx.authorize(read(kind), &scope(kind, workspace, name)).await?;
    let key = Key {
        workspace,
        kind,
        name,
    };
    let row = match find_version(ctx, key, version).await {
        Ok(row) => row,
        Err(error) => return built_in(ctx, key, error).await,
    };
    check_told(ctx, kind, &row).await?;
    view(ctx, kind, row).await
}

pub(crate) fn scope(kind: Kind, workspace: &str, name: &str) -> Scope {
    Scope::resource(workspace, kind.plural(), name)
}

fn read(kind: Kind) -> Action {
    match kind {
        Kind::Data => action::DATA_READ,
        Kind::Environment => action::ENVIRONMENT_READ,
        Kind::Component => action::COMPONENT_READ,
    }
}

pub(crate) fn write(kind: Kind) -> Action {
    match kind {
        Kind::Data => action::DATA_WRITE,
        Kind::Environment => action::ENVIRONMENT_WRITE,
        Kind::Component => action::COMPONENT_WRITE,
    }
}
