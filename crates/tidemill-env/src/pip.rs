//! Reads pip requirements: what is asked for, and from where. It resolves nothing.

use std::path::Path;

use crate::error::EnvError;
use crate::request::IndexOptions;

/// The most that a requirements file may hold, in bytes.
pub(crate) const LIMIT_BYTES: usize = 1 << 20;

/// A requirements file, read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Requirements {
    /// Requirements, one a line, in the order given.
    pub requirements: Vec<String>,
    /// `--index-url`, `--find-links`, … lines.
    pub index: IndexOptions,
    /// Options that have no effect here.
    pub ignored: Vec<String>,
}

/// Reads `text`; `-r other.txt` is followed inside `base` only.
pub(crate) fn read(text: &str, what: &str, base: Option<&Path>) -> Result<Requirements, EnvError> {
    let mut read = Requirements::default();
    read_into(text, what, base, 0, &mut read)?;
    Ok(read)
}

fn read_into(
    text: &str,
    what: &str,
    base: Option<&Path>,
    depth: usize,
    read: &mut Requirements,
) -> Result<(), EnvError> {
    if text.len() > LIMIT_BYTES {
        return Err(EnvError::TooLarge {
            what: what.to_owned(),
            size_bytes: text.len() as u64,
            limit_bytes: LIMIT_BYTES as u64,
        });
    }
    if depth > 8 {
        return Err(EnvError::invalid(what, "`-r` files include each other"));
    }
    let joined = text
        .trim_start_matches('\u{feff}')
        .replace("\r\n", "\n")
        .replace("\\\n", " ");
    for (number, line) in joined.lines().enumerate() {
        let line = without_comment(line);
        if line.is_empty() {
            continue;
        }
        let place = format!("{what}, line {}", number + 1);
        if line.chars().any(char::is_control) {
            return Err(EnvError::invalid(place, "it has control characters"));
        }
        if line.starts_with('-') {
            option(line, &place, base, depth, read)?;
        } else {
            requirement(line, &place, base, read)?;
        }
    }
    Ok(())
}

fn without_comment(line: &str) -> &str {
    let end = if line.trim_start().starts_with('#') {
        Some(0)
    } else {
        line.find(" #").or_else(|| line.find("\t#"))
    };
    line[..end.unwrap_or(line.len())].trim()
}

fn requirement(
    line: &str,
    place: &str,
    base: Option<&Path>,
    read: &mut Requirements,
) -> Result<(), EnvError> {
    // Per-requirement options such as `--hash` are the lock's own business.
    let line = line.split(" --").next().unwrap_or(line).trim();
    let is_path = line.starts_with(['.', '/']) || (line.ends_with(".whl") && !line.contains("://"));
    if is_path {
        return local_wheel(line, place, base, read);
    }
    let named = line.starts_with(|c: char| c.is_ascii_alphanumeric());
    if !named {
        return Err(EnvError::invalid(
            place,
            format!("`{line}` is no requirement; expected such as `numpy==1.26.4`"),
        ));
    }
    read.requirements.push(line.to_owned());
    Ok(())
}

/// A wheel by its path is its name and version, found in its folder: where it lies is not part of a lock.
fn local_wheel(
    line: &str,
    place: &str,
    base: Option<&Path>,
    read: &mut Requirements,
) -> Result<(), EnvError> {
    let refused = |message: &str| Err(EnvError::invalid(place, format!("`{line}` {message}")));
    let path = match base {
        _ if line.starts_with('/') => Path::new(line).to_path_buf(),
        Some(base) => match inside(base, line) {
            Some(path) => path,
            None => return refused("leads out of its folder"),
        },
        None => {
            return refused(
                "is a path relative to a folder that is not here; publish it as a wheel, or use `code`",
            );
        }
    };
    let file_name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let mut parts = file_name.split('-');
    match (parts.next(), parts.next(), path.parent()) {
        (Some(name), Some(version), Some(folder)) if file_name.ends_with(".whl") && !name.is_empty() => {
            read.requirements.push(format!("{name}=={version}"));
            read.index.find_links.push(folder.display().to_string());
            Ok(())
        }
        _ => refused("is a path, but not that of a wheel; build one (`python -m build`), or use `code`"),
    }
}

fn option(
    line: &str,
    place: &str,
    base: Option<&Path>,
    depth: usize,
    read: &mut Requirements,
) -> Result<(), EnvError> {
    let (name, value) = match line.split_once([' ', '=', '\t']) {
        Some((name, value)) => (name, value.trim().trim_start_matches('=').trim()),
        // `-rfile`, `-ffolder`.
        None if !line.starts_with("--") && line.len() > 2 && line.is_char_boundary(2) => line.split_at(2),
        None => (line, ""),
    };
    let value = value.trim_matches(['"', '\'']);
    let need = || EnvError::invalid(place, format!("`{name}` needs a value"));
    if value.is_empty()
        && !matches!(
            name,
            "--no-index" | "--pre" | "--require-hashes" | "--prefer-binary"
        )
    {
        return Err(need());
    }
    match name {
        "-i" | "--index-url" | "--pypi-url" => read.index.index_url = Some(value.to_owned()),
        "--extra-index-url" => read.index.extra_index_urls.push(value.to_owned()),
        "-f" | "--find-links" => read.index.find_links.push(under(base, value)),
        "--no-index" => read.index.no_index = true,
        "--pre" => read.index.prerelease = true,
        "-e" | "--editable" => requirement(value, place, base, read)?,
        "-r" | "--requirement" => {
            let folder = base.ok_or_else(|| {
                EnvError::invalid(
                    place,
                    format!("`-r {value}` names a file that is not here; write its lines instead"),
                )
            })?;
            let path = inside(folder, value)
                .ok_or_else(|| EnvError::invalid(place, format!("`-r {value}` leads out of its folder")))?;
            let text = read_text(&path, value)?;
            read_into(&text, value, Some(folder), depth + 1, read)?;
        }
        "--require-hashes" | "--prefer-binary" => {}
        _ => read.ignored.push(line.to_owned()),
    }
    Ok(())
}

/// A relative folder is one of `base`; URLs and absolute paths stay.
fn under(base: Option<&Path>, value: &str) -> String {
    match base {
        Some(base) if !value.contains("://") && !value.starts_with('/') => {
            base.join(value).display().to_string()
        }
        _ => value.to_owned(),
    }
}

/// `relative` inside `folder`, or `None` where it climbs out.
pub(crate) fn inside(folder: &Path, relative: &str) -> Option<std::path::PathBuf> {
    let mut path = folder.to_path_buf();
    for part in Path::new(relative).components() {
        match part {
            std::path::Component::Normal(part) => path.push(part),
            std::path::Component::CurDir => {}
            _ => return None,
        }
    }
    match (path.canonicalize(), folder.canonicalize()) {
        (Ok(real), Ok(root)) => real.starts_with(root).then_some(path),
        _ => Some(path), // It is not there: reading it says so.
    }
}

/// A small text file of a specification.
pub(crate) fn read_text(path: &Path, what: &str) -> Result<String, EnvError> {
    let size_bytes = std::fs::metadata(path).map_err(EnvError::io("read", path))?.len();
    if size_bytes > LIMIT_BYTES as u64 {
        return Err(EnvError::TooLarge {
            what: what.to_owned(),
            size_bytes,
            limit_bytes: LIMIT_BYTES as u64,
        });
    }
    let bytes = std::fs::read(path).map_err(EnvError::io("read", path))?;
    String::from_utf8(bytes).map_err(|_| EnvError::invalid(what, "it is not UTF-8 text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_and_options_are_told_apart() {
        let text = "\u{feff}# head\nnumpy==1.26.4  # pinned\r\npandas>=1.5,\\\n  <2\n--extra-index-url https://x/simple\n-f ./wheels\n--find-links=/abs\n--no-index\n-e git+https://h/x.git#egg=x\nsix --hash=sha256:aa\n--global-option=x\n--pre\n";
        let read = read(text, "requirements", Some(Path::new("/base"))).unwrap();
        assert_eq!(
            read.requirements,
            [
                "numpy==1.26.4",
                "pandas>=1.5,   <2",
                "git+https://h/x.git#egg=x",
                "six"
            ]
        );
        assert_eq!(read.index.find_links, ["/base/./wheels", "/abs"]);
        assert_eq!(read.index.extra_index_urls, ["https://x/simple"]);
        assert!(read.index.no_index && read.index.prerelease);
        assert_eq!(read.ignored, ["--global-option=x"]);
    }

    #[test]
    fn what_cannot_be_followed_is_refused_with_its_line() {
        for (text, expected) in [
            ("numpy\n-r other.txt", "line 2"),
            ("./pkg", "relative"),
            ("/pkg", "not that of a wheel"),
            ("=1.2", "no requirement"),
            ("--index-url", "needs a value"),
            ("a\u{7}b", "control"),
        ] {
            let error = read(text, "requirements", None).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn a_wheel_by_its_path_is_its_name_in_its_folder() {
        let read = read(
            "/wheels/my_pkg-1.2-py3-none-any.whl\ndist/b-2-py3-none-any.whl",
            "r",
            Some(Path::new("/base")),
        );
        let read = read.unwrap();
        assert_eq!(read.requirements, ["my_pkg==1.2", "b==2"]);
        assert_eq!(read.index.find_links, ["/wheels", "/base/dist"]);
    }

    #[test]
    fn an_included_file_stays_in_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("more.txt"), "six\n").unwrap();
        let good = read("-r more.txt\nattrs", "r", Some(folder.path())).unwrap();
        assert_eq!(good.requirements, ["six", "attrs"]);
        assert!(
            read("-r ../more.txt", "r", Some(folder.path()))
                .unwrap_err()
                .to_string()
                .contains("leads out")
        );
        std::fs::write(folder.path().join("loop.txt"), "-r loop.txt\n").unwrap();
        assert!(
            read("-r loop.txt", "r", Some(folder.path()))
                .unwrap_err()
                .to_string()
                .contains("include each other")
        );
    }

    proptest::proptest! {
        #[test]
        fn reading_never_panics(text in "(?s).{0,200}") {
            let _ = read(&text, "r", None);
        }
    }
}
