//! A data asset.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::AutoDeleteSetting;
use crate::refs::{DataPath, DatastoreRef};

/// A version of a data asset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// The asset's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A full id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The version; counted up where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Words to find it by.
    #[serde(
        default,
        deserialize_with = "crate::de::with::text_map",
        skip_serializing_if = "IndexMap::is_empty"
    )]
    #[schemars(with = "IndexMap<String, Option<crate::value::Literal>>")]
    pub tags: IndexMap<String, String>,
    /// When it is deleted by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_delete_setting: Option<AutoDeleteSetting>,
    /// The datastore that local data is uploaded to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub datastore: Option<DatastoreRef>,
    /// Where it lies.
    pub path: DataPath,
    /// What it is; a folder where it is not given.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub data_type: Option<DataType>,
    /// Data in a datastore is copied, so that this version can be restored (a Tidemill extension).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<bool>,
}

/// What a data asset is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DataType {
    /// A file.
    UriFile,
    /// A folder.
    #[default]
    UriFolder,
    /// A table.
    Mltable,
}

impl DataType {
    /// The word in YAML.
    pub fn word(self) -> &'static str {
        match self {
            Self::UriFile => "uri_file",
            Self::UriFolder => "uri_folder",
            Self::Mltable => "mltable",
        }
    }
}
