//! How long versions of data are kept, as it travels.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How long the versions of a data asset are kept. A version that either rule keeps stays; what is used stays in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RetentionSpec {
    /// So many of the newest versions stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_versions: Option<u32>,
    /// Versions younger than so many days stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_days: Option<u32>,
    /// For so many days a version that was taken out can be brought back; 7 where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grace_days: Option<u32>,
}

/// The rule of a data asset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Retention {
    /// The data asset.
    pub data: String,
    /// The rule.
    #[serde(flatten)]
    pub spec: RetentionSpec,
    /// Who set it.
    pub set_by: String,
    /// UTC milliseconds.
    pub updated_at: i64,
}

/// What retention would do, or did, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RetentionPlan {
    /// The data asset.
    pub data: String,
    /// The rule.
    pub rule: RetentionSpec,
    /// Every version, the newest first.
    pub versions: Vec<VersionFate>,
    /// What goes for good.
    pub frees: Freed,
}

/// What becomes of a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VersionFate {
    /// The version.
    pub version: String,
    /// `keep`; `remove`: it is taken out now, and can be brought back until `due_at`; `removed`: it has been; `free`: its time is over,
    /// and it goes for good.
    pub fate: String,
    /// Why it stays, each thing that uses it by name; or why it goes.
    pub reasons: Vec<String>,
    /// Made at: UTC milliseconds.
    pub created_at: i64,
    /// Bytes of its files.
    pub size_bytes: Option<i64>,
    /// Its files are a copy of the server's own, whose bytes are freed; those in a datastore stay where they are.
    pub is_copy: bool,
    /// When it goes for good: UTC milliseconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub due_at: Option<i64>,
}

/// What goes for good.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Freed {
    /// Versions.
    pub versions: u64,
    /// Packs and blobs that nothing else names.
    pub objects: u64,
    /// Bytes on the server's disk.
    pub bytes: u64,
}

/// Which version is brought back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RetentionRestore {
    /// The version.
    pub version: String,
}
