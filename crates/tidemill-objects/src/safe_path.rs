//! A relative path that stays inside its folder, whatever it is joined to.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{ObjectsError, Result};

/// The longest path in bytes.
pub const MAX_PATH_BYTES: usize = 4096;

/// Names joined by `/`, never empty, `.` or `..`; no backslash, no NUL, no drive letter. The empty path is the root.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SafePath(String);

impl SafePath {
    /// The folder itself.
    pub fn root() -> Self {
        Self::default()
    }

    /// Takes a path in its only canonical spelling; for what comes from a manifest or a peer.
    pub fn parse(text: impl Into<String>) -> Result<Self> {
        let text = text.into();
        match fault(&text) {
            None => Ok(Self(text)),
            Some(reason) => Err(ObjectsError::bad_path(text, reason)),
        }
    }

    /// Takes a path as a person writes it: `./a//b/` is `a/b`. Climbing and absolute paths are errors all the same.
    pub fn normalise(text: &str) -> Result<Self> {
        if text.starts_with('/') {
            return Err(ObjectsError::bad_path(text, "it is absolute"));
        }
        let names: Vec<&str> = text
            .split('/')
            .filter(|name| !name.is_empty() && *name != ".")
            .collect();
        let joined = names.join("/");
        match fault(&joined) {
            None => Ok(Self(joined)),
            Some(reason) => Err(ObjectsError::bad_path(text, reason)),
        }
    }

    /// The path with one more name, or several, at its end.
    pub fn join(&self, rest: &SafePath) -> Self {
        match (self.is_root(), rest.is_root()) {
            (true, _) => rest.clone(),
            (_, true) => self.clone(),
            _ => Self(format!("{}/{}", self.0, rest.0)),
        }
    }

    /// The path with the text at its end, checked.
    pub fn child(&self, name: &str) -> Result<Self> {
        if let Some(reason) = fault(name) {
            return Err(ObjectsError::bad_path(name, reason));
        }
        if self.is_root() || name.is_empty() {
            return Ok(Self([self.as_str(), name].concat()));
        }
        let joined = [self.as_str(), "/", name].concat();
        if joined.len() > MAX_PATH_BYTES {
            return Err(ObjectsError::bad_path(joined, TOO_LONG));
        }
        Ok(Self(joined))
    }

    /// What is left of this path under `folder`; `None` if it isn't inside.
    pub fn strip_prefix(&self, folder: &SafePath) -> Option<SafePath> {
        if folder.is_root() {
            return Some(self.clone());
        }
        let rest = self.0.strip_prefix(folder.as_str())?;
        if rest.is_empty() {
            return Some(Self::root());
        }
        rest.strip_prefix('/').map(|rest| Self(rest.to_owned()))
    }

    /// The folder that holds it; `None` for the root.
    pub fn parent(&self) -> Option<SafePath> {
        match self.0.rsplit_once('/') {
            Some((parent, _)) => Some(Self(parent.to_owned())),
            None if self.is_root() => None,
            None => Some(Self::root()),
        }
    }

    /// The last name; empty for the root.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// Whether it is the folder itself.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The names, outermost first.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.split('/').filter(|name| !name.is_empty())
    }

    /// The text, `/` between names.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path on this machine under `folder`.
    pub fn under(&self, folder: &Path) -> PathBuf {
        if self.is_root() {
            folder.to_owned()
        } else {
            folder.join(&self.0)
        }
    }
}

const TOO_LONG: &str = "it is longer than 4096 bytes";

fn fault(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        return None;
    }
    if text.len() > MAX_PATH_BYTES {
        return Some(TOO_LONG);
    }
    if text.starts_with('/') {
        return Some("it is absolute");
    }
    if text.contains('\\') {
        return Some("it holds a backslash");
    }
    if text.contains('\0') {
        return Some("it holds a NUL byte");
    }
    let bytes = text.as_bytes();
    if bytes.len() >= 2
        && bytes[0].is_ascii_alphabetic()
        && bytes[1] == b':'
        && bytes.get(2).is_none_or(|next| *next == b'/')
    {
        return Some("it starts with a drive letter");
    }
    text.split('/').find_map(|name| match name {
        "" => Some("it holds an empty name"),
        "." => Some("it holds the name `.`"),
        ".." => Some("it climbs with `..`"),
        _ => None,
    })
}

impl fmt::Display for SafePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for SafePath {
    type Err = ObjectsError;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

impl TryFrom<String> for SafePath {
    type Error = ObjectsError;

    fn try_from(text: String) -> Result<Self> {
        Self::parse(text)
    }
}

impl From<SafePath> for String {
    fn from(path: SafePath) -> Self {
        path.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_path_that_could_leave_its_folder_is_refused_by_name() {
        for text in [
            "../x",
            "a/../b",
            "..",
            "/etc/passwd",
            "C:/x",
            "c:",
            "a\\b",
            "a\0b",
            "a//b",
            "a/./b",
            "a/",
        ] {
            let error = SafePath::parse(text).unwrap_err().to_string();
            assert!(error.contains(&format!("{text:?}")), "{error}");
        }
        assert!(SafePath::normalise("a/../../b").is_err());
        assert!(SafePath::normalise("/a").is_err());
        assert!(SafePath::parse("x".repeat(5000)).is_err());
    }

    #[test]
    fn odd_names_are_fine() {
        for text in [
            "50% off?.csv",
            "a b/ü.txt",
            "...",
            "..a/b..",
            "a:b",
            "cd:e",
            "new\nline",
            "~",
            "-rf",
        ] {
            assert_eq!(SafePath::parse(text).unwrap().as_str(), text);
        }
        assert_eq!(SafePath::normalise("./a//b/./c/").unwrap().as_str(), "a/b/c");
        assert!(SafePath::normalise("./").unwrap().is_root());
    }

    #[test]
    fn paths_are_taken_apart_and_joined() {
        let path = SafePath::parse("a/b/c").unwrap();
        assert_eq!(path.name(), "c");
        assert_eq!(path.parent().unwrap().as_str(), "a/b");
        assert_eq!(
            path.strip_prefix(&SafePath::parse("a").unwrap())
                .unwrap()
                .as_str(),
            "b/c"
        );
        assert_eq!(path.strip_prefix(&SafePath::parse("a/bb").unwrap()), None);
        assert_eq!(
            SafePath::parse("ab")
                .unwrap()
                .strip_prefix(&SafePath::parse("a").unwrap()),
            None
        );
        assert_eq!(SafePath::root().parent(), None);
    }

    proptest! {
        #[test]
        fn whatever_parses_stays_inside(text in "\\PC{0,40}|[./\\\\a:\\x00]{0,12}") {
            for path in [SafePath::parse(text.clone()), SafePath::normalise(&text)].into_iter().flatten() {
                let joined = path.under(Path::new("/root/folder"));
                prop_assert!(joined.starts_with("/root/folder"));
                prop_assert!(joined.components().all(|part| part != std::path::Component::ParentDir));
                prop_assert_eq!(SafePath::parse(path.as_str()).unwrap(), path);
            }
        }
    }
}
