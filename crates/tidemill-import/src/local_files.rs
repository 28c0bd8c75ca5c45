//! Artifacts that lie on this machine: where a URI leads, which files are there, and their bytes.
//!
//! A root is only taken when it ends in `{owner}/artifacts`, and links are not followed: a source that was handed around
//! cannot make an import read other files of this machine.

use std::path::{Path, PathBuf};

use futures::StreamExt;
use tokio_util::io::ReaderStream;

use crate::{Error, FileBytes, LeftOut, Result, stays_inside};

/// The folder that a `file:` URI or path names, when it is there.
pub(crate) fn folder(uri: &str, owner: &str, relative_to: &Path) -> Option<PathBuf> {
    let path = match uri.strip_prefix("file:") {
        Some(_) => url::Url::parse(uri).ok()?.to_file_path().ok()?,
        None if uri.contains("://") || uri.starts_with("mlflow-artifacts:") => return None,
        None => relative_to.join(uri),
    };
    let fits = path.ends_with(Path::new(owner).join("artifacts"));
    (fits && path.is_dir()).then_some(path)
}

/// All files below a folder, by relative path.
pub(crate) fn walk(root: &Path, left_out: &mut Vec<LeftOut>) -> Result<Vec<String>> {
    let (mut found, mut folders) = (Vec::new(), vec![String::new()]);
    while let Some(below) = folders.pop() {
        let folder = root.join(&below);
        let entries = std::fs::read_dir(&folder).map_err(|error| Error::file("read", &folder, error))?;
        for entry in entries {
            let entry = entry.map_err(|error| Error::file("read", &folder, error))?;
            let mut leave = |why: &str| {
                left_out.push(LeftOut {
                    what: entry.path().display().to_string(),
                    why: why.to_owned(),
                });
            };
            let Ok(name) = entry.file_name().into_string() else {
                leave("its name is no UTF-8");
                continue;
            };
            let path = if below.is_empty() {
                name
            } else {
                format!("{below}/{name}")
            };
            let kind = entry
                .file_type()
                .map_err(|error| Error::file("read", &entry.path(), error))?;
            if kind.is_dir() {
                folders.push(path);
            } else if !kind.is_file() {
                leave("it is a link or no file; links are not followed");
            } else if !stays_inside(&path) {
                leave("its name is no path of an artifact");
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The bytes of a file.
pub(crate) async fn read(path: &Path) -> Result<FileBytes> {
    let file = tokio::fs::File::open(path)
        .await
        .map_err(|error| Error::file("read", path, error))?;
    Ok(ReaderStream::with_capacity(file, 256 << 10).boxed())
}
