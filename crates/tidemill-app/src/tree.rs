//! Trees: folders that clients upload, named by exactly their bytes. What is taken has been checked; each call may be
//! repeated.

use ::bytes::Bytes;
use tidemill_api::tree::{PackView, TreeContents, TreeView};
use tidemill_objects::{
    ByteStream, Hash, MAX_TREE_BYTES, ObjectsError, PackId, TreeSink, TreeSource, collect,
};
use tidemill_policy::Action;

use crate::bytes::tree_store;
use crate::{Error, OpContext, Result, Scope, action, data_free};

/// A tree that is there, whole.
///
/// # Errors
/// NotFound; Invalid for what is no digest.
pub async fn get(ctx: &OpContext, workspace: &str, digest: &str) -> Result<TreeView> {
    may(ctx, action::DATA_READ, workspace).await?;
    let name = hash("tree", digest)?;
    let tree = tree_store(ctx.app())?
        .tree(&name)
        .await
        .map_err(|error| match error {
            ObjectsError::NotFound { .. } => Error::not_found("tree", digest).hint("upload it first"),
            error => error.into(),
        })?;
    Ok(TreeView {
        digest: digest.to_owned(),
        uri: format!("tidemill://trees/{digest}"),
        files: tree.manifest().len() as u64,
        size_bytes: tree.manifest().total_bytes(),
    })
}

/// Those of the contents that are not there.
///
/// # Errors
/// Invalid for what is no hash.
pub async fn missing(ctx: &OpContext, workspace: &str, asked: TreeContents) -> Result<TreeContents> {
    may_upload(ctx, workspace).await?;
    let blobs = asked
        .blobs
        .iter()
        .map(|name| hash("blob", name))
        .collect::<Result<Vec<_>>>()?;
    let packs = asked
        .packs
        .iter()
        .map(|name| hash("pack", name).map(PackId))
        .collect::<Result<Vec<_>>>()?;
    let store = tree_store(ctx.app())?;
    let (blobs, packs) = (
        store.missing_blobs(&blobs).await?,
        store.missing_packs(&packs).await?,
    );
    Ok(TreeContents {
        blobs: blobs.into_iter().map(Hash::to_hex).collect(),
        packs: packs.iter().map(ToString::to_string).collect(),
    })
}

/// Takes a pack of small files, of the name that it should have; `size_bytes` as announced, 0 when nobody said.
///
/// # Errors
/// Invalid when its bytes are others, or not a pack.
pub async fn put_pack(
    ctx: &OpContext,
    workspace: &str,
    id: &str,
    size_bytes: u64,
    body: ByteStream,
) -> Result<PackView> {
    may_upload(ctx, workspace).await?;
    let name = PackId(hash("pack", id)?);
    tree_store(ctx.app())?
        .put_pack_stream(name, body, size_bytes)
        .await?;
    Ok(PackView { id: id.to_owned() })
}

/// Takes a large file of the name and size that it should have.
///
/// # Errors
/// Invalid when its bytes are others; then nothing of it stays.
pub async fn put_blob(
    ctx: &OpContext,
    workspace: &str,
    name: &str,
    size_bytes: u64,
    body: ByteStream,
) -> Result<()> {
    may_upload(ctx, workspace).await?;
    Ok(tree_store(ctx.app())?
        .put_blob(&hash("blob", name)?, size_bytes, body)
        .await?)
}

/// Takes a tree (`tidemill_objects::Tree::encode`) whose packs and blobs are all there.
///
/// # Errors
/// Invalid when it is damaged or another one; NotFound when some of its bytes are not there.
pub async fn put(ctx: &OpContext, workspace: &str, digest: &str, body: ByteStream) -> Result<TreeView> {
    may_upload(ctx, workspace).await?;
    let name = hash("tree", digest)?;
    let encoded: Bytes = collect("the tree", body, 0, MAX_TREE_BYTES).await?;
    let store = tree_store(ctx.app())?;
    store.put_encoded_tree(&name, encoded.clone()).await?;
    // What only waited to be removed may have gone right behind it: then it is put once more, and nobody removes it now.
    if ctx.hold(digest).is_err() {
        store.put_encoded_tree(&name, encoded).await?;
        ctx.hold(digest)?;
    }
    // Whoever puts it is about to name it: it is not among those any more that only wait to be removed.
    data_free::forget(ctx.app(), name).await?;
    get(ctx, workspace, digest).await
}

/// Whoever may make something of uploaded files may upload them: data, or the code of a job, component or environment, or a
/// model. A job uploads nothing: what it makes are artifacts and outputs.
async fn may_upload(ctx: &OpContext, workspace: &str) -> Result<()> {
    let scope = Scope::workspace(workspace);
    let makes = [
        action::JOB_WRITE,
        action::COMPONENT_WRITE,
        action::ENVIRONMENT_WRITE,
        action::MODEL_WRITE,
    ];
    if ctx.subject().is_some() && makes.into_iter().any(|action| ctx.may(action, &scope)) {
        return crate::workspace::get(ctx, workspace).await.map(drop);
    }
    may(ctx, action::DATA_WRITE, workspace).await
}

async fn may(ctx: &OpContext, action: Action, workspace: &str) -> Result<()> {
    ctx.authorize(action, &Scope::workspace(workspace)).await?;
    crate::workspace::get(ctx, workspace).await.map(drop)
}

fn hash(what: &str, text: &str) -> Result<Hash> {
    text.parse().map_err(|_| {
        Error::invalid(format!(
            "failed to read {text:?} as the name of a {what}: it is not 64 hex digits"
        ))
    })
}
