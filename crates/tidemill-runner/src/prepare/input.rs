//! Lays the inputs of a job, and says which text stands for each in its command.

use super::environment::Bench;
use super::url::fetch_url;
use crate::failure::Failure;
use crate::variables::Texts;
use crate::within::within_as;
use crate::work::Work;
use std::path::{Path, PathBuf};
use tidemill_api::runner::{Assignment, Input, Source};
use tidemill_objects::{Datastore, DatastoreConfig, Manifest, ObjectsError, SafePath, ScanTarget, Silent};

/// How a job wants to reach an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Read in place, or from a copy that jobs share.
    Mount,
    /// A copy of its own.
    Copy,
    /// The address itself.
    Direct,
}

impl Mode {
    fn of(text: &str) -> Self {
        match text {
            "download" | "eval_download" => Self::Copy,
            "direct" => Self::Direct,
            _ => Self::Mount,
        }
    }
}

/// Lays all inputs. Gives their texts, and the folders among them.
pub(crate) async fn lay_inputs(
    assignment: &Assignment,
    bench: &Bench<'_>,
) -> Result<(Texts, Vec<PathBuf>), Failure> {
    let mut texts = Texts::default();
    let mut folders = Vec::new();
    for (name, input) in &assignment.inputs {
        match input {
            Input::Literal { value } => drop(texts.inputs.insert(name.clone(), value.clone())),
            Input::Data {
                r#type,
                mode,
                source,
                manifest,
            } => {
                let order = Order {
                    name,
                    kind: r#type,
                    mode: Mode::of(mode),
                    manifest: manifest.as_deref(),
                };
                let laid = bench.stop.unless(lay(&order, source, bench)).await;
                let laid =
                    laid.map_err(|_| Failure::new("the job was stopped while its inputs were laid".into()))?;
                let text = laid.map_err(|error| Failure::new(format!("input {name}: {error}")))?;
                if Path::new(&text).is_dir() {
                    folders.push(PathBuf::from(&text));
                }
                texts.inputs.insert(name.clone(), text);
                texts.data.push(name.clone());
            }
        }
    }
    Ok((texts, folders))
}

pub(super) struct Order<'a> {
    pub(super) name: &'a str,
    kind: &'a str,
    pub(super) mode: Mode,
    /// The exact bytes that are expected.
    manifest: Option<&'a str>,
}

async fn lay(order: &Order<'_>, source: &Source, bench: &Bench<'_>) -> Result<String, Failure> {
    bench.teller.say(format!("laying input {}", order.name));
    match source {
        Source::Tree { tree, path } => {
            let path = SafePath::normalise(path).map_err(failure)?;
            let laid = match order.mode {
                Mode::Mount | Mode::Direct => path.under(&bench.stores.shared_tree(tree).await?),
                Mode::Copy => {
                    let folder = Work::folder(&bench.work.inputs, order.name)?;
                    bench.stores.private_tree(tree, &path, &folder).await?
                }
            };
            if !laid.exists() {
                return Err(Failure::new(format!(
                    "failed to find {path} in the uploaded data {tree}"
                )));
            }
            Ok(text(&only_file(order.kind, laid)))
        }
        Source::Datastore { datastore, path } => {
            let store = bench.stores.datastore(datastore)?;
            if order.mode == Mode::Direct && store.local_root().is_none() {
                return Ok(format!("azureml://datastores/{datastore}/paths/{path}"));
            }
            stored(order, store, path, bench).await
        }
        Source::Url { url } if order.mode == Mode::Direct => Ok(url.clone()),
        Source::Url { url } => {
            let expected = expected(order, bench).await?;
            Ok(text(&fetch_url(url, order, expected.as_ref(), bench).await?))
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
            let store = Datastore::open(&config).map_err(failure)?;
            stored(order, &store, name, bench).await
        }
    }
}

/// What lies in a datastore: in place where the machine has it, else copied.
async fn stored(
    order: &Order<'_>,
    store: &Datastore,
    path: &str,
    bench: &Bench<'_>,
) -> Result<String, Failure> {
    let target = ScanTarget::resolve(store, path).await.map_err(failure)?;
    let expected = expected(order, bench).await?;
    if let Some(manifest) = &expected {
        let now = std::time::SystemTime::now();
        tidemill_objects::verify(store, &target, manifest, true, now, &Silent)
            .await
            .map_err(failure)?;
    }
    let in_place = order.mode != Mode::Copy && !matches!(target, ScanTarget::Pattern { .. });
    if let (Some(root), true) = (store.local_root(), in_place) {
        let path = SafePath::normalise(path).map_err(failure)?;
        within_as(root, &path.under(root), store.follows_links())?;
        return Ok(text(&only_file(order.kind, path.under(root))));
    }
    let shared = match (&expected, order.mode) {
        (Some(manifest), Mode::Mount) => Some(bench.stores.shared_copy(&manifest.digest().to_hex())),
        _ => None,
    };
    let laid = match &shared {
        Some(shared) if shared.exists() => shared.clone(),
        _ => copy(order, store, &target, expected.as_ref(), bench, shared.as_deref()).await?,
    };
    Ok(text(&match target {
        ScanTarget::File(path) => laid.join(path.name()),
        ScanTarget::Folder(_) | ScanTarget::Pattern { .. } => only_file(order.kind, laid),
    }))
}

/// Copies what a target names into a folder of this machine, in order of name, and makes sure of its bytes.
async fn copy(
    order: &Order<'_>,
    store: &Datastore,
    target: &ScanTarget,
    expected: Option<&Manifest>,
    bench: &Bench<'_>,
    shared: Option<&Path>,
) -> Result<PathBuf, Failure> {
    let folder = Work::folder(&bench.work.inputs, order.name)?;
    let counter = super::stores::counter(bench.teller, format!("copying input {}", order.name));
    match target {
        ScanTarget::File(path) => {
            store
                .copy_out(path, &folder.join(path.name()), &counter)
                .await
                .map_err(failure)?;
        }
        ScanTarget::Folder(path) => drop(store.copy_out(path, &folder, &counter).await.map_err(failure)?),
        ScanTarget::Pattern {
            folder: above,
            matcher,
        } => {
            for file in store.list(above).await.map_err(failure)? {
                let inside = file.path.strip_prefix(above).unwrap_or_default();
                if matcher.is_match(inside.as_str()) {
                    store
                        .copy_out(&file.path, &inside.under(&folder), &counter)
                        .await
                        .map_err(failure)?;
                }
            }
        }
    }
    let (Some(expected), Some(shared)) = (expected, shared) else {
        return Ok(folder);
    };
    // Others will trust the shared copy by its name alone, so every byte of it is read once more.
    let copied = Datastore::open_folder(&folder).map_err(failure)?;
    let whole = ScanTarget::Folder(SafePath::root());
    let now = std::time::SystemTime::now();
    tidemill_objects::verify(&copied, &whole, expected, false, now, &Silent)
        .await
        .map_err(failure)?;
    super::stores::share(&folder, shared)
}

async fn expected(order: &Order<'_>, bench: &Bench<'_>) -> Result<Option<Manifest>, Failure> {
    match order.manifest {
        Some(digest) => bench.stores.manifest(digest).await.map(Some),
        None => Ok(None),
    }
}

/// Where a file is asked for and a folder holds nothing but one, that one is meant.
fn only_file(kind: &str, path: PathBuf) -> PathBuf {
    if kind != "uri_file" || !path.is_dir() {
        return path;
    }
    let mut entries = std::fs::read_dir(&path)
        .into_iter()
        .flatten()
        .filter_map(Result::ok);
    match (entries.next(), entries.next()) {
        (Some(only), None) if only.path().is_file() => only.path(),
        _ => path,
    }
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

pub(super) fn failure(error: ObjectsError) -> Failure {
    Failure::new(error.to_string())
}
