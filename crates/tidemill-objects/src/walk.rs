//! Finding the files of a folder: in parallel, in order, without leaving it.

use std::ffi::OsStr;
use std::fs::{self, DirEntry, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use rayon::prelude::*;

use crate::datastore::is_partial;
use crate::error::{ObjectsError, Result};
use crate::manifest::Hint;
use crate::safe_path::SafePath;

/// A regular file, or a link to one inside the folder.
pub(crate) struct Walked<S = Look> {
    /// Relative to the root of the walk.
    pub(crate) path: SafePath,
    /// Of the file that a link leads to.
    pub(crate) look: S,
}

/// What a walk keeps of a file.
pub(crate) trait Seen: Sized + Send {
    /// Of a regular file, as its folder lists it.
    fn listed(entry: &DirEntry) -> std::io::Result<Self>;
    /// Of the file that a link leads to.
    fn linked(meta: &Metadata) -> Self;
}

impl Seen for Look {
    fn listed(entry: &DirEntry) -> std::io::Result<Self> {
        entry.metadata().map(|meta| Self::of(&meta))
    }

    fn linked(meta: &Metadata) -> Self {
        Self::of(meta)
    }
}

/// Nothing but the name: for files that are opened next, which tells the rest in the same go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Named {
    /// A file when its folder was listed.
    File,
    /// A link to a file inside.
    Link,
}

impl Seen for Named {
    fn listed(_entry: &DirEntry) -> std::io::Result<Self> {
        Ok(Self::File)
    }

    fn linked(_meta: &Metadata) -> Self {
        Self::Link
    }
}

/// What the file system tells of a file, no more than is needed: there may be millions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    pub(crate) size_bytes: u64,
    pub(crate) mtime_ns: i64,
    ctime_ns: i64,
    inode: u64,
    pub(crate) executable: bool,
}

impl Look {
    pub(crate) fn of(meta: &Metadata) -> Self {
        Self {
            size_bytes: meta.len(),
            mtime_ns: nanoseconds(meta.mtime(), meta.mtime_nsec()),
            ctime_ns: nanoseconds(meta.ctime(), meta.ctime_nsec()),
            inode: meta.ino(),
            executable: meta.mode() & 0o100 != 0,
        }
    }

    pub(crate) fn hint(&self) -> Hint {
        Hint::Local {
            mtime_ns: self.mtime_ns,
            ctime_ns: self.ctime_ns,
            inode: self.inode,
        }
    }
}

/// A time of the file system in one number.
pub(crate) fn nanoseconds(seconds: i64, rest: i64) -> i64 {
    seconds.saturating_mul(1_000_000_000).saturating_add(rest)
}

/// A walk over a folder. Files that are being written by this program are passed over.
pub(crate) struct Walk {
    root: PathBuf,
    start: SafePath,
    code: bool,
    links: bool,
    ignore_file: Option<&'static str>,
}

/// So many entries of a folder are looked at by one thread: several in the same folder wait for each other in the kernel.
pub(crate) const LOOKS_IN_A_ROW: usize = 1024;

/// What never belongs to a code snapshot.
const NEVER_CODE: [&str; 3] = [".git", "__pycache__", ".ipynb_checkpoints"];

impl Walk {
    pub(crate) fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            start: SafePath::root(),
            code: false,
            links: true,
            ignore_file: None,
        }
    }

    /// Starts at a folder inside; paths stay relative to the root.
    pub(crate) fn from(mut self, start: SafePath) -> Self {
        self.start = start;
        self
    }

    /// Whether links are followed that stay inside; else one is an error that names it.
    pub(crate) fn links(mut self, follow: bool) -> Self {
        self.links = follow;
        self
    }

    /// Leaves out what ignore files say (`.amlignore` if the folder has one, else `.gitignore`), and what is never code.
    pub(crate) fn of_code(mut self) -> Self {
        self.code = true;
        let own = self.root.join(".amlignore").is_file();
        self.ignore_file = Some(if own { ".amlignore" } else { ".gitignore" });
        self
    }

    /// All files with their looks, sorted by path.
    pub(crate) fn run(&self) -> Result<Vec<Walked>> {
        self.see()
    }

    /// All files, sorted by path, none of them looked at.
    pub(crate) fn names(&self) -> Result<Vec<Walked<Named>>> {
        self.see()
    }

    fn see<S: Seen>(&self) -> Result<Vec<Walked<S>>> {
        let root =
            fs::canonicalize(&self.root).map_err(|error| ObjectsError::io("open", &self.root, error))?;
        let place = Place {
            full: self.start.under(&root),
            path: self.start.clone(),
            real: None,
            rules: None,
        };
        self.folder(&root, &place)
    }

    /// The files of a folder in order. Siblings are sorted with a `/` after folders' names, so that what is found in them
    /// can simply be put in their place.
    fn folder<S: Seen>(&self, root: &Path, place: &Place) -> Result<Vec<Walked<S>>> {
        let failed = |error| ObjectsError::io("list", &place.full, error);
        let rules = self.rules_of(place)?;
        let entries: Vec<DirEntry> = fs::read_dir(&place.full)
            .map_err(failed)?
            .collect::<std::io::Result<_>>()
            .map_err(failed)?;
        let mut children: Vec<Child<S>> = entries
            .par_iter()
            .with_min_len(LOOKS_IN_A_ROW)
            .filter_map(|entry| self.child(root, place, rules.as_ref(), entry).transpose())
            .collect::<Result<_>>()?;
        drop(entries);
        children.sort_unstable_by(|a, b| a.key().cmp(b.key()));
        if children.iter().all(|child| matches!(child, Child::File(_))) {
            return Ok(children.into_iter().filter_map(Child::file).collect());
        }
        let parts: Vec<Vec<Walked<S>>> = children
            .into_par_iter()
            .map(|child| match child {
                Child::File(file) => Ok(vec![file]),
                Child::Folder(_, folder) => self.folder(root, &folder),
            })
            .collect::<Result<_>>()?;
        Ok(parts.into_iter().flatten().collect())
    }

    /// What one entry of a folder is; `None` for what is left out.
    fn child<S: Seen>(
        &self,
        root: &Path,
        place: &Place,
        rules: Option<&Arc<Rules>>,
        entry: &DirEntry,
    ) -> Result<Option<Child<S>>> {
        let raw_name = entry.file_name();
        let kind = entry
            .file_type()
            .map_err(|error| ObjectsError::io("list", &place.full, error))?;
        if self.code && raw_name.to_str().is_some_and(|name| NEVER_CODE.contains(&name)) {
            return Ok(None);
        }
        let left_out = |is_folder| rules.is_some() && ignored(rules, &entry.path(), is_folder);
        if !kind.is_symlink() && left_out(kind.is_dir()) {
            return Ok(None);
        }
        let name = utf8_name(&place.path, &raw_name)?;
        if is_partial(name) {
            return Ok(None);
        }
        let path = place.path.child(name)?;
        let folder = |path: SafePath, real| {
            let key = format!("{path}/");
            Child::Folder(
                key,
                Place {
                    full: entry.path(),
                    path,
                    real,
                    rules: rules.cloned(),
                },
            )
        };
        if kind.is_file() {
            return match S::listed(entry) {
                Ok(look) => Ok(Some(Child::File(Walked { path, look }))),
                // The file is gone by now: then it isn't there.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(ObjectsError::io("read", &entry.path(), error)),
            };
        }
        if kind.is_dir() {
            return Ok(Some(folder(path, place.real.clone())));
        }
        if !kind.is_symlink() {
            return Err(ObjectsError::NotAFile {
                path: path.to_string(),
            });
        }
        if !self.links {
            return Err(ObjectsError::bad_path(
                path.as_str(),
                "it is a link, and links are not followed where access is given by folder",
            ));
        }
        let meta = fs::metadata(entry.path());
        if left_out(meta.as_ref().is_ok_and(Metadata::is_dir)) {
            return Ok(None);
        }
        let failed = |error| ObjectsError::io("follow the link", &entry.path(), error);
        let meta = meta.map_err(failed)?;
        let target = fs::canonicalize(entry.path()).map_err(failed)?;
        if !target.starts_with(root) {
            let target = target.display().to_string();
            return Err(ObjectsError::LinkLeaves {
                path: path.to_string(),
                target,
            });
        }
        if meta.is_dir() {
            let followed = place.follow(target, &path)?;
            return Ok(Some(folder(path, Some(Arc::new(followed)))));
        }
        if meta.is_file() {
            return Ok(Some(Child::File(Walked {
                path,
                look: S::linked(&meta),
            })));
        }
        Err(ObjectsError::NotAFile {
            path: path.to_string(),
        })
    }

    /// The ignore rules that hold in a folder: its own before those of the folders above.
    fn rules_of(&self, place: &Place) -> Result<Option<Arc<Rules>>> {
        let Some(name) = self.ignore_file else {
            return Ok(None);
        };
        let file = place.full.join(name);
        if !file.is_file() {
            return Ok(place.rules.clone());
        }
        let mut builder = GitignoreBuilder::new(&place.full);
        let broken = |error: ignore::Error| ObjectsError::Corrupt {
            what: file.display().to_string(),
            reason: error.to_string(),
        };
        if let Some(error) = builder.add(&file) {
            return Err(broken(error));
        }
        let own = builder.build().map_err(broken)?;
        Ok(Some(Arc::new(Rules {
            own,
            above: place.rules.clone(),
        })))
    }
}

/// An entry of a folder.
enum Child<S> {
    File(Walked<S>),
    /// With its path and a `/`, by which it is sorted.
    Folder(String, Place),
}

impl<S> Child<S> {
    fn key(&self) -> &str {
        match self {
            Self::File(file) => file.path.as_str(),
            Self::Folder(key, _) => key,
        }
    }

    fn file(self) -> Option<Walked<S>> {
        match self {
            Self::File(file) => Some(file),
            Self::Folder(..) => None,
        }
    }
}

/// A folder on the way.
struct Place {
    full: PathBuf,
    path: SafePath,
    /// The links that were followed to get here.
    real: Option<Arc<Followed>>,
    rules: Option<Arc<Rules>>,
}

impl Place {
    /// Follows a link to a folder, unless it leads to a folder that holds the link: that would never end.
    fn follow(&self, target: PathBuf, path: &SafePath) -> Result<Followed> {
        let from =
            fs::canonicalize(&self.full).map_err(|error| ObjectsError::io("open", &self.full, error))?;
        let mut above = self.real.as_deref();
        let mut loops = from.starts_with(&target);
        while let Some(followed) = above {
            loops |= followed.from.starts_with(&target);
            above = followed.above.as_deref();
        }
        if loops {
            return Err(ObjectsError::LinkLoop {
                path: path.to_string(),
            });
        }
        Ok(Followed {
            from,
            above: self.real.clone(),
        })
    }
}

struct Followed {
    from: PathBuf,
    above: Option<Arc<Followed>>,
}

struct Rules {
    own: Gitignore,
    above: Option<Arc<Rules>>,
}

fn ignored(rules: Option<&Arc<Rules>>, path: &Path, is_folder: bool) -> bool {
    let mut rules = rules;
    while let Some(level) = rules {
        match level.own.matched(path, is_folder) {
            Match::Ignore(_) => return true,
            Match::Whitelist(_) => return false,
            Match::None => rules = level.above.as_ref(),
        }
    }
    false
}

/// A file name as text; one that is not UTF-8 is an error that shows it.
pub(crate) fn utf8_name<'a>(folder: &SafePath, name: &'a OsStr) -> Result<&'a str> {
    name.to_str().ok_or_else(|| {
        let shown = name.as_encoded_bytes().escape_ascii().to_string();
        let name = if folder.is_root() {
            shown
        } else {
            format!("{folder}/{shown}")
        };
        ObjectsError::NotUtf8 { name }
    })
}
