//! The files of a version of data: what its manifest names, read from where they lie.

use std::ops::Range;

use tidemill_objects::{Manifest, SafePath};
use tidemill_store::asset::{Key, Kind};

use crate::artifact::Download;
use crate::asset::Row;
use crate::content::{self, Content};
use crate::{Error, OpContext, Result, action, asset, datastore_access, model, resolve};

/// The files of a version, as they were when it was made.
///
/// # Errors
/// NotFound.
pub async fn list(ctx: &OpContext, workspace: &str, name: &str, version: &str) -> Result<Manifest> {
    Ok(found(ctx, workspace, name, version).await?.1)
}

/// The bytes of one file of a version, or of a range of it.
///
/// # Errors
/// NotFound; Conflict where another file lies there by now.
pub async fn get(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    version: &str,
    file: &str,
    range: Option<Range<u64>>,
) -> Result<Download> {
    let (row, manifest) = found(ctx, workspace, name, version).await?;
    let uri = row.uri.as_deref().ok_or_else(|| Error::not_found("file", file))?;
    let place = resolve::stored_place(ctx, workspace, uri).await?;
    let path = SafePath::normalise(file)?;
    let wanted = manifest.get(&path).map(|entry| entry.size_bytes);
    let content = Content {
        is_file: is_file(uri, &manifest),
        manifest,
    };
    let download = model::read(ctx, workspace, &place.source, &content, file, range).await?;
    // Bytes are hashed when a job uses them; here a file that was cut or grown is told at once.
    if wanted.is_some_and(|size_bytes| size_bytes != download.size_bytes) {
        return Err(Error::conflict(format!(
            "failed to read {file} of {name}:{version}: it has changed since the version was made"
        ))
        .hint("make a new version of it: `tidemill data create`"));
    }
    Ok(download)
}

/// The size that a file of a version has.
///
/// # Errors
/// NotFound.
pub async fn size(ctx: &OpContext, workspace: &str, name: &str, version: &str, file: &str) -> Result<u64> {
    let (_, manifest) = found(ctx, workspace, name, version).await?;
    let entry = manifest.get(&SafePath::normalise(file)?);
    let entry = entry.ok_or_else(|| Error::not_found("file", file).hint("`files` lists what there is"))?;
    Ok(entry.size_bytes)
}

async fn found(ctx: &OpContext, workspace: &str, name: &str, version: &str) -> Result<(Row, Manifest)> {
    ctx.authorize(action::DATA_READ, &asset::scope(Kind::Data, workspace, name))
        .await?;
    let key = Key {
        workspace,
        kind: Kind::Data,
        name,
    };
    let row = asset::find_version(ctx, key, version).await?;
    datastore_access::check_version(ctx, workspace, row.uri.as_deref()).await?;
    let manifest = content::read_manifest(ctx.app(), &row.digest).await?;
    let manifest = manifest.ok_or_else(|| {
        Error::not_found("list of the files of", &format!("{name}:{version}"))
            .hint("its manifest is gone from the server's objects: make a new version")
    })?;
    Ok((row, manifest))
}

/// Whether a place is the one file of a manifest rather than the folder that holds it: a file stands there by its name.
fn is_file(uri: &str, manifest: &Manifest) -> bool {
    let last = uri.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    matches!(manifest.entries(), [one] if one.path.as_str() == last)
}
