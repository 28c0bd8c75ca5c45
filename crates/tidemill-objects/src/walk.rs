//! Finding the files of a folder: in parallel, in order, without leaving it.

use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use rayon::prelude::*;

use crate::datastore::is_partial;
use crate::error::{ObjectsError, Result};
use crate::safe_path::SafePath;

/// A regular file, or a link to one inside the folder.
pub(crate) struct Walked {
    /// Relative to the root of the walk.
    pub(crate) path: SafePath,
    /// Of the file that a link leads to.
    pub(crate) meta: Metadata,
}

/// A walk over a folder. Files that are being written by this program are passed over.
pub(crate) struct Walk {
    root: PathBuf,
    start: SafePath,
    code: bool,
    ignore_file: Option<&'static str>,
}

/// What never belongs to a code snapshot.
const NEVER_CODE: [&str; 3] = [".git", "__pycache__", ".ipynb_checkpoints"];

impl Walk {
    pub(crate) fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            start: SafePath::root(),
            code: false,
            ignore_file: None,
        }
    }

    /// Starts at a folder inside; paths stay relative to the root.
    pub(crate) fn from(mut self, start: SafePath) -> Self {
        self.start = start;
        self
    }

    /// Leaves out what ignore files say (`.amlignore` if the folder has one, else `.gitignore`), and what is never code.
    pub(crate) fn of_code(mut self) -> Self {
        self.code = true;
        let own = self.root.join(".amlignore").is_file();
        self.ignore_file = Some(if own { ".amlignore" } else { ".gitignore" });
        self
    }

    /// All files, sorted by path.
    pub(crate) fn run(&self) -> Result<Vec<Walked>> {
        let root =
            fs::canonicalize(&self.root).map_err(|error| ObjectsError::io("open", &self.root, error))?;
        let place = Place {
            full: self.start.under(&root),
            path: self.start.clone(),
            real: None,
            rules: None,
        };
        let mut files = self.folder(&root, &place)?;
        files.par_sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }

    fn folder(&self, root: &Path, place: &Place) -> Result<Vec<Walked>> {
        let rules = self.rules_of(place)?;
        let mut files = Vec::new();
        let mut folders = Vec::new();
        let failed = |error| ObjectsError::io("list", &place.full, error);
        for entry in fs::read_dir(&place.full).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let raw_name = entry.file_name();
            let kind = entry.file_type().map_err(failed)?;
            if self.code && (raw_name.to_str().is_some_and(|name| NEVER_CODE.contains(&name))) {
                continue;
            }
            if !kind.is_symlink() && ignored(rules.as_ref(), &entry.path(), kind.is_dir()) {
                continue;
            }
            let name = utf8_name(&place.path, &raw_name)?;
            if is_partial(&name) {
                continue;
            }
            let path = place.path.child(&name)?;
            let inside = |real| Place {
                full: entry.path(),
                path: path.clone(),
                real,
                rules: rules.clone(),
            };
            if kind.is_file() {
                // The file may be gone by now: then it isn't there.
                match entry.metadata() {
                    Ok(meta) => files.push(Walked { path, meta }),
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                    Err(error) => return Err(ObjectsError::io("read", &entry.path(), error)),
                }
            } else if kind.is_dir() {
                folders.push(inside(place.real.clone()));
            } else if kind.is_symlink() {
                let meta = fs::metadata(entry.path());
                if ignored(
                    rules.as_ref(),
                    &entry.path(),
                    meta.as_ref().is_ok_and(Metadata::is_dir),
                ) {
                    continue;
                }
                let meta = meta.map_err(|error| ObjectsError::io("follow the link", &entry.path(), error))?;
                let target = fs::canonicalize(entry.path())
                    .map_err(|error| ObjectsError::io("follow the link", &entry.path(), error))?;
                if !target.starts_with(root) {
                    let target = target.display().to_string();
                    return Err(ObjectsError::LinkLeaves {
                        path: path.to_string(),
                        target,
                    });
                }
                if meta.is_file() {
                    files.push(Walked { path, meta });
                } else if meta.is_dir() {
                    folders.push(inside(Some(Arc::new(place.follow(target, &path)?))));
                } else {
                    return Err(ObjectsError::NotAFile {
                        path: path.to_string(),
                    });
                }
            } else {
                return Err(ObjectsError::NotAFile {
                    path: path.to_string(),
                });
            }
        }
        let deeper: Vec<Vec<Walked>> = folders
            .par_iter()
            .map(|folder| self.folder(root, folder))
            .collect::<Result<_>>()?;
        files.extend(deeper.into_iter().flatten());
        Ok(files)
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
pub(crate) fn utf8_name(folder: &SafePath, name: &OsStr) -> Result<String> {
    match name.to_str() {
        Some(name) => Ok(name.to_owned()),
        None => {
            let shown = name.as_encoded_bytes().escape_ascii().to_string();
            let name = if folder.is_root() {
                shown
            } else {
                format!("{folder}/{shown}")
            };
            Err(ObjectsError::NotUtf8 { name })
        }
    }
}
