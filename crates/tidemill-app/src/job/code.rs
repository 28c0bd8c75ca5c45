//! The code of a job, as it was when the job was submitted: a tree, and the bytes of one file of it.

use tidemill_objects::{ByteStream, FileMeta, Hash, SafePath, TreeSource, open_entry};
use tidemill_store::from_json;

use super::Plan;
use crate::bytes::tree_store;
use crate::{Error, OpContext, Result};

/// The files of a job's code; none, where its command needs none.
///
/// # Errors
/// NotFound, when there is no such job.
pub async fn code(ctx: &OpContext, workspace: &str, job: &str) -> Result<Vec<FileMeta>> {
    let Some(digest) = digest(ctx, workspace, job).await? else {
        return Ok(Vec::new());
    };
    let tree = tree_store(ctx.app())?.tree(&digest).await?;
    let entries = tree.manifest().entries().iter();
    Ok(entries
        .map(|entry| FileMeta {
            path: entry.path.clone(),
            size_bytes: entry.size_bytes,
            hint: entry.hint.clone(),
            modified_ms: None,
        })
        .collect())
}

/// The bytes of one file of a job's code, and how many.
///
/// # Errors
/// NotFound, when there is no such job or file.
pub async fn code_file(ctx: &OpContext, workspace: &str, job: &str, file: &str) -> Result<(u64, ByteStream)> {
    let digest = digest(ctx, workspace, job)
        .await?
        .ok_or_else(|| Error::not_found("file", file).hint("the job has no code"))?;
    let store = tree_store(ctx.app())?;
    let tree = store.tree(&digest).await?;
    Ok(open_entry(&store, &tree, &SafePath::parse(file)?, None).await?)
}

async fn digest(ctx: &OpContext, workspace: &str, name: &str) -> Result<Option<Hash>> {
    let job = super::get(ctx, workspace, name).await?;
    let Plan::Command(plan) = from_json("job", "plan", &job.plan)? else {
        return Ok(None);
    };
    plan.code
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(Error::internal)
}
