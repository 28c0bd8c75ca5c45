//! Artifacts: the files of runs, logged models and model versions, by the paths under which MLflow's clients know them.
//!
//! A path of the artifact store starts with what it belongs to: `{experiment}/{run}/artifacts/…`,
//! `{experiment}/models/{logged model}/artifacts/…`, `{experiment}/traces/{trace}/artifacts/…`. Below
//! `models/{name}/{version}/…` are the files of a registered version, wherever they lie; those are only read.

use std::ops::Range;

use tidemill_api::mlflow::artifact::{FileInfo, ListArtifactsResponse};
use tidemill_api::mlflow::rule;
use tidemill_objects::{
    Artifacts, ByteStream, Datastore, Hash, ObjectsError, SafePath, TreeSource, TreeStore, open_entry,
};

use crate::artifact_location::own_path;
use crate::model_version::find as find_version;
use crate::{Error, Kind, OpContext, Result, Scope, action, bytes, logged_model, run};

/// A file that is being read.
pub struct Download {
    /// The size of the whole file.
    pub size_bytes: u64,
    /// The bytes, or those of the range that was asked for.
    pub bytes: ByteStream,
}

impl std::fmt::Debug for Download {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Download")
            .field("size_bytes", &self.size_bytes)
            .finish_non_exhaustive()
    }
}

/// Where the bytes behind a path are.
enum Place {
    /// A path in the workspace's artifact store or another datastore.
    Files(Artifacts, SafePath),
    /// A path in a tree.
    Tree(TreeStore, Hash, SafePath),
}

/// Reads a file, or a range of it.
///
/// # Errors
/// Invalid for a path that leaves the store or names a folder, NotFound.
pub async fn get(
    ctx: &OpContext,
    workspace: &str,
    path: &str,
    range: Option<Range<u64>>,
) -> Result<Download> {
    ctx.authorize(action::RUN_READ, &Scope::workspace(workspace))
        .await?;
    let path = rule::artifact_path(path)?;
    let missing = || Error::new(Kind::NotFound, format!("No such artifact: '{path}'"));
    match place(ctx, workspace, &path).await? {
        Place::Files(store, at) => match store.get(&at, range).await {
            Ok((meta, bytes)) => Ok(Download {
                size_bytes: meta.size_bytes,
                bytes,
            }),
            Err(ObjectsError::NotFound { .. } | ObjectsError::NotAFile { .. }) => {
                let inside = store.list(&at).await.unwrap_or_default();
                if inside.files.is_empty() && inside.folders.is_empty() {
                    return Err(missing());
                }
                Err(Error::invalid(format!(
                    "Artifact path refers to a directory, not a file: '{path}'"
                ))
                .hint("list it, and download the files in it"))
            }
            Err(error) => Err(error.into()),
        },
        Place::Tree(store, digest, at) => {
            let tree = store.tree(&digest).await?;
            match open_entry(&store, &tree, &at, range).await {
                Ok((size_bytes, bytes)) => Ok(Download { size_bytes, bytes }),
                Err(ObjectsError::NotFound { .. }) => Err(missing()),
                Err(error) => Err(error.into()),
            }
        }
    }
}

/// Writes a file, whole or not at all; what was there is replaced.
///
/// # Errors
/// Invalid for a path that leaves the store, Forbidden for a job and what isn't its own.
pub async fn put(ctx: &OpContext, workspace: &str, path: &str, bytes: ByteStream) -> Result<()> {
    let path = rule::artifact_path(path)?;
    authorize_write(ctx, workspace, &path).await?;
    own(ctx, workspace)?.put(&SafePath::parse(path)?, bytes).await?;
    Ok(())
}

/// Removes a file, or a folder with all in it; what is not there is gone already.
///
/// # Errors
/// Invalid for a path that leaves the store, Forbidden for a job and what isn't its own.
pub async fn delete(ctx: &OpContext, workspace: &str, path: &str) -> Result<()> {
    let path = rule::artifact_path(path)?;
    authorize_write(ctx, workspace, &path).await?;
    match own(ctx, workspace)?.delete(&SafePath::parse(path)?).await {
        Ok(_) | Err(ObjectsError::NotFound { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// What one folder holds, by name; nothing there is an empty list.
///
/// # Errors
/// Invalid for a path that leaves the store.
pub async fn list(ctx: &OpContext, workspace: &str, path: &str) -> Result<Vec<FileInfo>> {
    ctx.authorize(action::RUN_READ, &Scope::workspace(workspace))
        .await?;
    let path = rule::artifact_path(path)?;
    match place(ctx, workspace, &path).await? {
        Place::Files(store, at) => {
            let found = store.list(&at).await?;
            let folders = found.folders.iter().map(|folder| entry(folder.name(), None));
            let files = found
                .files
                .iter()
                .map(|file| entry(file.path.name(), Some(file.size_bytes)));
            let mut all: Vec<_> = folders.chain(files).collect();
            all.sort_by(|a, b| a.path.cmp(&b.path));
            Ok(all)
        }
        Place::Tree(store, digest, at) => {
            let tree = store.tree(&digest).await?;
            let mut found = std::collections::BTreeMap::new();
            for file in tree.manifest().entries() {
                let Some(rest) = file.path.strip_prefix(&at).filter(|rest| !rest.is_root()) else {
                    continue;
                };
                let mut names = rest.names();
                let name = names.next().unwrap_or_default().to_owned();
                let size = names.next().is_none().then_some(file.size_bytes);
                found.insert(name, size);
            }
            Ok(found.into_iter().map(|(name, size)| entry(&name, size)).collect())
        }
    }
}

/// What one folder of a run holds.
///
/// # Errors
/// NotFound for the run, Invalid for a path that leaves its artifacts.
pub async fn list_of_run(
    ctx: &OpContext,
    workspace: &str,
    run_id: &str,
    path: Option<&str>,
) -> Result<ListArtifactsResponse> {
    let row = run::find(ctx.app().store.read(), workspace, run_id).await?;
    list_below(ctx, workspace, row.artifact_uri, path.unwrap_or_default()).await
}

/// What one folder of a logged model holds.
///
/// # Errors
/// NotFound for the model, Invalid for a path that leaves its artifacts.
pub async fn list_of_logged_model(
    ctx: &OpContext,
    workspace: &str,
    model_id: &str,
    path: Option<&str>,
) -> Result<ListArtifactsResponse> {
    ctx.authorize(action::RUN_READ, &Scope::workspace(workspace))
        .await?;
    let row = logged_model::find(ctx.app().store.read(), workspace, model_id, false).await?;
    list_below(ctx, workspace, row.artifact_location, path.unwrap_or_default()).await
}

/// The path in the store of an artifact of a run.
///
/// # Errors
/// NotFound for the run, Invalid for a path that leaves its artifacts.
pub async fn path_in_run(ctx: &OpContext, workspace: &str, run_id: &str, path: &str) -> Result<String> {
    ctx.authorize(action::RUN_READ, &Scope::resource(workspace, "runs", run_id))
        .await?;
    let row = run::find(ctx.app().store.read(), workspace, run_id).await?;
    Ok(join(own_path(&row.artifact_uri)?, &rule::artifact_path(path)?))
}

/// The path in the store of a file of a logged model.
///
/// # Errors
/// NotFound for the model, Invalid for a path that leaves its artifacts.
pub async fn path_in_logged_model(
    ctx: &OpContext,
    workspace: &str,
    model_id: &str,
    path: &str,
) -> Result<String> {
    ctx.authorize(action::RUN_READ, &Scope::workspace(workspace))
        .await?;
    let row = logged_model::find(ctx.app().store.read(), workspace, model_id, false).await?;
    Ok(join(
        own_path(&row.artifact_location)?,
        &rule::artifact_path(path)?,
    ))
}

async fn list_below(
    ctx: &OpContext,
    workspace: &str,
    root_uri: String,
    path: &str,
) -> Result<ListArtifactsResponse> {
    let path = rule::artifact_path(path)?;
    let mut files = list(ctx, workspace, &join(own_path(&root_uri)?, &path)).await?;
    for file in &mut files {
        file.path = join(&path, &file.path);
    }
    Ok(ListArtifactsResponse { root_uri, files })
}

/// The error of an upload whose body broke off.
pub fn broken_upload(error: impl std::fmt::Display) -> ObjectsError {
    ObjectsError::Unsupported {
        action: "take the upload".to_owned(),
        reason: error.to_string(),
    }
}

/// A job writes to the artifacts of its own runs and what they made.
pub(crate) async fn authorize_write(ctx: &OpContext, workspace: &str, path: &str) -> Result<()> {
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        ["models", ..] => Err(Error::forbidden(format!(
            "failed to write '{path}': the files of a registered version are not changed"
        ))
        .hint("log a new model, and register a new version of it")),
        [_, "models", model_id, ..] => logged_model::writable(ctx, workspace, model_id).await.map(drop),
        [_, "traces", ..] => {
            ctx.authorize(action::EXPERIMENT_WRITE, &Scope::workspace(workspace))
                .await
        }
        [_, run_id, "artifacts", ..] => run::writable(ctx, workspace, run_id).await.map(drop),
        _ => {
            ctx.authorize(action::RUN_WRITE, &Scope::workspace(workspace))
                .await
        }
    }
}

async fn place(ctx: &OpContext, workspace: &str, path: &str) -> Result<Place> {
    let parts: Vec<&str> = path.splitn(4, '/').collect();
    if let ["models", name, version, rest @ ..] = parts.as_slice() {
        let number = rule::model_version(version)?;
        let row = find_version(ctx.app().store.read(), workspace, name, number).await?;
        return of_location(
            ctx,
            workspace,
            &row.storage_location,
            rest.first().copied().unwrap_or_default(),
        )
        .await;
    }
    Ok(Place::Files(own(ctx, workspace)?, SafePath::parse(path)?))
}

/// Where a version's files are.
async fn of_location(ctx: &OpContext, workspace: &str, location: &str, rest: &str) -> Result<Place> {
    let rest = SafePath::normalise(rest)?;
    if location.starts_with("mlflow-artifacts:") {
        let at = SafePath::normalise(store_path(location))?;
        return Ok(Place::Files(own(ctx, workspace)?, at.join(&rest)));
    }
    if let Some(tree) = location.strip_prefix("tidemill://trees/") {
        let (digest, below) = tree.split_once('/').unwrap_or((tree, ""));
        let store = bytes::tree_store(ctx.app())?;
        return Ok(Place::Tree(
            store,
            digest.parse()?,
            SafePath::normalise(below)?.join(&rest),
        ));
    }
    if let Some((name, below)) = in_datastore(location) {
        let at = SafePath::normalise(below)?;
        let whole = at.join(&rest);
        crate::datastore_access::check(ctx, workspace, name, whole.as_str(), action::DATASTORE_FILE_READ)
            .await?;
        let opened = bytes::open(ctx, workspace, name).await?;
        return Ok(Place::Files(
            Artifacts::new(opened, SafePath::root()),
            at.join(&rest),
        ));
    }
    Err(Error::invalid(format!(
        "failed to read the files of this version: they are at '{location}'"
    ))
    .hint("download them from there"))
}

/// Datastore and path of `azureml://…/datastores/{name}/paths/{path}`.
fn in_datastore(location: &str) -> Option<(&str, &str)> {
    let rest = location.strip_prefix("azureml://")?;
    let (_, rest) = rest.split_once("datastores/")?;
    let (name, path) = rest.split_once("/paths/").unwrap_or((rest, ""));
    Some((name, path))
}

/// The workspace's artifact store.
pub(crate) fn own(ctx: &OpContext, workspace: &str) -> Result<Artifacts> {
    let folder = ctx.app().dir.artifacts(&crate::name::workspace(workspace)?);
    Ok(Artifacts::new(Datastore::open_folder(folder)?, SafePath::root()))
}

/// The path in the store of artifacts that lie on this server.
///
/// # Errors
/// Invalid where they lie elsewhere.
pub fn path_here(uri: &str) -> Result<&str> {
    own_path(uri)
}

/// The path in the store that a `mlflow-artifacts:` URI names.
pub fn store_path(uri: &str) -> &str {
    uri.strip_prefix("mlflow-artifacts:")
        .unwrap_or(uri)
        .trim_matches('/')
}

fn entry(name: &str, size: Option<u64>) -> FileInfo {
    FileInfo {
        path: name.to_owned(),
        is_dir: size.is_none(),
        file_size: size.map(|size| i64::try_from(size).unwrap_or(i64::MAX)),
    }
}

fn join(folder: &str, name: &str) -> String {
    match (folder.is_empty(), name.is_empty()) {
        (true, _) => name.to_owned(),
        (_, true) => folder.to_owned(),
        _ => format!("{folder}/{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_datastore_uri_names_its_datastore_and_path() {
        let long = "azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/lake/paths/a/b";
        assert_eq!(in_datastore(long), Some(("lake", "a/b")));
        assert_eq!(
            in_datastore("azureml://datastores/lake/paths/a"),
            Some(("lake", "a"))
        );
        assert_eq!(in_datastore("mlflow-artifacts:/1"), None);
    }
}
