//! References to assets: environments, components, data, models.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer};

use super::{RefError, text_reference};

/// Which version of an asset is meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum VersionRef {
    /// None is given.
    Unsaid,
    /// A version by name.
    Version(String),
    /// A label, such as `latest`.
    Label(String),
}

/// A reference to an asset.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum AssetRef {
    /// `azureml:name`, `azureml:name:version`, `azureml:name@label`.
    Named {
        /// The asset's name.
        name: String,
        /// Which version.
        version: VersionRef,
    },
    /// `azureml://registries/{registry}/{kind}/{name}/versions|labels/{version}`.
    Registry {
        /// The registry's name.
        registry: String,
        /// The plural of the kind, as in `environments`.
        kind: String,
        /// The asset's name.
        name: String,
        /// Which version.
        version: VersionRef,
    },
    /// A full id: `/subscriptions/…/workspaces/{workspace}/{kind}/{name}/versions/{version}`, or the
    /// `azureml://locations/…` and `azureml://subscriptions/…` forms of it.
    Id {
        /// The id as it was written, without `azureml:` before `/subscriptions`.
        id: String,
        /// The workspace's name or number.
        workspace: String,
        /// The plural of the kind, as in `data`.
        kind: String,
        /// The asset's name.
        name: String,
        /// Which version.
        version: VersionRef,
    },
}

impl AssetRef {
    /// The asset's name.
    pub fn name(&self) -> &str {
        match self {
            Self::Named { name, .. } | Self::Registry { name, .. } | Self::Id { name, .. } => name,
        }
    }

    /// Which version is meant.
    pub fn version(&self) -> &VersionRef {
        match self {
            Self::Named { version, .. } | Self::Registry { version, .. } | Self::Id { version, .. } => {
                version
            }
        }
    }

    /// A reference to a version of an asset of the same workspace.
    pub fn named(name: impl Into<String>, version: impl Into<String>) -> Self {
        Self::Named {
            name: name.into(),
            version: VersionRef::Version(version.into()),
        }
    }

    /// True where the text has the form of an asset reference.
    pub fn looks_like(text: &str) -> bool {
        text.starts_with("azureml:") && !text.starts_with("azureml://")
            || text.starts_with("azureml://registries/")
            || text.starts_with("azureml://locations/")
            || text.starts_with("/subscriptions/")
    }
}

impl FromStr for AssetRef {
    type Err = RefError;

    fn from_str(text: &str) -> Result<Self, RefError> {
        let text = text.trim();
        let short = text
            .strip_prefix("azureml:")
            .filter(|rest| !rest.starts_with("//"));
        if let Some(id) = short
            .filter(|rest| rest.starts_with('/'))
            .or(text.strip_prefix("/").map(|_| text))
        {
            return arm_id(id);
        }
        if let Some(rest) = text.strip_prefix("azureml://registries/") {
            return registry_id(text, rest);
        }
        if let Some(rest) = text.strip_prefix("azureml://") {
            return arm_id_from(text, rest);
        }
        match short {
            Some(rest) => named(text, rest),
            None => Err(RefError::new(
                format!("`{text}` is no reference to an asset"),
                "write `azureml:<name>:<version>` or `azureml:<name>@latest`",
            )),
        }
    }
}

fn named(text: &str, rest: &str) -> Result<AssetRef, RefError> {
    let (name, version) = if let Some((name, label)) = rest.split_once('@') {
        (name, VersionRef::Label(label.to_owned()))
    } else if let Some((name, version)) = rest.rsplit_once(':') {
        (name, VersionRef::Version(version.to_owned()))
    } else {
        (rest, VersionRef::Unsaid)
    };
    let empty = matches!(&version, VersionRef::Version(v) | VersionRef::Label(v) if v.is_empty());
    if name.is_empty() || empty || name.contains(['/', ' ', '@']) {
        return Err(RefError::new(
            format!("`{text}` is no reference to an asset"),
            "write `azureml:<name>:<version>` or `azureml:<name>@latest`",
        ));
    }
    Ok(AssetRef::Named {
        name: name.to_owned(),
        version,
    })
}

fn registry_id(text: &str, rest: &str) -> Result<AssetRef, RefError> {
    let parts: Vec<&str> = rest.trim_end_matches('/').split('/').collect();
    let (registry, kind, name, version) = match parts.as_slice() {
        [registry, kind, name] => (registry, kind, name, VersionRef::Unsaid),
        [registry, kind, name, "versions", version] => {
            (registry, kind, name, VersionRef::Version((*version).to_owned()))
        }
        [registry, kind, name, "labels", label] => {
            (registry, kind, name, VersionRef::Label((*label).to_owned()))
        }
        _ => return Err(bad_registry(text)),
    };
    if parts.iter().any(|part| part.is_empty() || *part == "..") {
        return Err(bad_registry(text));
    }
    Ok(AssetRef::Registry {
        registry: (*registry).to_owned(),
        kind: (*kind).to_lowercase(),
        name: (*name).to_owned(),
        version,
    })
}

fn bad_registry(text: &str) -> RefError {
    RefError::new(
        format!("`{text}` is no reference into a registry"),
        "write `azureml://registries/<registry>/environments/<name>/versions/<version>`, or `labels/latest`",
    )
}

fn arm_id(id: &str) -> Result<AssetRef, RefError> {
    arm_id_from(id, id.trim_start_matches('/'))
}

fn arm_id_from(text: &str, rest: &str) -> Result<AssetRef, RefError> {
    let parts: Vec<&str> = rest.trim_end_matches('/').split('/').collect();
    let bad = || {
        RefError::new(
            format!("`{text}` is no id of an asset"),
            "an id ends in `/workspaces/<workspace>/<kind>/<name>/versions/<version>`",
        )
    };
    let start = parts
        .iter()
        .position(|part| part.eq_ignore_ascii_case("workspaces"))
        .ok_or_else(bad)?;
    let (workspace, kind, name, version) = match &parts[start + 1..] {
        [workspace, kind, name] => (workspace, kind, name, VersionRef::Unsaid),
        [workspace, kind, name, "versions", version] => {
            (workspace, kind, name, VersionRef::Version((*version).to_owned()))
        }
        [workspace, kind, name, "labels", label] => {
            (workspace, kind, name, VersionRef::Label((*label).to_owned()))
        }
        _ => return Err(bad()),
    };
    if parts.iter().any(|part| part.is_empty() || *part == "..") {
        return Err(bad());
    }
    Ok(AssetRef::Id {
        id: text.to_owned(),
        workspace: (*workspace).to_owned(),
        kind: (*kind).to_lowercase(),
        name: (*name).to_owned(),
        version,
    })
}

impl fmt::Display for AssetRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named { name, version } => match version {
                VersionRef::Unsaid => write!(f, "azureml:{name}"),
                VersionRef::Version(version) => write!(f, "azureml:{name}:{version}"),
                VersionRef::Label(label) => write!(f, "azureml:{name}@{label}"),
            },
            Self::Registry {
                registry,
                kind,
                name,
                version,
            } => {
                write!(f, "azureml://registries/{registry}/{kind}/{name}")?;
                match version {
                    VersionRef::Unsaid => Ok(()),
                    VersionRef::Version(version) => write!(f, "/versions/{version}"),
                    VersionRef::Label(label) => write!(f, "/labels/{label}"),
                }
            }
            Self::Id { id, .. } => f.write_str(id),
        }
    }
}

impl<'de> Deserialize<'de> for AssetRef {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

text_reference!(
    AssetRef,
    "A reference to an asset: `azureml:name:version`, `azureml:name@label`, a registry or a full id"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_each_form_and_writes_it_back() {
        for text in [
            "azureml:cpu-env",
            "azureml:cpu-env:01",
            "azureml:AzureML-sklearn-1.5@latest",
            "azureml://registries/azureml/environments/sklearn-1.5/labels/latest",
            "azureml://registries/r/components/c/versions/0.0.1",
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/data/d/versions/3",
            "azureml://locations/eu/workspaces/w/models/m/versions/2",
        ] {
            let parsed: AssetRef = text.parse().expect(text);
            assert_eq!(parsed.to_string(), text);
        }
        let id: AssetRef = "azureml:/subscriptions/s/workspaces/w/data/d/versions/3"
            .parse()
            .expect("an id");
        assert_eq!((id.name(), id.version()), ("d", &VersionRef::Version("3".into())));
    }

    #[test]
    fn refuses_what_is_none() {
        for text in [
            "",
            "cpu-env",
            "azureml:",
            "azureml:x:",
            "azureml:x@",
            "azureml:a b:1",
            "azureml://registries/r",
            "azureml://registries/r/c/../versions/1",
        ] {
            assert!(text.parse::<AssetRef>().is_err(), "{text}");
        }
    }
}
