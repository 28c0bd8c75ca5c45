//! The files of a version.

use std::ops::Range;

use tidemill_api::runner::Source;
use tidemill_objects::{Manifest, SafePath, TreeSource, open_entry};

use super::find::find_version;
use super::{Row, scope};
use crate::artifact::Download;
use crate::content::{self, Content};
use crate::place::Place;
use crate::{Error, OpContext, Result, action, bytes, resolve};

/// The bytes of one file of what lies at a place, or of a range of it.
pub(crate) async fn read(
    ctx: &OpContext,
    workspace: &str,
    source: &Source,
    content: &Content,
    file: &str,
    range: Option<Range<u64>>,
) -> Result<Download> {
    let file = SafePath::normalise(file)?;
    if content.manifest.get(&file).is_none() {
        return Err(
            Error::new(crate::Kind::NotFound, format!("failed to find the file {file}"))
                .hint("`files` lists what there is"),
        );
    }
    match source {
        Source::Tree { tree, path } => {
            let (store, path) = (bytes::tree_store(ctx.app())?, SafePath::normalise(path)?);
            let tree = store.tree(&tree.parse()?).await?;
            let whole = if content.is_file { path } else { path.join(&file) };
            let (size_bytes, bytes) = open_entry(&store, &tree, &whole, range).await?;
            Ok(Download { size_bytes, bytes })
        }
        Source::Url { url } => {
            let (meta, bytes) = tidemill_objects::HttpFile::open(url)?.get(range).await?;
            Ok(Download {
                size_bytes: meta.size_bytes,
                bytes,
            })
        }
        Source::Datastore { .. } | Source::Local { .. } => {
            let (store, path) = content::open(ctx, workspace, source).await?;
            let path = SafePath::normalise(&path)?;
            let whole = if content.is_file { path } else { path.join(&file) };
            let (meta, bytes) = store.get(&whole, range).await?;
            Ok(Download {
                size_bytes: meta.size_bytes,
                bytes,
            })
        }
    }
}

/// The files of a version, wherever they lie.
///
/// # Errors
/// NotFound, when the version or its files are not there.
pub async fn files(ctx: &OpContext, workspace: &str, name: &str, version: &str) -> Result<Manifest> {
    ctx.authorize(action::MODEL_READ, &scope(workspace, name)).await?;
    let row = find_version(ctx, workspace, name, version).await?;
    Ok(content_of(ctx, &row).await?.1.manifest)
}

/// The bytes of one file of a version.
///
/// # Errors
/// NotFound.
pub async fn file(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    version: &str,
    file: &str,
) -> Result<Download> {
    ctx.authorize(action::MODEL_READ, &scope(workspace, name)).await?;
    let row = find_version(ctx, workspace, name, version).await?;
    let (place, content) = content_of(ctx, &row).await?;
    read(ctx, workspace, &place.source, &content, file, None).await
}

async fn content_of(ctx: &OpContext, row: &Row) -> Result<(Place, Content)> {
    let place = resolve::stored_place(ctx, &row.workspace, &row.storage_location).await?;
    let known = match &row.digest {
        Some(digest) => content::read_manifest(ctx.app(), digest).await?,
        None => None,
    };
    let is_file = |manifest: &Manifest| {
        let last = row.storage_location.rsplit('/').next().unwrap_or_default();
        manifest.len() == 1 && manifest.entries()[0].path.as_str() == last
    };
    let content = match known {
        Some(manifest) => Content {
            is_file: is_file(&manifest),
            manifest,
        },
        // A version that an MLflow client registered: its files are listed as they are now.
        None => {
            content::survey(
                ctx,
                &row.workspace,
                &place.source,
                None,
                &tidemill_objects::Silent,
            )
            .await?
        }
    };
    Ok((place, content))
}
