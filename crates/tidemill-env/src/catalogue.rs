//! The curated environments: names that teams already use, from `environments/catalogue.yml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// A curated environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its name, without `AzureML-` in front.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Patterns (`*` is any text) of other names for it.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Constraint on Python such as `3.10`.
    pub python: String,
    /// Requirements.
    #[serde(default)]
    pub pip: Vec<String>,
    /// Environment variables.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
}

/// Which Python stands for a container image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Image {
    /// Pattern of the image without registry host `docker.io`, `library/` and digest.
    pub image: String,
    /// The Python in it; empty where any will do.
    #[serde(default)]
    pub python: String,
    /// Requirements that stand for what the image brings.
    #[serde(default)]
    pub pip: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalogue {
    format: u32,
    environments: Vec<Entry>,
    images: Vec<Image>,
}

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    let text = include_str!("../../../environments/catalogue.yml");
    let catalogue: Catalogue =
        serde_yaml_ng::from_str(text).expect("a test reads the catalogue that is built in");
    assert_eq!(
        catalogue.format, 1,
        "the catalogue that is built in has the format this crate reads"
    );
    catalogue
});

/// Every curated environment, in the order of the file.
#[must_use]
pub fn entries() -> &'static [Entry] {
    &CATALOGUE.environments
}

/// The entry that a reference names: `sklearn-1.5`, `azureml:AzureML-sklearn-1.5@latest`,
/// `azureml://registries/azureml/environments/sklearn-1.5/labels/latest`; versions are not told apart.
#[must_use]
pub fn find(reference: &str) -> Option<&'static Entry> {
    let name = bare_name(reference)?;
    let entries = entries();
    entries
        .iter()
        .find(|entry| entry.name.eq_ignore_ascii_case(&name))
        .or_else(|| {
            entries.iter().find(|entry| {
                entry
                    .aliases
                    .iter()
                    .any(|alias| matches(&alias.to_lowercase(), &name))
            })
        })
}

/// Strips what surrounds the name: scheme, registry, `AzureML-`, version, label. Lowercase.
fn bare_name(reference: &str) -> Option<String> {
    let reference = reference.trim();
    let name = if let Some(path) = reference.strip_prefix("azureml://registries/") {
        let mut parts = path.split('/');
        // Only the public registry holds the curated ones; another registry's environment is somebody's own.
        if !parts.next()?.starts_with("azureml") || parts.next()? != "environments" {
            return None;
        }
        parts.next()?.to_owned()
    } else {
        let name = reference.strip_prefix("azureml:").unwrap_or(reference);
        name.split(['@', ':']).next()?.to_owned()
    };
    let name = name.to_lowercase();
    let name = name.strip_prefix("azureml-").unwrap_or(&name);
    (!name.is_empty()).then(|| name.to_owned())
}

/// What stands for a container image, if its name tells.
#[must_use]
pub fn image(reference: &str) -> Option<Image> {
    let bare = bare_image(reference);
    if let Some(tag) = bare.strip_prefix("python:") {
        let number: String = tag
            .chars()
            .take_while(|c| c.is_ascii_digit() || *c == '.')
            .collect();
        let python = number.trim_end_matches('.').to_owned();
        return Some(Image {
            image: bare,
            python,
            pip: Vec::new(),
        });
    }
    if bare == "python" {
        return Some(Image {
            image: bare,
            python: String::new(),
            pip: Vec::new(),
        });
    }
    CATALOGUE
        .images
        .iter()
        .find(|entry| matches(&entry.image, &bare))
        .cloned()
}

/// The entry that an image such as `mcr.microsoft.com/azureml/curated/sklearn-1.5:12` was made from.
#[must_use]
pub fn curated_image(reference: &str) -> Option<&'static Entry> {
    let (_, name) = reference.split_once("/azureml/curated/")?;
    find(name)
}

/// `docker.io/library/python:3.11@sha256:…` is `python:3.11`.
fn bare_image(reference: &str) -> String {
    let image = reference.trim();
    let image = image.split('@').next().unwrap_or(image);
    let image = ["docker.io/", "index.docker.io/", "registry.hub.docker.com/"]
        .iter()
        .find_map(|host| image.strip_prefix(host))
        .unwrap_or(image);
    image.strip_prefix("library/").unwrap_or(image).to_lowercase()
}

/// `*` in `pattern` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut ended = first.len() == pattern.len();
    for piece in pieces {
        if piece.is_empty() {
            ended = false;
            continue;
        }
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
        ended = true;
    }
    if pattern.ends_with('*') || !ended {
        true
    } else {
        rest.is_empty() || ends_again(pattern, text)
    }
}

/// The last piece may have been found too early (`*-gpu` in `a-gpu-b-gpu`).
fn ends_again(pattern: &str, text: &str) -> bool {
    pattern.contains('*')
        && pattern
            .rsplit('*')
            .next()
            .is_some_and(|last| text.ends_with(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_curated_name_finds_its_entry() {
        for reference in [
            "sklearn-1.5",
            "AzureML-sklearn-1.5",
            "azureml:AzureML-sklearn-1.5@latest",
            "AzureML-sklearn-1.5@latest",
            "azureml:AzureML-sklearn-1.5:12",
            "azureml://registries/azureml/environments/sklearn-1.5/labels/latest",
            "azureml://registries/azureml/environments/sklearn-1.5/versions/19",
        ] {
            assert_eq!(
                find(reference).map(|e| e.name.as_str()),
                Some("sklearn-1.5"),
                "{reference}"
            );
        }
    }

    #[test]
    fn older_names_find_the_entry_that_took_their_place() {
        for (reference, expected) in [
            (
                "AzureML-sklearn-1.0-ubuntu20.04-py38-cpu@latest",
                Some("sklearn-1.1"),
            ),
            (
                "azureml:AzureML-tensorflow-2.7-ubuntu20.04-py38-cuda11-gpu:4",
                Some("tensorflow-2.16-cuda12"),
            ),
            (
                "AzureML-ACPT-pytorch-1.13-py38-cuda11.7-gpu@latest",
                Some("acpt-pytorch-2.8-cuda12.6"),
            ),
            (
                "AzureML-lightgbm-3.2-ubuntu18.04-py37-cpu@latest",
                Some("lightgbm-3.3"),
            ),
            (
                "azureml://registries/somebody/environments/sklearn-1.5/versions/1",
                None,
            ),
            ("my-env:1", None),
            ("", None),
        ] {
            assert_eq!(find(reference).map(|e| e.name.as_str()), expected, "{reference}");
        }
    }

    #[test]
    fn images_tell_their_python() {
        for (reference, expected) in [
            ("python", Some("")),
            ("library/python:latest", Some("")),
            ("docker.io/python", Some("")),
            ("library/python:3.11.6", Some("3.11.6")),
            ("python:3.9-slim-bullseye", Some("3.9")),
            (
                "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04:latest",
                Some("3.8"),
            ),
            ("mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04", Some("3.10")),
            (
                "mcr.microsoft.com/azureml/minimal-py312-inference:latest",
                Some("3.12"),
            ),
            ("ghcr.io/somebody/thing:1", None),
        ] {
            assert_eq!(
                image(reference).map(|i| i.python).as_deref(),
                expected,
                "{reference}"
            );
        }
    }

    #[test]
    fn each_entry_can_be_read() {
        for entry in entries() {
            crate::version::Version::parse(&entry.python).unwrap();
            crate::pip::read(&entry.pip.join("\n"), &entry.name, None).unwrap();
            assert_eq!(find(&entry.name).unwrap().name, entry.name);
        }
    }

    #[test]
    fn patterns_match_whole_names() {
        for (pattern, text, expected) in [
            ("a*", "abc", true),
            ("a*c", "abc", true),
            ("a*c", "abcd", false),
            ("*-gpu", "a-gpu-b-gpu", true),
            ("a", "ab", false),
            ("a*b*c", "a-b-x", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
