//! Paths of requests: every part is encoded, so that no name can reach another route.

use std::path::{Component, Path, PathBuf};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::error::{Error, Result};

const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// `/a/b/c`, each part encoded. A part `.` or `..` would be taken out of a URL, so it is encoded too and the server says
/// that there is no such thing.
pub fn path(parts: &[&str]) -> String {
    let mut whole = String::new();
    for part in parts {
        whole.push('/');
        match *part {
            "." => whole.push_str("%252E"),
            ".." => whole.push_str("%252E%252E"),
            part => whole.extend(utf8_percent_encode(part, PLAIN)),
        }
    }
    whole
}

/// The same for a path of a file: its `/` stay.
pub fn file_path(file: &str) -> String {
    let parts: Vec<&str> = file.split('/').filter(|part| !part.is_empty()).collect();
    path(&parts)
}

/// `name=value` for a query.
pub fn query(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, PLAIN)))
        .collect();
    if pairs.is_empty() {
        String::new()
    } else {
        format!("?{}", pairs.join("&"))
    }
}

/// A path that stays in its folder, whatever a server says.
///
/// # Errors
/// One that would leave it.
pub fn inside(file: &str) -> Result<PathBuf> {
    let path = Path::new(file);
    let plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    if !plain || file.is_empty() || file.contains('\0') {
        return Err(Error::failed(format!(
            "failed to download `{file}`: its path would leave the folder"
        )));
    }
    Ok(path.to_path_buf())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_reaches_another_route() {
        assert_eq!(path(&["workspaces", "a/b", "x y?"]), "/workspaces/a%2Fb/x%20y%3F");
        assert_eq!(path(&["a", ".."]), "/a/%252E%252E");
        assert_eq!(file_path("outputs/a b.txt"), "/outputs/a%20b.txt");
        assert_eq!(query(&[("path", "a&b")]), "?path=a%26b");
    }

    #[test]
    fn no_path_leaves_its_folder() {
        assert!(inside("outputs/a.txt").is_ok());
        for bad in ["", "/etc/passwd", "../a", "a/../../b", "a\0"] {
            assert!(inside(bad).is_err(), "{bad:?}");
        }
    }
}
