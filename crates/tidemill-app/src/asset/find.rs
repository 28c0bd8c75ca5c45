//! From what somebody names to the version that is meant; else what there is instead.

use tidemill_api::asset::AssetVersion;
use tidemill_spec::refs::{AssetRef, VersionRef};
use tidemill_store::asset::Key;
use tidemill_store::page::PageRequest;
use tidemill_store::{asset, asset_label, asset_version};

use super::told::{is_closed, only_told};
use super::{Archived, Kind, LATEST, Row};
use crate::{Error, OpContext, Result, registry};

/// The version that a reference means; archived ones too, when they are named exactly.
///
/// # Errors
/// NotFound, with what there is; Invalid for a reference to another registry.
pub(crate) async fn resolve(ctx: &OpContext, kind: Kind, workspace: &str, wanted: &AssetRef) -> Result<Row> {
    match wanted {
        AssetRef::Named { name, version } => find(ctx, Key { workspace, kind, name }, version).await,
        AssetRef::Id { kind: noun, name, version, id, .. } => {
            if noun != kind.plural() && noun != kind.as_str() {
                return Err(Error::invalid(format!("failed to resolve {kind} `{id}`: it names {noun}")));
            }
            find(ctx, Key { workspace, kind, name }, version).await
        }
        AssetRef::Registry { registry, name, .. } => Err(Error::not_found(kind.as_str(), name).hint(format!(
            "registry `{registry}` cannot be reached from here: register it in workspace `{workspace}`, and name it \
             `azureml:{name}@latest`"
        ))),
    }
}

pub(super) async fn find(ctx: &OpContext, key: Key<'_>, wanted: &VersionRef) -> Result<Row> {
    let Key { kind, name, .. } = key;
    let db = ctx.app().store.read();
    match wanted {
        VersionRef::Version(version) => find_version(ctx, key, version).await,
        VersionRef::Label(label) if label != LATEST => {
            find_asset(ctx, kind, key.workspace, name).await?;
            match asset_label::get(db, key, label).await? {
                Some(version) => find_version(ctx, key, &version).await,
                None if is_closed(ctx, kind) => Err(Error::not_found("label", &format!("{name}@{label}"))),
                None => {
                    let mut there: Vec<String> = asset_label::of(db, key)
                        .await?
                        .into_iter()
                        .map(|row| row.label)
                        .collect();
                    there.push(LATEST.to_owned());
                    Err(Error::not_found("label", &format!("{name}@{label}"))
                        .hint(format!("{kind} `{name}` has: {}", there.join(", "))))
                }
            }
        }
        VersionRef::Label(_) | VersionRef::Unsaid => match asset_version::latest(db, key).await? {
            Some(row) => Ok(row),
            None => {
                find_asset(ctx, kind, key.workspace, name).await?;
                Err(Error::not_found(kind.as_str(), &format!("{name}@latest"))
                    .hint("all of its versions are archived: restore one, or name one exactly"))
            }
        },
    }
}

pub(super) async fn find_asset(
    ctx: &OpContext,
    kind: Kind,
    workspace: &str,
    name: &str,
) -> Result<asset::Model> {
    let db = ctx.app().store.read();
    if let Some(row) = asset::get(
        db,
        Key {
            workspace,
            kind,
            name,
        },
    )
    .await?
    {
        return Ok(row);
    }
    crate::workspace::get(ctx, workspace).await?;
    if is_closed(ctx, kind) {
        // Which names there are is not for everybody.
        return Err(Error::not_found(kind.as_str(), name)
            .hint(format!("`tidemill {kind} list` shows those that you may see")));
    }
    let there = asset::list(
        db,
        workspace,
        kind,
        Archived::Exclude,
        &PageRequest {
            limit: 20,
            after: None,
        },
    )
    .await?;
    let names: Vec<_> = there.items.iter().map(|row| row.name.as_str()).collect();
    Err(
        Error::not_found(kind.as_str(), name).hint(match names.is_empty() {
            true => format!("workspace `{workspace}` has none: make it with `tidemill {kind} create`"),
            false => format!("workspace `{workspace}` has: {}", names.join(", ")),
        }),
    )
}

/// A version that is named exactly.
pub(crate) async fn find_version(ctx: &OpContext, key: Key<'_>, version: &str) -> Result<Row> {
    let db = ctx.app().store.read();
    if let Some(row) = asset_version::get(db, key, version).await? {
        return Ok(row);
    }
    find_asset(ctx, key.kind, key.workspace, key.name).await?;
    let page = PageRequest {
        limit: 20,
        after: None,
    };
    let there = asset_version::list(db, key, Archived::Include, &page).await?;
    if is_closed(ctx, key.kind) {
        let none = Error::not_found("version", &format!("{}:{version}", key.name));
        return Err(none.hint(only_told(key.name)));
    }
    let versions: Vec<_> = there.items.iter().map(|row| row.version.as_str()).collect();
    Err(
        Error::not_found(key.kind.as_str(), &format!("{}:{version}", key.name))
            .hint(format!("it has the versions {}", versions.join(", "))),
    )
}

/// A curated environment, where the workspace has none of that name; else the error.
pub(super) async fn built_in(ctx: &OpContext, key: Key<'_>, error: Error) -> Result<AssetVersion> {
    if key.kind != Kind::Environment
        || error.kind != crate::Kind::NotFound
        || asset::get(ctx.app().store.read(), key).await?.is_some()
    {
        return Err(error);
    }
    crate::workspace::get(ctx, key.workspace).await?;
    registry::curated(key.name).ok_or_else(|| registry::with_curated(error))
}
