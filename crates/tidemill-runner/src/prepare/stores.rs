//! The datastores that a job uses, and the copies that jobs of this machine share.

use crate::failure::Failure;
use crate::prepare::input::failure;
use crate::tell::Teller;
use indexmap::IndexMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use tidemill_api::runner::Assignment;
use tidemill_objects::{
    Datastore, DatastoreConfig, Hash, MAX_ENCODED_BYTES, Manifest, ObjectsError, Progress, SafePath, Silent,
    TreeCache, TreeSource, TreeStore, lay_copy,
};

/// All stores of one job, open.
pub(crate) struct Stores {
    artifacts: Datastore,
    datastores: IndexMap<String, Datastore>,
    /// What the server keeps by the name of its bytes: trees, and the manifests of data that lies elsewhere.
    kept: Datastore,
    trees: TreeStore,
    /// `cache/trees/` of the data folder.
    tree_cache: TreeCache,
    /// `cache/inputs/` of the data folder: copies by the name of their bytes.
    cache: PathBuf,
}

impl Stores {
    pub(crate) fn open(assignment: &Assignment, data_dir: &Path) -> Result<Self, Failure> {
        let mut datastores = IndexMap::new();
        for (name, config) in &assignment.datastores {
            datastores.insert(name.clone(), open(&format!("datastore {name}"), config)?);
        }
        let kept = open("the content store", &assignment.trees)?;
        let data_dir = std::path::absolute(data_dir).unwrap_or_else(|_| data_dir.to_owned());
        Ok(Self {
            artifacts: open("the artifacts of the run", &assignment.artifacts)?,
            datastores,
            trees: TreeStore::new(kept.clone()),
            kept,
            tree_cache: TreeCache::new(data_dir.join("cache/trees")),
            cache: data_dir.join("cache/inputs"),
        })
    }

    /// The run's own artifact folder.
    pub(crate) fn artifacts(&self) -> &Datastore {
        &self.artifacts
    }

    pub(crate) fn datastore(&self, name: &str) -> Result<&Datastore, Failure> {
        self.datastores.get(name).ok_or_else(|| {
            Failure::new(format!(
                "failed to find datastore {name}: the assignment does not name it"
            ))
        })
    }

    /// The files of a tree, read-only, as all jobs of this machine share them.
    pub(crate) async fn shared_tree(&self, tree: &str) -> Result<PathBuf, Failure> {
        let laid = self
            .tree_cache
            .lay(&self.trees, &digest(tree)?, &SafePath::root(), &Silent)
            .await;
        Ok(laid.map_err(failure)?.path)
    }

    /// A private copy of a tree, or of a path in it. `folder` must be empty; a file comes to lie in it by its name.
    pub(crate) async fn private_tree(
        &self,
        tree: &str,
        path: &SafePath,
        folder: &Path,
    ) -> Result<PathBuf, Failure> {
        let laid = lay_copy(&self.trees, &digest(tree)?, path, folder, &Silent).await;
        Ok(laid.map_err(failure)?.path)
    }

    /// The manifest of data that lies where it is: `manifests/{digest}` beside the trees, or that of a tree.
    pub(crate) async fn manifest(&self, name: &str) -> Result<Manifest, Failure> {
        let digest = digest(name)?;
        let path = SafePath::parse(format!("manifests/{name}")).map_err(failure)?;
        let manifest = match self.kept.get_all(&path, MAX_ENCODED_BYTES).await {
            Ok(bytes) => Manifest::decode(&bytes).map_err(failure)?,
            Err(ObjectsError::NotFound { .. }) => self
                .trees
                .tree(&digest)
                .await
                .map_err(failure)?
                .manifest()
                .clone(),
            Err(error) => return Err(failure(error)),
        };
        match manifest.digest() == digest {
            true => Ok(manifest),
            false => Err(Failure::new(format!(
                "failed to read the manifest {name}: it is damaged; register the data again"
            ))),
        }
    }

    /// The folder for a copy that jobs share, under a name that stands for exactly its bytes.
    pub(crate) fn shared_copy(&self, name: &str) -> PathBuf {
        self.cache.join(name)
    }
}

fn digest(text: &str) -> Result<Hash, Failure> {
    text.parse()
        .map_err(|_| Failure::new(format!("failed to read the digest {text:?} of the assignment")))
}

fn open(what: &str, config: &serde_json::Value) -> Result<Datastore, Failure> {
    let config: DatastoreConfig = serde_json::from_value(config.clone())
        .map_err(|error| Failure::new(format!("failed to read the configuration of {what}: {error}")))?;
    Datastore::open(&config).map_err(|error| Failure::new(format!("{what}: {error}")))
}

/// Moves a finished private copy to its shared place, whole or not at all. When another job was quicker, its copy serves.
pub(super) fn share(folder: &Path, shared: &Path) -> Result<PathBuf, Failure> {
    let failed = |error| Failure::io(&format!("keep a shared copy at {}", shared.display()), error);
    if let Some(above) = shared.parent() {
        fs::create_dir_all(above).map_err(failed)?;
    }
    match fs::rename(folder, shared) {
        Ok(()) => Ok(shared.to_owned()),
        Err(_) if shared.is_dir() => Ok(shared.to_owned()),
        // Another filesystem: the private copy is as good, only not shared.
        Err(error) if error.kind() == std::io::ErrorKind::CrossesDevices => Ok(folder.to_owned()),
        Err(error) => Err(failed(error)),
    }
}

/// Counts bytes and tells them.
pub(crate) fn counter(teller: &Teller, what: String) -> impl Progress + use<> {
    let (teller, bytes) = (teller.clone(), AtomicU64::new(0));
    move |_files: u64, more: u64| {
        let bytes = bytes.fetch_add(more, Ordering::Relaxed) + more;
        teller.say(format!("{what}: {:.1} MB", bytes as f64 / 1e6));
    }
}
