//! What lies at a place: which bytes exactly, named by a manifest; and copies of it as trees.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use futures::TryStreamExt;
use tidemill_api::runner::Source;
use tidemill_objects::{
    Datastore, DatastoreConfig, Entry, Hash, Hint, HttpFile, Layout, MAX_ENCODED_BYTES, Manifest,
    ObjectsError, Progress, SafePath, ScanTarget, Silent, Tree, TreeBuilder, TreeSink, TreeSource,
    UploadOptions, lay_copy, scan, upload_tree,
};

use crate::{App, Error, OpContext, Result, bytes};

/// What lies at a place.
#[derive(Debug, Clone)]
pub(crate) struct Content {
    /// The files; paths are relative to the folder, or the name of the one file.
    pub(crate) manifest: Manifest,
    /// The place is one file, not a folder.
    pub(crate) is_file: bool,
}

/// Finds out what lies at a place: reads every byte that `previous` (the manifest of an earlier time) does not know.
///
/// # Errors
/// NotFound when nothing is there; Invalid when the place cannot be opened.
pub(crate) async fn survey(
    ctx: &OpContext,
    workspace: &str,
    source: &Source,
    previous: Option<&Manifest>,
    progress: &dyn Progress,
) -> Result<Content> {
    match source {
        Source::Tree { tree, path } => in_tree(ctx.app(), tree, path).await,
        Source::Url { url } => at_url(url, progress).await,
        Source::Datastore { .. } | Source::Local { .. } => {
            let (store, path) = open(ctx, workspace, source).await?;
            let target = ScanTarget::resolve(&store, &path).await?;
            let found = scan(&store, &target, previous, SystemTime::now(), progress).await?;
            Ok(Content {
                manifest: found.manifest,
                is_file: target.is_file(),
            })
        }
    }
}

/// The datastore of a place, and the path in it.
pub(crate) async fn open(ctx: &OpContext, workspace: &str, source: &Source) -> Result<(Datastore, String)> {
    match source {
        Source::Datastore { datastore, path } => {
            Ok((bytes::open(ctx, workspace, datastore).await?, path.clone()))
        }
        Source::Local { path } => {
            let path = Path::new(path);
            let (folder, name) = match (path.parent(), path.file_name().and_then(|name| name.to_str())) {
                (Some(folder), Some(name)) if !path.is_dir() => (folder, name),
                _ => (path, ""),
            };
            let config = DatastoreConfig::LocalFolder {
                path: folder.to_owned(),
                read_only: true,
                no_links: false,
            };
            Ok((Datastore::open(&config)?, name.to_owned()))
        }
        Source::Tree { .. } | Source::Url { .. } => {
            Err(Error::internal("a tree or a URL is not opened as a datastore"))
        }
    }
}

/// The files of a tree, or those under a path in it.
async fn in_tree(app: &App, tree: &str, path: &str) -> Result<Content> {
    let (digest, path): (Hash, _) = (tree.parse()?, SafePath::normalise(path)?);
    let whole = bytes::tree_store(app)?
        .tree(&digest)
        .await
        .map_err(|error| match error {
            ObjectsError::NotFound { .. } => Error::not_found("tree", tree)
                .hint("upload it first: `tidemill` does so for paths of your machine"),
            error => error.into(),
        })?;
    let manifest = whole.manifest().clone();
    if path.is_root() {
        return Ok(Content {
            manifest,
            is_file: false,
        });
    }
    let is_file = manifest.get(&path).is_some();
    let folder = if is_file {
        path.parent().unwrap_or_default()
    } else {
        path.clone()
    };
    let entries: Vec<Entry> = manifest
        .range_of(&path)
        .into_iter()
        .filter_map(|at| {
            let entry = &manifest.entries()[at];
            Some(Entry {
                path: entry.path.strip_prefix(&folder)?,
                ..entry.clone()
            })
        })
        .collect();
    if entries.is_empty() {
        return Err(Error::new(
            crate::Kind::NotFound,
            format!("failed to find {path} in the uploaded data {tree}"),
        ));
    }
    Ok(Content {
        manifest: Manifest::new(entries)?,
        is_file,
    })
}

/// One file of a web server: its size, its etag and the hash of its bytes.
async fn at_url(url: &str, progress: &dyn Progress) -> Result<Content> {
    let file = HttpFile::open(url)?;
    let (meta, mut pieces) = file.get(None).await?;
    let (mut hasher, mut size_bytes) = (blake3::Hasher::new(), 0);
    while let Some(piece) = pieces.try_next().await? {
        hasher.update(&piece);
        size_bytes += piece.len() as u64;
        progress.advance(0, piece.len() as u64);
    }
    progress.advance(1, 0);
    let entry = Entry {
        path: SafePath::parse(file.name())?,
        size_bytes,
        hash: hasher.finalize().into(),
        executable: false,
        hint: meta.hint,
    };
    Ok(Content {
        manifest: Manifest::new(vec![entry])?,
        is_file: true,
    })
}

/// Keeps a manifest under its digest beside the trees, where runners find it; gives the digest, in hex.
///
/// # Errors
/// When it cannot be written.
pub async fn keep_manifest(app: &App, manifest: &Manifest) -> Result<String> {
    let digest = manifest.digest().to_hex();
    if app.manifests.get(&digest).is_some_and(|kept| kept == *manifest) {
        return Ok(digest);
    }
    let (store, path) = (bytes::content_store(app)?, manifest_path(&digest)?);
    // Marks of files make the next scan quick, so that a manifest that has them replaces one that has none.
    let marked = manifest.entries().iter().any(|entry| entry.hint != Hint::None);
    if marked || !store.exists(&path).await? {
        let encoding = manifest.clone();
        let encoded = blocking(move || encoding.encode()).await?;
        store.put(&path, encoded.into()).await?;
        app.manifests
            .put(digest.clone(), manifest.clone(), manifest.len());
    }
    Ok(digest)
}

/// The manifest of a digest: one that was kept, or that of a tree; `None` when there is neither.
pub(crate) async fn read_manifest(app: &App, digest: &str) -> Result<Option<Manifest>> {
    if let Some(manifest) = app.manifests.get(&digest.to_owned()) {
        return Ok(Some(manifest));
    }
    let store = bytes::content_store(app)?;
    match store.get_all(&manifest_path(digest)?, MAX_ENCODED_BYTES).await {
        Ok(encoded) => {
            let manifest = blocking(move || Manifest::decode(&encoded)).await?;
            app.manifests
                .put(digest.to_owned(), manifest.clone(), manifest.len());
            Ok(Some(manifest))
        }
        Err(ObjectsError::NotFound { .. }) => match bytes::tree_store(app)?.tree(&digest.parse()?).await {
            Ok(tree) => Ok(Some(tree.manifest().clone())),
            Err(ObjectsError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        },
        Err(error) => Err(error.into()),
    }
}

fn manifest_path(digest: &str) -> Result<SafePath> {
    let digest: Hash = digest.parse()?;
    Ok(SafePath::parse(format!("manifests/{digest}"))?)
}

/// Copies what lies at a place into a tree; gives the place of the copy.
///
/// # Errors
/// As [`survey`]; and when there is no room for it.
pub(crate) async fn copy_to_tree(
    ctx: &OpContext,
    workspace: &str,
    source: &Source,
    progress: &dyn Progress,
) -> Result<Source> {
    let (root, is_file, _scratch) = match source {
        Source::Tree { .. } => return Ok(source.clone()),
        Source::Url { url } => {
            let (file, scratch) = (HttpFile::open(url)?, Scratch::new(ctx)?);
            let target = scratch.0.join(file.name());
            file.download(&target, &Silent).await?;
            (target, true, Some(scratch))
        }
        Source::Datastore { .. } | Source::Local { .. } => {
            let (store, path) = open(ctx, workspace, source).await?;
            let target = ScanTarget::resolve(&store, &path).await?;
            match (store.local_root(), &target) {
                (Some(root), ScanTarget::File(path)) => (path.under(root), true, None),
                (Some(root), ScanTarget::Folder(path)) => (path.under(root), false, None),
                _ => {
                    let scratch = Scratch::new(ctx)?;
                    let file = fetch(&store, &target, &scratch.0).await?;
                    (
                        file.clone().unwrap_or_else(|| scratch.0.clone()),
                        file.is_some(),
                        Some(scratch),
                    )
                }
            }
        }
    };
    let name = match is_file {
        true => root
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default()
            .to_owned(),
        false => String::new(),
    };
    let builder = blocking(move || TreeBuilder::data(&root)).await?;
    let options = UploadOptions {
        base: None,
        known: None,
        now: SystemTime::now(),
    };
    let uploaded = upload_tree(builder, &bytes::tree_store(ctx.app())?, options, progress).await?;
    ctx.hold(&uploaded.digest.to_hex())?;
    Ok(Source::Tree {
        tree: uploaded.digest.to_hex(),
        path: name,
    })
}

/// What lies at a place, on this machine: where it lies already, or a copy that goes when this is dropped.
pub(crate) struct OnDisk {
    /// The file or the folder.
    pub(crate) root: PathBuf,
    _scratch: Option<Scratch>,
}

/// Brings what lies at a place onto this machine.
///
/// # Errors
/// As [`survey`]; and when there is no room for it.
pub(crate) async fn on_disk(ctx: &OpContext, workspace: &str, source: &Source) -> Result<OnDisk> {
    let scratch = Scratch::new(ctx)?;
    let copied = |root, scratch| OnDisk {
        root,
        _scratch: Some(scratch),
    };
    match source {
        Source::Tree { tree, path } => {
            let (digest, path): (Hash, _) = (tree.parse()?, SafePath::normalise(path)?);
            let folder = scratch.0.join("tree");
            let store = bytes::tree_store(ctx.app())?;
            lay_copy(&store, &digest, &SafePath::default(), &folder, &Silent).await?;
            Ok(copied(path.under(&folder), scratch))
        }
        Source::Url { url } => {
            let file = HttpFile::open(url)?;
            let target = scratch.0.join(file.name());
            file.download(&target, &Silent).await?;
            Ok(copied(target, scratch))
        }
        Source::Datastore { .. } | Source::Local { .. } => {
            let (store, path) = open(ctx, workspace, source).await?;
            let target = ScanTarget::resolve(&store, &path).await?;
            match (store.local_root(), &target) {
                (Some(root), ScanTarget::File(path) | ScanTarget::Folder(path)) => Ok(OnDisk {
                    root: path.under(root),
                    _scratch: None,
                }),
                _ => {
                    let file = fetch(&store, &target, &scratch.0).await?;
                    Ok(copied(file.unwrap_or_else(|| scratch.0.clone()), scratch))
                }
            }
        }
    }
}

/// Copies what a target names into a folder of this machine; the file, when it is one.
async fn fetch(store: &Datastore, target: &ScanTarget, folder: &Path) -> Result<Option<PathBuf>> {
    match target {
        ScanTarget::File(path) => {
            let file = folder.join(path.name());
            store.copy_out(path, &file, &Silent).await?;
            Ok(Some(file))
        }
        ScanTarget::Folder(path) => {
            store.copy_out(path, folder, &Silent).await?;
            Ok(None)
        }
        ScanTarget::Pattern {
            folder: above,
            matcher,
        } => {
            for file in store.list(above).await? {
                let inside = file.path.strip_prefix(above).unwrap_or_default();
                if matcher.is_match(inside.as_str()) {
                    store.copy_out(&file.path, &inside.under(folder), &Silent).await?;
                }
            }
            Ok(None)
        }
    }
}

/// A folder for bytes on their way, gone when it is dropped.
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Scratch {
    pub(crate) fn new(ctx: &OpContext) -> Result<Self> {
        let folder = ctx
            .app()
            .dir
            .cache()
            .join(format!("snapshot-{}", ctx.app().clock.ulid()));
        std::fs::create_dir_all(&folder).map_err(Error::internal)?;
        Ok(Self(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, folder = %self.0.display(), "failed to remove a scratch folder");
        }
    }
}

/// Runs what blocks or computes for long on a thread of its own.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ObjectsError> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(Error::internal)?
        .map_err(Error::from)
}

/// The tree of a folder inside a tree; its bytes are there already.
///
/// # Errors
/// NotFound when there is no such tree or folder.
pub async fn subtree(app: &App, tree: &str, path: &str) -> Result<String> {
    let path = SafePath::normalise(path)?;
    if path.is_root() {
        return Ok(tree.to_owned());
    }
    let store = bytes::tree_store(app)?;
    let whole = store.tree(&tree.parse()?).await?;
    let (mut entries, mut locations) = (Vec::new(), Vec::new());
    for at in whole.manifest().range_of(&path) {
        let entry = &whole.manifest().entries()[at];
        if let Some(inside) = entry.path.strip_prefix(&path).filter(|inside| !inside.is_root()) {
            entries.push(Entry {
                path: inside,
                ..entry.clone()
            });
            locations.push(whole.layout().locations[at]);
        }
    }
    if entries.is_empty() {
        return Err(Error::new(
            crate::Kind::NotFound,
            format!("failed to find the folder {path} in the uploaded tree {tree}"),
        ));
    }
    let layout = Layout {
        packs: whole.layout().packs.clone(),
        locations,
    };
    let part = Tree::new(Manifest::new(entries)?, layout)?;
    Ok(store.put_tree(&part).await?.to_hex())
}
