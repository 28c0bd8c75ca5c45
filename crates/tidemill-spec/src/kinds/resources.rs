//! How many machines a command needs, and of what size.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::de::{Error, VariantAccess};
use serde::{Deserialize, Deserializer, Serialize};

use crate::de::{Shape, Shaped, deserialize_shaped};
use crate::value::{ByteSize, CpuAmount};

/// How many machines a command needs, and of what size. In a component, unknown fields are kept in `extra`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Resources {
    /// How many machines; 1 where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_count: Option<u32>,
    /// The size of a machine, by its name in the cloud.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_type: Option<String>,
    /// Settings of the compute.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<String, serde_json::Value>,
    /// Regions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub locations: Vec<String>,
    /// The size of shared memory in a container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shm_size: Option<String>,
    /// The greatest number of machines, for jobs that can grow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_instance_count: Option<u32>,
    /// Arguments of `docker run`; `-m` and `--memory` limit memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub docker_args: Option<DockerArgs>,
    /// The greatest amount of memory a machine may give the command (a Tidemill extension).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<ByteSize>,
    /// Cores that the command needs on each machine (a Tidemill extension).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<CpuAmount>,
    /// GPUs that the command needs on each machine (a Tidemill extension).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpu: Option<u32>,
    /// Fields that are not known, as they were written.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub extra: BTreeMap<String, serde_json::Value>,
}

impl Resources {
    /// The memory limit: `memory`, or `-m`/`--memory` of `docker_args`.
    pub fn memory_limit(&self) -> Option<ByteSize> {
        self.memory
            .or_else(|| self.docker_args.as_ref().and_then(DockerArgs::memory))
    }
}

/// Arguments of `docker run`, one word each; written as one text or as a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct DockerArgs(pub Vec<String>);

impl DockerArgs {
    /// What `-m`, `--memory` says.
    pub fn memory(&self) -> Option<ByteSize> {
        self.memory_at().and_then(|(_, size)| size)
    }

    /// The words that are not about memory.
    pub fn others(&self) -> Vec<&str> {
        let skip = self.memory_at().map_or(0..0, |(range, _)| range);
        self.0
            .iter()
            .enumerate()
            .filter(|(place, _)| !skip.contains(place))
            .map(|(_, word)| word.as_str())
            .collect()
    }

    fn memory_at(&self) -> Option<(std::ops::Range<usize>, Option<ByteSize>)> {
        self.0.iter().enumerate().find_map(|(place, word)| {
            let (value, length) = match word.as_str() {
                "-m" | "--memory" => (self.0.get(place + 1)?.as_str(), 2),
                word => match word.strip_prefix("--memory=") {
                    Some(value) => (value, 1),
                    None => {
                        let value = word.strip_prefix("-m")?;
                        (value.strip_prefix('=').unwrap_or(value), 1)
                    }
                },
            };
            Some((place..place + length, ByteSize::from_docker(value)))
        })
    }
}

impl<'de> Deserialize<'de> for DockerArgs {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        deserialize_shaped(d)
    }
}

impl<'de> Shaped<'de> for DockerArgs {
    const EXPECTED: &'static str = "arguments of `docker run`, as a text or a list";

    fn from_shape<A: VariantAccess<'de>>(shape: Shape, content: A) -> Result<Option<Self>, A::Error> {
        let words = match shape {
            Shape::Text => {
                let text: String = content.newtype_variant()?;
                text.split_whitespace().map(str::to_owned).collect()
            }
            Shape::List => content.newtype_variant::<Vec<String>>()?,
            _ => return Ok(None),
        };
        let args = Self(words);
        match args.memory_at() {
            Some((_, None)) => Err(A::Error::custom(
                "the amount of memory in `docker_args` cannot be read\nwrite it like `--memory 512m` or `-m 2g`",
            )),
            _ => Ok(Some(args)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> DockerArgs {
        DockerArgs(text.split(' ').map(str::to_owned).collect())
    }

    #[test]
    fn memory_is_found_in_docker_arguments() {
        for text in [
            "-m 512m --ipc=host",
            "--memory 512m --ipc=host",
            "--ipc=host --memory=512m",
            "-m512m --ipc=host",
        ] {
            assert_eq!(words(text).memory(), Some(ByteSize(512 << 20)), "{text}");
            assert_eq!(words(text).others(), ["--ipc=host"], "{text}");
        }
        assert_eq!(words("--ipc=host").memory(), None);
    }
}
