//! Which datastore is meant.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer};

use super::{RefError, text_reference};

/// A datastore by name: `azureml:name`, `azureml://datastores/name`, a full id, or the bare name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DatastoreRef(pub String);

impl DatastoreRef {
    /// The datastore's name.
    pub fn name(&self) -> &str {
        &self.0
    }
}

impl FromStr for DatastoreRef {
    type Err = RefError;

    fn from_str(text: &str) -> Result<Self, RefError> {
        let text = text.trim();
        let bare = text
            .strip_prefix("azureml://datastores/")
            .or(text.strip_prefix("azureml:"))
            .unwrap_or(text);
        let bare = bare.trim_end_matches('/');
        let name = if bare.starts_with("/subscriptions/") {
            bare.rsplit('/').next().unwrap_or_default()
        } else {
            bare
        };
        if name.is_empty() || name.contains(['/', ':', ' ', '\0', '\n']) || name == ".." {
            return Err(RefError::new(
                format!("`{text}` is no reference to a datastore"),
                "write `azureml:<name>`",
            ));
        }
        Ok(Self(name.to_owned()))
    }
}

impl fmt::Display for DatastoreRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "azureml:{}", self.0)
    }
}

impl<'de> Deserialize<'de> for DatastoreRef {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

text_reference!(DatastoreRef, "`azureml:<name>` of a datastore");
