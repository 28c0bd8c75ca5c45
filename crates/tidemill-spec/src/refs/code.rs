//! Where code or a build context lies.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Deserializer};

use super::{AssetRef, DataPath, RefError, has_expression, local_text, text_reference};

/// Where code or a build context lies.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum CodeRef {
    /// A file or folder on the machine of whoever wrote this.
    Local(PathBuf),
    /// A content-addressed snapshot: `tidemill://trees/{digest}[/path]`.
    Tree {
        /// The digest of its manifest, in hex.
        digest: String,
        /// A path inside; empty for the whole tree.
        path: String,
    },
    /// A git repository: `git+https://…[@ref][#subdirectory]`, `git@host:…`, or a URL that ends in `.git`.
    Git(String),
    /// Any other URL, `azureml://` paths included.
    Url(String),
    /// A registered code asset, by registry or full id.
    Asset(AssetRef),
    /// A text with `${{…}}`.
    Expression(String),
}

impl CodeRef {
    /// The local path, where this is one.
    pub fn as_local(&self) -> Option<&Path> {
        match self {
            Self::Local(path) => Some(path),
            _ => None,
        }
    }
}

impl FromStr for CodeRef {
    type Err = RefError;

    fn from_str(text: &str) -> Result<Self, RefError> {
        let text = text.trim();
        if has_expression(text) {
            return Ok(Self::Expression(text.to_owned()));
        }
        if let Some(local) = local_text(text) {
            return match local {
                "" => Err(RefError::new(
                    "the path of the code is empty",
                    "name a file or a folder",
                )),
                local => Ok(Self::Local(PathBuf::from(local))),
            };
        }
        let bare = text.split(['#', '@', '?']).next().unwrap_or_default();
        if text.starts_with("git") || bare.ends_with(".git") || text.starts_with("https://github.com/") {
            return Ok(Self::Git(text.to_owned()));
        }
        match text.parse::<DataPath>()? {
            DataPath::Tree { digest, path } => Ok(Self::Tree { digest, path }),
            DataPath::Asset(asset) => Ok(Self::Asset(asset)),
            _ => Ok(Self::Url(text.to_owned())),
        }
    }
}

impl fmt::Display for CodeRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local(path) => write!(f, "{}", path.display()),
            Self::Tree { digest, path } if path.is_empty() => write!(f, "tidemill://trees/{digest}"),
            Self::Tree { digest, path } => write!(f, "tidemill://trees/{digest}/{path}"),
            Self::Git(text) | Self::Url(text) | Self::Expression(text) => f.write_str(text),
            Self::Asset(asset) => write!(f, "{asset}"),
        }
    }
}

impl<'de> Deserialize<'de> for CodeRef {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        crate::de::with::path_text(d)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

text_reference!(CodeRef, "A local file or folder, a git URL, or another URL");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_folders_from_repositories() {
        assert!(matches!("./src".parse(), Ok(CodeRef::Local(_))));
        assert!(matches!(
            "git+https://h/r.git@main#sub".parse(),
            Ok(CodeRef::Git(_))
        ));
        assert!(matches!("https://h/r.git".parse(), Ok(CodeRef::Git(_))));
        assert!(matches!(
            "tidemill://trees/0123456789abcdef".parse(),
            Ok(CodeRef::Tree { .. })
        ));
        assert!(matches!("azureml:code:1".parse(), Ok(CodeRef::Asset(_))));
        assert!("".parse::<CodeRef>().is_err());
    }
}
