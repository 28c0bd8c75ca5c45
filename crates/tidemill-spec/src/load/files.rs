//! The files that loading may read, given by the caller so that this crate does no I/O of its own accord.

use std::io;
use std::path::Path;

/// What lies at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A file.
    File,
    /// A folder.
    Folder,
}

/// Reading files; the caller decides from where.
pub trait Files {
    /// The text of a file.
    ///
    /// # Errors
    /// The file is not there, cannot be read, or is no UTF-8.
    fn read(&self, path: &Path) -> io::Result<String>;

    /// What lies at a path; `None` where there is nothing.
    fn kind(&self, path: &Path) -> Option<FileKind>;
}

/// Files that are held in memory, by path; folders are there where a file lies below them.
#[derive(Debug, Clone, Default)]
pub struct MemoryFiles(std::collections::BTreeMap<std::path::PathBuf, String>);

impl<P: Into<std::path::PathBuf>, T: Into<String>> FromIterator<(P, T)> for MemoryFiles {
    fn from_iter<I: IntoIterator<Item = (P, T)>>(files: I) -> Self {
        Self(
            files
                .into_iter()
                .map(|(path, text)| (path.into(), text.into()))
                .collect(),
        )
    }
}

impl Files for MemoryFiles {
    fn read(&self, path: &Path) -> io::Result<String> {
        self.0
            .get(path)
            .cloned()
            .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }

    fn kind(&self, path: &Path) -> Option<FileKind> {
        if self.0.contains_key(path) {
            Some(FileKind::File)
        } else {
            self.0
                .keys()
                .any(|file| file.starts_with(path))
                .then_some(FileKind::Folder)
        }
    }
}
