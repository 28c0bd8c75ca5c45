//! A datastore: a place where data lies.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Credentials;
use crate::de::tagged_union;

/// A datastore; the field `type` says which kind.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Datastore {
    /// A container of Azure Blob Storage.
    AzureBlob(AzureBlob),
    /// A share of Azure Files.
    AzureFile(AzureFile),
    /// Azure Data Lake, first generation.
    #[serde(rename = "azure_data_lake_gen1")]
    AzureDataLakeGen1(AzureDataLakeGen1),
    /// Azure Data Lake, second generation.
    #[serde(rename = "azure_data_lake_gen2")]
    AzureDataLakeGen2(AzureDataLakeGen2),
    /// OneLake of Microsoft Fabric.
    OneLake(OneLake),
    /// A folder that the server can reach (a Tidemill extension).
    LocalFolder(LocalFolder),
    /// A bucket that speaks S3 (a Tidemill extension).
    S3(S3),
    /// A bucket of Google Cloud Storage (a Tidemill extension).
    Gcs(Gcs),
    /// A web server, to read from (a Tidemill extension).
    Http(Http),
}

tagged_union!(Datastore, "a datastore", {
    "azure_blob" => AzureBlob, "azure_file" => AzureFile, "azure_data_lake_gen1" => AzureDataLakeGen1,
    "azure_data_lake_gen2" => AzureDataLakeGen2, "one_lake" => OneLake, "local_folder" => LocalFolder, "s3" => S3,
    "gcs" => Gcs, "http" => Http,
});

impl Datastore {
    /// The datastore's name.
    pub fn name(&self) -> &str {
        match self {
            Self::AzureBlob(store) => &store.name,
            Self::AzureFile(store) => &store.name,
            Self::AzureDataLakeGen1(store) => &store.name,
            Self::AzureDataLakeGen2(store) => &store.name,
            Self::OneLake(store) => &store.name,
            Self::LocalFolder(store) => &store.name,
            Self::S3(store) => &store.name,
            Self::Gcs(store) => &store.name,
            Self::Http(store) => &store.name,
        }
    }

    /// How to sign in, where the kind signs in and something is given.
    pub fn credentials(&self) -> Option<&Credentials> {
        match self {
            Self::AzureBlob(store) => store.credentials.as_ref(),
            Self::AzureFile(store) => store.credentials.as_ref(),
            Self::AzureDataLakeGen1(store) => store.credentials.as_ref(),
            Self::AzureDataLakeGen2(store) => store.credentials.as_ref(),
            Self::OneLake(store) => store.credentials.as_ref(),
            Self::S3(store) => store.credentials.as_ref(),
            Self::Gcs(store) => store.credentials.as_ref(),
            Self::LocalFolder(_) | Self::Http(_) => None,
        }
    }
}

/// A container of Azure Blob Storage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AzureBlob {
    /// The datastore's name.
    pub name: String,
    /// What it is for.
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
    /// The storage account.
    pub account_name: String,
    /// The container.
    pub container_name: String,
    /// The storage endpoint: a domain such as `core.windows.net`, or a whole URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The protocol: `https` where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
    /// How to sign in; none where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<Credentials>,
}

/// A share of Azure Files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AzureFile {
    /// The datastore's name.
    pub name: String,
    /// What it is for.
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
    /// The storage account.
    pub account_name: String,
    /// The share.
    pub file_share_name: String,
    /// The storage endpoint: a domain such as `core.windows.net`, or a whole URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The protocol: `https` where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
    /// How to sign in; none where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<Credentials>,
}

/// Azure Data Lake, first generation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AzureDataLakeGen1 {
    /// The datastore's name.
    pub name: String,
    /// What it is for.
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
    /// The store.
    pub store_name: String,
    /// How to sign in; none where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<Credentials>,
}

/// Azure Data Lake, second generation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AzureDataLakeGen2 {
    /// The datastore's name.
    pub name: String,
    /// What it is for.
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
    /// The storage account.
    pub account_name: String,
    /// The file system.
    pub filesystem: String,
    /// The storage endpoint: a domain such as `core.windows.net`, or a whole URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The protocol: `https` where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
    /// How to sign in; none where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<Credentials>,
}

/// OneLake of Microsoft Fabric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OneLake {
    /// The datastore's name.
    pub name: String,
    /// What it is for.
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
    /// The workspace of Fabric.
    pub one_lake_workspace_name: String,
    /// The endpoint.
    pub endpoint: String,
    /// The lake house.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact: Option<OneLakeArtifact>,
    /// How to sign in; none where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<Credentials>,
}

/// A lake house.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OneLakeArtifact {
    /// Its name.
    pub name: String,
    /// What it is.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<OneLakeArtifactType>,
}

/// What an artifact of OneLake is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OneLakeArtifactType {
    /// A lake house.
    LakeHouse,
}

/// A folder that the server can reach.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LocalFolder {
    /// The datastore's name.
    pub name: String,
    /// What it is for.
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
    /// The folder; one that is relative starts from the file that names it.
    #[serde(deserialize_with = "crate::de::with::place")]
    pub path: std::path::PathBuf,
}

/// A bucket that speaks S3.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct S3 {
    /// The datastore's name.
    pub name: String,
    /// What it is for.
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
    /// The bucket.
    pub bucket: String,
    /// The server's URL; Amazon's where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The region; `us-east-1` where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The folder in the bucket that paths start from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// The bucket is part of the path, not of the host's name; true where an endpoint is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_style: Option<bool>,
    /// How to sign in; none where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<Credentials>,
}

/// A bucket of Google Cloud Storage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gcs {
    /// The datastore's name.
    pub name: String,
    /// What it is for.
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
    /// The bucket.
    pub bucket: String,
    /// The server's URL; Google's where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The folder in the bucket that paths start from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// How to sign in; none where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<Credentials>,
}

/// A web server, to read from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// The datastore's name.
    pub name: String,
    /// What it is for.
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
    /// The URL that paths start from.
    pub url: String,
}
