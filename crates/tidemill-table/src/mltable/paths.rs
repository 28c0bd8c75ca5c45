//! The files that `paths` of an MLTable names. They lie in its folder: a table that reads anything else of the machine where
//! it is looked at would be a way in.

use std::path::{Component, Path, PathBuf};

use globset::GlobBuilder;

use super::document::Named;
use super::place::At;
use crate::delta::Constants;
use crate::error::{Error, Result};

/// A file of an MLTable.
#[derive(Debug)]
pub(super) struct Found {
    /// Where it lies.
    pub(super) path: PathBuf,
    /// How it is called in the table: relative to the MLTable.
    pub(super) shown: String,
    /// Columns that are the same in all of its rows.
    pub(super) constants: Constants,
}

/// The files, in the order of the entries; those of a folder or a pattern by their names.
pub(super) fn files(file: &Path, folder: &Path, paths: &[(At, Named)]) -> Result<Vec<Found>> {
    let mut all = None;
    let mut found = Vec::new();
    for (at, named) in paths {
        let (Named::File(text) | Named::Folder(text) | Named::Pattern(text)) = named;
        let inside = inside(text).map_err(|why| {
            at.refuse(file, why)
                .with_hint("files beside the MLTable, or in folders beside it, are read")
        })?;
        match named {
            Named::File(_) | Named::Folder(_) if folder.join(&inside).join("_delta_log").is_dir() => {
                found.push(inside);
            }
            Named::File(_) => {
                let path = folder.join(&inside);
                if !path.is_file() {
                    let what = if path.is_dir() {
                        "it is a folder"
                    } else {
                        "there is no such file"
                    };
                    return Err(at.refuse(file, format!("`{text}`: {what}")));
                }
                found.push(inside);
            }
            Named::Folder(_) | Named::Pattern(_) => {
                if all.is_none() {
                    all = Some(beside(folder)?);
                }
                let all: &[PathBuf] = all.as_deref().unwrap_or_default();
                let before = found.len();
                if let Named::Folder(_) = named {
                    found.extend(all.iter().filter(|path| path.starts_with(&inside)).cloned());
                } else {
                    let glob = GlobBuilder::new(&inside.to_string_lossy())
                        .literal_separator(true)
                        .build();
                    let glob = glob.map_err(|error| at.refuse(file, error))?.compile_matcher();
                    found.extend(all.iter().filter(|path| glob.is_match(path)).cloned());
                }
                if found.len() == before {
                    return Err(at.refuse(file, format!("no file lies at `{text}`")));
                }
            }
        }
    }
    let real = folder.canonicalize().map_err(|error| Error::of(folder, error))?;
    found
        .into_iter()
        .map(|inside| {
            let path = folder.join(&inside);
            let there = path.canonicalize().map_err(|error| Error::of(&path, error))?;
            if !there.starts_with(&real) {
                return Err(Error::of(&path, "it is a link out of the folder of its MLTable")
                    .with_hint("put the file itself there"));
            }
            let shown = inside.to_string_lossy().replace('\\', "/");
            Ok(Found {
                path,
                shown,
                constants: Constants::default(),
            })
        })
        .collect()
}

/// A path in the folder, without dots.
fn inside(text: &str) -> Result<PathBuf, String> {
    if text.contains("://") {
        return Err(format!("`{text}` does not lie beside the MLTable"));
    }
    let mut path = PathBuf::new();
    for part in Path::new(text).components() {
        match part {
            Component::CurDir => {}
            Component::Normal(part) => path.push(part),
            _ => return Err(format!("`{text}` leads out of the folder of the MLTable")),
        }
    }
    Ok(path)
}

/// All files of the folder but the MLTable itself, relative to it.
fn beside(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    crate::open::walk(folder, &mut all)?;
    let mut all: Vec<PathBuf> = all
        .iter()
        .filter_map(|path| path.strip_prefix(folder).ok())
        .filter(|path| *path != Path::new("MLTable"))
        .map(Path::to_path_buf)
        .collect();
    all.sort();
    Ok(all)
}
