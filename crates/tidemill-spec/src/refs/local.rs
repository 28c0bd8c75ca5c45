//! Local paths as they are written in a file, and where they lead.

use std::path::{Component, Path, PathBuf};

use super::has_expression;

/// The local path that a text names, without `file:`; `None` for references, URIs and texts with expressions.
pub(crate) fn local_text(text: &str) -> Option<&str> {
    if has_expression(text) {
        return None;
    }
    if let Some(rest) = text.strip_prefix("file:") {
        return Some(rest.strip_prefix("//").unwrap_or(rest));
    }
    let remote = text.contains("://")
        || text.starts_with("/subscriptions/")
        || ["azureml:", "runs:", "models:", "git+", "git@"]
            .iter()
            .any(|scheme| text.starts_with(scheme));
    (!remote).then_some(text)
}

/// `local` as seen from `folder`, with `.` and `..` worked out by name alone.
pub(crate) fn absolute_from(folder: &Path, local: &str) -> PathBuf {
    let mut whole = PathBuf::new();
    for part in folder.join(local).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(whole.components().next_back(), Some(Component::Normal(_))) => {
                whole.pop();
            }
            Component::ParentDir if whole.has_root() => {}
            other => whole.push(other),
        }
    }
    if whole.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        whole
    }
}

/// True where a path below some root would leave that root: it is absolute or has `..` or a NUL in it.
pub fn climbs(path: &str) -> bool {
    path.starts_with('/') || path.contains('\0') || path.split(['/', '\\']).any(|part| part == "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_local_paths_from_references() {
        let table = [
            ("./src", Some("./src")),
            ("train.py", Some("train.py")),
            ("file:./x.yml", Some("./x.yml")),
            ("file:///data/x", Some("/data/x")),
            ("/data/x", Some("/data/x")),
            ("azureml:data:1", None),
            ("azureml://datastores/d/paths/p", None),
            ("https://example.org/a.csv", None),
            ("/subscriptions/1/resourceGroups/g", None),
            ("${{parent.inputs.x}}", None),
            ("git@github.com:a/b.git", None),
        ];
        for (text, local) in table {
            assert_eq!(local_text(text), local, "{text}");
        }
    }

    #[test]
    fn works_out_dots_by_name() {
        assert_eq!(absolute_from(Path::new("/a/b"), "../c/./d"), Path::new("/a/c/d"));
        assert_eq!(absolute_from(Path::new("/a"), "../../.."), Path::new("/"));
        assert_eq!(absolute_from(Path::new("a"), "../../c"), Path::new("../c"));
        assert_eq!(absolute_from(Path::new(""), "."), Path::new("."));
    }
}
