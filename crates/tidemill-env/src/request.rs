//! What somebody asks for: the input of this crate, whatever YAML or API it came from.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::lock::Platform;

/// What to do where a specification cannot be followed to the letter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// Fail, naming what is missing.
    #[default]
    Exact,
    /// Take the nearest thing, and write down each change.
    Relaxed,
}

/// A folder with a Dockerfile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildContext {
    /// The folder.
    pub path: PathBuf,
    /// The Dockerfile in it, relative; `Dockerfile` where it is empty.
    #[serde(default)]
    pub dockerfile_path: String,
}

/// Where Python packages come from, beyond what pip's configuration of this machine says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexOptions {
    /// Replaces the default index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index_url: Option<String>,
    /// Further indexes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extra_index_urls: Vec<String>,
    /// Folders or pages with wheels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub find_links: Vec<String>,
    /// Ask no index at all.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub no_index: bool,
    /// Take pre-releases too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub prerelease: bool,
}

impl IndexOptions {
    /// Adds what `other` says; its index wins.
    pub fn merge(&mut self, other: &Self) {
        let Self {
            index_url,
            extra_index_urls,
            find_links,
            no_index,
            prerelease,
        } = other;
        if index_url.is_some() {
            self.index_url.clone_from(index_url);
        }
        for url in extra_index_urls {
            if !self.extra_index_urls.contains(url) {
                self.extra_index_urls.push(url.clone());
            }
        }
        for place in find_links {
            if !self.find_links.contains(place) {
                self.find_links.push(place.clone());
            }
        }
        self.no_index |= no_index;
        self.prerelease |= prerelease;
    }
}

impl IndexOptions {
    fn places(&self) -> impl Iterator<Item = &String> {
        self.index_url
            .iter()
            .chain(&self.extra_index_urls)
            .chain(&self.find_links)
    }

    /// Hosts of these places that a message complains of.
    pub(crate) fn silent_hosts(&self, message: &str) -> Vec<String> {
        let mut hosts: Vec<String> = self.places().filter_map(|place| host(place)).collect();
        hosts.retain(|host| {
            message.contains(&format!("://{host}/")) || message.contains(&format!("@{host}/"))
        });
        hosts.sort();
        hosts.dedup();
        hosts
    }

    /// Removes the places of a host.
    pub(crate) fn leave_out(&mut self, silent: &str) {
        let stays = |place: &String| host(place).as_deref() != Some(silent);
        self.index_url = self.index_url.take().filter(stays);
        self.extra_index_urls.retain(stays);
        self.find_links.retain(stays);
    }
}

/// Host and port of a URL.
fn host(place: &str) -> Option<String> {
    let (_, rest) = place.split_once("://")?;
    let authority = rest.split('/').next()?;
    let host = authority.rsplit('@').next()?;
    (!host.is_empty()).then(|| host.to_owned())
}

/// An environment as somebody asks for it. Fields that are `None` are not asked for; nothing at all
/// means a plain Python.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvironmentRequest {
    /// A curated name (see [`crate::catalogue::find`]) where nothing else is given; otherwise what the
    /// environment is called.
    #[serde(default)]
    pub name: Option<String>,
    /// A container image.
    #[serde(default)]
    pub image: Option<String>,
    /// The content of a conda file: a mapping, or its text as a string.
    #[serde(default)]
    pub conda: Option<serde_json::Value>,
    /// The content of a pip requirements file.
    #[serde(default)]
    pub pip_requirements: Option<String>,
    /// A Docker build context.
    #[serde(default)]
    pub build_context: Option<BuildContext>,
    /// What to do where this cannot be followed to the letter.
    #[serde(default)]
    pub policy: Policy,
    /// The platform that it is for; `None` is this machine.
    #[serde(default)]
    pub platform: Option<Platform>,
    /// Where packages come from.
    #[serde(default)]
    pub index: IndexOptions,
    /// Resolve again, although this was resolved before.
    #[serde(default)]
    pub refresh: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_does_not_answer_can_be_left_out() {
        let mut index = IndexOptions {
            extra_index_urls: vec![
                "https://user:secret@far.example/simple".into(),
                "https://near.example/simple".into(),
            ],
            find_links: vec!["/wheels".into(), "https://far.example/page.html".into()],
            ..IndexOptions::default()
        };
        assert_eq!(
            index.silent_hosts("Failed to fetch: https://far.example/simple/six/"),
            ["far.example"]
        );
        index.leave_out("far.example");
        assert_eq!(index.extra_index_urls, ["https://near.example/simple"]);
        assert_eq!(index.find_links, ["/wheels"]);
    }
}
