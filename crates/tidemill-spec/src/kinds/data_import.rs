//! Data that a schedule brings in from where it is kept, as Azure writes it: what `tidemill data import` takes, too.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Data that is brought in, as the next version each time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DataImport {
    /// The data asset.
    pub name: String,
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
    /// `uri_folder` or `mltable` of a database, `uri_file` of a file.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub data_type: Option<String>,
    /// The folder in a datastore; each version has a folder of its own in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Where it comes from.
    pub source: ImportSource,
}

/// Where data comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ImportSource {
    /// A query of a SQL database.
    Database {
        /// `azureml:` and the secret that holds the address, or the address with its password in the vault.
        connection: String,
        /// One SELECT.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        query: Option<String>,
        /// A table, in the place of a query.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        table_name: Option<String>,
        /// A column that orders the rows and is in each of them once (a Tidemill extension).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
    },
    /// One file of a web server (a Tidemill extension).
    Http {
        /// Its address.
        url: String,
        /// Headers to send; values may name secrets.
        #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
        headers: IndexMap<String, String>,
    },
}
