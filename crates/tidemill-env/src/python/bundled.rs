//! The wheels that an interpreter carries, so that a new environment has a `pip`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::Interpreter;
use crate::version::Version;

/// The wheels of `pip` (and of `setuptools`, before Python 3.12) that an interpreter carries: name, version, file.
#[must_use]
pub fn bundled_wheels(interpreter: &Interpreter) -> Vec<(String, String, PathBuf)> {
    let mut best: BTreeMap<String, (Version, String, PathBuf)> = BTreeMap::new();
    for folder in [
        interpreter.stdlib.join("ensurepip/_bundled"),
        PathBuf::from("/usr/share/python-wheels"),
    ] {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let file_name = entry.file_name().to_string_lossy().into_owned();
            let mut parts = file_name.trim_end_matches(".whl").split('-');
            let (Some(name), Some(version)) = (parts.next(), parts.next()) else {
                continue;
            };
            let wanted = name == "pip" || (name == "setuptools" && interpreter.minor() < (3, 12));
            let Some(parsed) = Version::parse(version).filter(|_| wanted && file_name.ends_with(".whl"))
            else {
                continue;
            };
            if best.get(name).is_none_or(|(known, ..)| *known < parsed) {
                best.insert(name.to_owned(), (parsed, version.to_owned(), entry.path()));
            }
        }
        if best.contains_key("pip") {
            break;
        }
    }
    best.into_iter()
        .map(|(name, (_, version, path))| (name, version, path))
        .collect()
}
