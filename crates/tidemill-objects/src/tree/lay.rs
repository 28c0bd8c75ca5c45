//! Laying a tree out as files: all of it or nothing, and never outside of its folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::Write;
use std::ops::Range;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::{StreamExt, TryStreamExt, stream};
use rayon::prelude::*;

use super::{Location, PackId, Tree, TreeSource};
use crate::datastore::{blocking, new_partial_folder};
use crate::error::{ObjectsError, Result};
use crate::hash::Hash;
use crate::manifest::Manifest;
use crate::progress::Progress;
use crate::safe_path::SafePath;

/// Slices with a gap below this are fetched in one request.
const GAP_BYTES: u64 = 256 << 10;
const PACKS_AT_ONCE: usize = 2;
const BLOBS_AT_ONCE: usize = 4;

/// Where something was laid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Laid {
    /// The file or folder.
    pub path: PathBuf,
    /// Whether it is one file.
    pub is_file: bool,
}

/// Lays a private copy of a tree, of a folder in it or of one file. A folder becomes `dest`; a file becomes
/// `dest/<its name>`. `dest` must not exist or be an empty folder, and appears only when all is there.
pub async fn lay_copy(
    source: &dyn TreeSource,
    digest: &Hash,
    sub_path: &SafePath,
    dest: &Path,
    progress: &dyn Progress,
) -> Result<Laid> {
    let tree = Arc::new(source.tree(digest).await?);
    let chosen = choose(tree.manifest(), digest, sub_path)?;
    check_empty(dest)?;
    let parent = dest.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(parent).map_err(|error| ObjectsError::io("create", parent, error))?;
    let partial = new_partial_folder(parent)?;
    let laying = Laying {
        source,
        tree: tree.clone(),
        below: chosen.below.clone(),
        root: partial.path().to_owned(),
        modes: Modes::OWN,
    };
    laying.run(&chosen.entries, progress).await?;
    let made = partial.keep();
    if let Err(error) = fs::rename(&made, dest) {
        // The copy is of no use without its name; what can't be removed either is left as a partial folder.
        let _ = fs::remove_dir_all(&made);
        return Err(ObjectsError::io("create", dest, error));
    }
    Ok(chosen.laid(dest))
}

fn check_empty(dest: &Path) -> Result<()> {
    match fs::read_dir(dest) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(ObjectsError::Exists {
                what: dest.display().to_string(),
            }),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(_) if dest.exists() => Err(ObjectsError::Exists {
            what: dest.display().to_string(),
        }),
        Err(error) => Err(ObjectsError::io("open", dest, error)),
    }
}

/// A part of a tree.
pub(super) struct Chosen {
    pub(super) entries: Vec<usize>,
    /// The folder that the laid paths are relative to.
    pub(super) below: SafePath,
    file_name: Option<String>,
}

impl Chosen {
    pub(super) fn laid(&self, root: &Path) -> Laid {
        match &self.file_name {
            Some(name) => Laid {
                path: root.join(name),
                is_file: true,
            },
            None => Laid {
                path: root.to_owned(),
                is_file: false,
            },
        }
    }
}

pub(super) fn choose(manifest: &Manifest, digest: &Hash, sub_path: &SafePath) -> Result<Chosen> {
    let entries = manifest.range_of(sub_path);
    if entries.is_empty() && !sub_path.is_root() {
        return Err(ObjectsError::NotFound {
            what: format!("{sub_path} in the tree {digest}"),
        });
    }
    let is_file = !sub_path.is_root() && manifest.get(sub_path).is_some();
    let below = if is_file {
        sub_path.parent().unwrap_or_default()
    } else {
        sub_path.clone()
    };
    Ok(Chosen {
        entries,
        below,
        file_name: is_file.then(|| sub_path.name().to_owned()),
    })
}

/// The permissions of what is laid, before the umask.
#[derive(Clone, Copy)]
pub(super) struct Modes {
    file: u32,
    executable: u32,
}

impl Modes {
    pub(super) const OWN: Self = Self {
        file: 0o666,
        executable: 0o777,
    };
    pub(super) const READ_ONLY: Self = Self {
        file: 0o444,
        executable: 0o555,
    };
}

/// One laying out of entries under `root`, which is fresh and ours alone.
pub(super) struct Laying<'a> {
    pub(super) source: &'a dyn TreeSource,
    pub(super) tree: Arc<Tree>,
    pub(super) below: SafePath,
    pub(super) root: PathBuf,
    pub(super) modes: Modes,
}

/// Slices of one pack that are fetched together.
struct Fetch {
    pack: PackId,
    range: Range<u64>,
    entries: Vec<(usize, u64)>,
}

struct Target {
    full: PathBuf,
    mode: u32,
    hash: Hash,
}

impl Laying<'_> {
    pub(super) async fn run(&self, entries: &[usize], progress: &dyn Progress) -> Result<()> {
        self.create_folders(entries)?;
        let (fetches, blobs) = self.plan(entries);
        stream::iter(fetches)
            .map(|fetch| self.lay_slices(fetch, progress))
            .buffer_unordered(PACKS_AT_ONCE)
            .try_collect::<()>()
            .await?;
        stream::iter(blobs)
            .map(|at| self.lay_blob(at, progress))
            .buffer_unordered(BLOBS_AT_ONCE)
            .try_collect::<()>()
            .await
    }

    fn create_folders(&self, entries: &[usize]) -> Result<()> {
        let mut folders = BTreeSet::new();
        for at in entries {
            if let Some(folder) = self.inside(*at)?.parent() {
                folders.insert(folder);
            }
        }
        for folder in folders {
            let full = folder.under(&self.root);
            fs::create_dir_all(&full).map_err(|error| ObjectsError::io("create", &full, error))?;
        }
        Ok(())
    }

    fn inside(&self, at: usize) -> Result<SafePath> {
        let path = &self.tree.manifest().entries()[at].path;
        path.strip_prefix(&self.below)
            .filter(|inside| !inside.is_root())
            .ok_or_else(|| {
                ObjectsError::bad_path(path.as_str(), "it is not inside of the folder that is laid")
            })
    }

    fn target(&self, at: usize) -> Result<Target> {
        let entry = &self.tree.manifest().entries()[at];
        let mode = if entry.executable {
            self.modes.executable
        } else {
            self.modes.file
        };
        Ok(Target {
            full: self.inside(at)?.under(&self.root),
            mode,
            hash: entry.hash,
        })
    }

    fn plan(&self, entries: &[usize]) -> (Vec<Fetch>, Vec<usize>) {
        let layout = self.tree.layout();
        let mut by_pack: BTreeMap<u32, Vec<(u64, usize)>> = BTreeMap::new();
        let mut blobs = Vec::new();
        for at in entries {
            match layout.locations[*at] {
                Location::Blob => blobs.push(*at),
                Location::Pack { pack, offset } => by_pack.entry(pack).or_default().push((offset, *at)),
            }
        }
        let mut fetches: Vec<Fetch> = Vec::new();
        for (pack, mut slices) in by_pack {
            slices.sort_unstable();
            let pack = layout.packs[pack as usize];
            for (offset, at) in slices {
                let end = offset + self.tree.manifest().entries()[at].size_bytes;
                match fetches.last_mut() {
                    Some(fetch) if fetch.pack == pack && offset <= fetch.range.end + GAP_BYTES => {
                        fetch.range.end = fetch.range.end.max(end);
                        fetch.entries.push((at, offset));
                    }
                    _ => fetches.push(Fetch {
                        pack,
                        range: offset..end,
                        entries: vec![(at, offset)],
                    }),
                }
            }
        }
        (fetches, blobs)
    }

    async fn lay_slices(&self, fetch: Fetch, progress: &dyn Progress) -> Result<()> {
        let bytes = self.source.pack_range(&fetch.pack, fetch.range.clone()).await?;
        let mut targets = Vec::with_capacity(fetch.entries.len());
        let mut total = 0;
        for (at, offset) in &fetch.entries {
            let size = self.tree.manifest().entries()[*at].size_bytes;
            let start = (offset - fetch.range.start) as usize;
            let slice = bytes
                .get(start..start + size as usize)
                .map(|part| bytes.slice_ref(part));
            let slice = slice.ok_or_else(|| {
                ObjectsError::corrupt(format!("the pack {}", fetch.pack), "it is too short")
            })?;
            targets.push((self.target(*at)?, slice));
            total += size;
        }
        let count = targets.len() as u64;
        blocking("lay a tree", move || {
            targets
                .par_iter()
                .with_min_len(16)
                .try_for_each(|(target, slice)| {
                    check(target, Hash::of(slice))?;
                    let mut file = target.create()?;
                    file.write_all(slice)
                        .map_err(|error| ObjectsError::io("write", &target.full, error))
                })
        })
        .await?;
        progress.advance(count, total);
        Ok(())
    }

    async fn lay_blob(&self, at: usize, progress: &dyn Progress) -> Result<()> {
        let target = self.target(at)?;
        let size = self.tree.manifest().entries()[at].size_bytes;
        if let Some(blob) = self.source.local_blob(&target.hash) {
            blocking("lay a tree", move || target.copy_from(&blob, size)).await?;
            progress.advance(1, size);
            return Ok(());
        }
        let mut bytes = self.source.blob(&target.hash, None).await?;
        let mut hasher = blake3::Hasher::new();
        let target = Arc::new(target);
        let made = target.clone();
        let mut file = blocking("write", move || made.create()).await?;
        while let Some(piece) = bytes.try_next().await? {
            let target = target.clone();
            let length = piece.len() as u64;
            (file, hasher) = blocking("write", move || {
                hasher.update(&piece);
                file.write_all(&piece)
                    .map_err(|error| ObjectsError::io("write", &target.full, error))?;
                Ok((file, hasher))
            })
            .await?;
            progress.advance(0, length);
        }
        check(&target, hasher.finalize().into())?;
        progress.advance(1, 0);
        Ok(())
    }
}

fn check(target: &Target, actual: Hash) -> Result<()> {
    if actual == target.hash {
        return Ok(());
    }
    Err(ObjectsError::HashMismatch {
        what: format!("the stored bytes of {}", target.full.display()),
        expected: target.hash.to_string(),
        actual: actual.to_string(),
    })
}

impl Target {
    /// The folder is fresh, so a file that is there already can only be another entry's.
    fn create(&self) -> Result<File> {
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(self.mode)
            .open(&self.full);
        file.map_err(|error| ObjectsError::io("create", &self.full, error))
    }

    /// Copies (sharing blocks where the file system can), never links: what a job does to its files stays with them.
    fn copy_from(&self, blob: &Path, size: u64) -> Result<()> {
        let failed = |error| ObjectsError::io("copy to", &self.full, error);
        let mut from = File::open(blob).map_err(|error| ObjectsError::io("open", blob, error))?;
        let mut file = self.create()?;
        let copied = std::io::copy(&mut from, &mut file).map_err(failed)?;
        if copied != size {
            return Err(ObjectsError::corrupt(
                blob.display().to_string(),
                format!("it has {copied} bytes, not {size}"),
            ));
        }
        Ok(())
    }
}

/// Takes the right to write from every folder under `root`, deepest first.
pub(super) fn close_folders(root: &Path) -> Result<()> {
    set_folder_modes(root, 0o555, true)
}

/// Gives the right to write back, so that the folders can be removed.
pub(super) fn open_folders(root: &Path) -> Result<()> {
    set_folder_modes(root, 0o755, false)
}

fn set_folder_modes(root: &Path, mode: u32, contents_first: bool) -> Result<()> {
    for entry in walkdir::WalkDir::new(root).contents_first(contents_first) {
        let entry = entry.map_err(|error| ObjectsError::io("open", root, error.into()))?;
        if entry.file_type().is_dir() {
            let set = fs::set_permissions(entry.path(), Permissions::from_mode(mode));
            set.map_err(|error| ObjectsError::io("protect", entry.path(), error))?;
        }
    }
    Ok(())
}
