//! What a path in a datastore names: a file, a folder, or the files that match a pattern.

use globset::{GlobBuilder, GlobMatcher};

use crate::datastore::{Datastore, FileMeta};
use crate::error::{ObjectsError, Result};
use crate::safe_path::SafePath;

/// Characters that make a path a pattern.
const GLOB: [char; 4] = ['*', '?', '[', '{'];

/// A path of a datastore, looked up.
#[derive(Debug, Clone)]
pub enum ScanTarget {
    /// One file.
    File(SafePath),
    /// All files under a folder.
    Folder(SafePath),
    /// The files under a folder whose path from there matches; `*` stays in one name, `**` doesn't.
    Pattern {
        /// The last folder before the first wildcard.
        folder: SafePath,
        /// The matcher of what follows.
        matcher: GlobMatcher,
    },
}

impl ScanTarget {
    /// Finds out what `text` names. A file whose name holds wildcards is that file; nothing at all is `NotFound`.
    pub async fn resolve(datastore: &Datastore, text: &str) -> Result<Self> {
        let path = SafePath::normalise(text)?;
        if !path.is_root() && !text.ends_with('/') && datastore.exists(&path).await? {
            return Ok(Self::File(path));
        }
        if !datastore.can_list() {
            return Err(ObjectsError::NotFound {
                what: format!("{path} in {datastore}"),
            });
        }
        if !path.as_str().contains(GLOB) || is_folder(datastore, &path).await? {
            if path.is_root() || is_folder(datastore, &path).await? {
                return Ok(Self::Folder(path));
            }
            return Err(ObjectsError::NotFound {
                what: format!("{path} in {datastore}"),
            });
        }
        Self::pattern(&path)
    }

    /// The pattern of a path with wildcards.
    pub fn pattern(path: &SafePath) -> Result<Self> {
        let names: Vec<&str> = path.names().collect();
        let plain = names
            .iter()
            .take_while(|name| !name.contains(GLOB))
            .count()
            .min(names.len().saturating_sub(1));
        let glob = GlobBuilder::new(&names[plain..].join("/"))
            .literal_separator(true)
            .build();
        let glob = glob.map_err(|error| ObjectsError::bad_path(path.as_str(), error.kind().to_string()))?;
        Ok(Self::Pattern {
            folder: SafePath::parse(names[..plain].join("/"))?,
            matcher: glob.compile_matcher(),
        })
    }

    /// The folder that the manifest's paths are relative to.
    pub fn folder(&self) -> SafePath {
        match self {
            Self::File(path) => path.parent().unwrap_or_default(),
            Self::Folder(path) | Self::Pattern { folder: path, .. } => path.clone(),
        }
    }

    /// Whether it is one file.
    pub fn is_file(&self) -> bool {
        matches!(self, Self::File(_))
    }

    /// The listed file's path in the manifest, if it belongs to it.
    pub(crate) fn select(&self, path: &SafePath) -> Option<SafePath> {
        let inside = path.strip_prefix(&self.folder())?;
        match self {
            Self::File(file) => (file == path).then_some(inside),
            Self::Folder(_) => Some(inside),
            Self::Pattern { matcher, .. } => matcher.is_match(inside.as_str()).then_some(inside),
        }
    }

    /// The files now, each with its path in the manifest, in order. Nothing that matches a pattern is `NotFound`.
    pub(crate) async fn files(&self, datastore: &Datastore) -> Result<Vec<(SafePath, FileMeta)>> {
        let files = match self {
            Self::File(path) => vec![datastore.head(path).await?],
            Self::Folder(folder) | Self::Pattern { folder, .. } => datastore.list(folder).await?,
        };
        let files: Vec<_> = files
            .into_iter()
            .filter_map(|file| Some((self.select(&file.path)?, file)))
            .collect();
        self.expect_some(files.is_empty(), &datastore.to_string())?;
        Ok(files)
    }

    pub(crate) fn expect_some(&self, empty: bool, place: &str) -> Result<()> {
        match self {
            Self::Pattern { folder, matcher } if empty => {
                let folder = if folder.is_root() {
                    String::new()
                } else {
                    format!("{folder}/")
                };
                Err(ObjectsError::NotFound {
                    what: format!("a file that matches {folder}{} in {place}", matcher.glob()),
                })
            }
            _ => Ok(()),
        }
    }
}

async fn is_folder(datastore: &Datastore, path: &SafePath) -> Result<bool> {
    if let Some(local) = datastore.as_local() {
        return match local.existing(path) {
            Ok(full) => Ok(full.is_dir()),
            Err(ObjectsError::NotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        };
    }
    let listing = datastore.list_dir(path).await?;
    Ok(!listing.files.is_empty() || !listing.folders.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_from_its_last_plain_folder() {
        let pattern = |text: &str| ScanTarget::pattern(&SafePath::parse(text).unwrap()).unwrap();
        let target = pattern("data/2024/*.csv");
        assert_eq!(target.folder().as_str(), "data/2024");
        let select = |path: &str| {
            target
                .select(&SafePath::parse(path).unwrap())
                .map(|path| path.to_string())
        };
        assert_eq!(select("data/2024/a b.csv").as_deref(), Some("a b.csv"));
        assert_eq!(select("data/2024/x/a.csv"), None);
        assert_eq!(select("data/2025/a.csv"), None);
        let deep = pattern("**/*.{csv,json}");
        assert!(deep.select(&SafePath::parse("a/b/c.json").unwrap()).is_some());
        assert!(deep.select(&SafePath::parse("c.csv").unwrap()).is_some());
        assert!(
            ScanTarget::pattern(&SafePath::parse("a/[").unwrap())
                .unwrap_err()
                .to_string()
                .contains("a/[")
        );
    }
}
