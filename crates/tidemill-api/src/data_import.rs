//! Bringing data in: what travels. The fields are those of Azure's YAML for data imports.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Data that is to be brought in as a version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DataImportSpec {
    /// The data asset.
    pub name: String,
    /// Its version; counted up where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Words to find it by.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    #[schema(value_type = std::collections::HashMap<String, String>)]
    pub tags: IndexMap<String, String>,
    /// `uri_folder` or `mltable` of a database, `uri_file` of a file.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub data_type: Option<String>,
    /// The folder in a datastore, such as `azureml://datastores/workspaceblobstore/paths/flights/${{name}}`. Each version has a folder
    /// of its own in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Where it comes from.
    pub source: ImportSource,
}

/// Where data comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ImportSource {
    /// A query of a SQL database.
    Database {
        /// The address, `postgresql://user:${{secrets.NAME}}@host:5432/database`, or `azureml:NAME`: the secret of that name holds it.
        connection: String,
        /// One SELECT.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        query: Option<String>,
        /// A table, in the place of a query.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        table_name: Option<String>,
        /// A column that orders the rows and is in each of them once: an import that broke goes on behind it (a Tidemill extension).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
    },
    /// One file of a web server (a Tidemill extension).
    Http {
        /// Its address.
        url: String,
        /// Headers to send; values may name secrets.
        #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
        #[schema(value_type = std::collections::HashMap<String, String>)]
        headers: IndexMap<String, String>,
    },
}
