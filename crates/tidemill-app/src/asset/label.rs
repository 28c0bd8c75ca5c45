//! Labels: names that move from version to version. `latest` moves by itself.

use serde_json::{Value, json};
use tidemill_api::asset::{AssetVersion, Label};
use tidemill_spec::refs::VersionRef;
use tidemill_store::asset::Key;
use tidemill_store::{asset_label, asset_version};

use super::find::{built_in, find, find_asset, find_version};
use super::show::view;
use super::told::check_told;
use super::{Kind, LATEST, get, read, scope, write};
use crate::context::Change;
use crate::{Error, OpContext, Result, name};

/// Labels and the versions that they name, `latest` among them.
///
/// # Errors
/// NotFound.
pub async fn labels(ctx: &OpContext, kind: Kind, workspace: &str, name: &str) -> Result<Vec<Label>> {
    let asset = get(ctx, kind, workspace, name).await?;
    Ok(asset
        .labels
        .into_iter()
        .map(|(label, version)| Label { label, version })
        .collect())
}

/// The version that a label names.
///
/// # Errors
/// NotFound, with the labels that there are.
pub async fn labelled(
    ctx: &OpContext,
    kind: Kind,
    workspace: &str,
    name: &str,
    label: &str,
) -> Result<AssetVersion> {
    ctx.authorize(read(kind), &scope(kind, workspace, name)).await?;
    let wanted = VersionRef::Label(label.to_owned());
    let key = Key {
        workspace,
        kind,
        name,
    };
    let row = match find(ctx, key, &wanted).await {
        Ok(row) => row,
        Err(error) if label == LATEST => return built_in(ctx, key, error).await,
        Err(error) => return Err(error),
    };
    check_told(ctx, kind, &row).await?;
    view(ctx, kind, row).await
}

/// Lets a label name a version, whatever it named before.
///
/// # Errors
/// Invalid for `latest`, which moves by itself; NotFound.
pub async fn put_label(
    ctx: &OpContext,
    kind: Kind,
    workspace: &str,
    name: &str,
    label: &str,
    version: &str,
) -> Result<Label> {
    let scope = scope(kind, workspace, name);
    ctx.authorize(write(kind), &scope).await?;
    check_label(label)?;
    let key = Key {
        workspace,
        kind,
        name,
    };
    let named = find_version(ctx, key, version).await?;
    check_told(ctx, kind, &named).await?;
    let before = asset_label::get(ctx.app().store.read(), key, label).await?;
    let change = Change {
        action: write(kind),
        scope,
        before: json!({ "label": label, "version": before }),
        after: json!({ "label": label, "version": version }),
    };
    let shown = Label {
        label: label.to_owned(),
        version: version.to_owned(),
    };
    let (workspace, name, put) = (workspace.to_owned(), name.to_owned(), shown.clone());
    ctx.change(change, move |tx| {
        Box::pin(async move {
            let key = Key {
                workspace: &workspace,
                kind,
                name: &name,
            };
            Ok(asset_label::put(tx, key, &put.label, &put.version).await?)
        })
    })
    .await?;
    Ok(shown)
}

/// Removes a label; its version stays.
///
/// # Errors
/// Invalid for `latest`; NotFound.
pub async fn delete_label(
    ctx: &OpContext,
    kind: Kind,
    workspace: &str,
    name: &str,
    label: &str,
) -> Result<()> {
    let scope = scope(kind, workspace, name);
    ctx.authorize(write(kind), &scope).await?;
    check_label(label)?;
    find_asset(ctx, kind, workspace, name).await?;
    let key = Key {
        workspace,
        kind,
        name,
    };
    let db = ctx.app().store.read();
    if let Some(version) = asset_label::get(db, key, label).await?
        && let Some(named) = asset_version::get(db, key, &version).await?
    {
        check_told(ctx, kind, &named)
            .await
            .map_err(|_| Error::not_found("label", label))?;
    }
    let change = Change {
        action: write(kind),
        scope,
        before: json!({ "label": label }),
        after: Value::Null,
    };
    let (workspace, name, label) = (workspace.to_owned(), name.to_owned(), label.to_owned());
    ctx.change(change, move |tx| {
        Box::pin(async move {
            let key = Key {
                workspace: &workspace,
                kind,
                name: &name,
            };
            match asset_label::delete(tx, key, &label).await? {
                true => Ok(()),
                false => Err(Error::not_found("label", &label)),
            }
        })
    })
    .await
}

/// Checks a label that somebody sets or removes.
pub(crate) fn check_label(label: &str) -> Result<()> {
    name::check("label", label)?;
    if label == LATEST {
        return Err(Error::invalid(
            "failed to change label `latest`: it moves by itself to the newest version",
        )
        .hint("archive a version to take `latest` off it, or choose another label"));
    }
    Ok(())
}
