//! Secrets and the vault on the wire. A value goes in by [`SecretPut`], and comes out by [`SecretValue`] alone.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A secret, without its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Secret {
    /// Unique in the group.
    pub name: String,
    /// The group whose vault holds it.
    pub group: String,
    /// What it is for.
    pub description: Option<String>,
    /// The newest version, from 1.
    pub version: i64,
    /// UTC milliseconds.
    pub created_at: i64,
    /// UTC milliseconds.
    pub updated_at: i64,
    /// UTC milliseconds; a deleted secret can be restored.
    pub deleted_at: Option<i64>,
}

/// A new value for a secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SecretPut {
    /// The value: up to 64 KiB of text without a NUL character.
    pub value: String,
    /// What it is for; when not given, it stays.
    #[serde(default)]
    pub description: Option<String>,
}

impl std::fmt::Debug for SecretPut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretPut(***)")
    }
}

/// A version of a secret, without its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SecretVersion {
    /// 1, 2, 3, …
    pub version: i64,
    /// UTC milliseconds.
    pub created_at: i64,
    /// Who set it.
    pub created_by: String,
}

/// The value of a secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SecretValue {
    /// The secret.
    pub name: String,
    /// The version.
    pub version: i64,
    /// The value.
    pub value: String,
}

impl std::fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SecretValue({}, ***)", self.name)
    }
}

/// Which secrets are listed.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SecretQuery {
    /// Those that were deleted and can be restored, instead of those that are there.
    #[serde(default)]
    pub deleted: bool,
}

/// How a secret is deleted.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SecretDelete {
    /// For good, so that it cannot be restored.
    #[serde(default)]
    pub purge: bool,
}

/// Which version is meant.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SecretPick {
    /// The version; the newest when not given.
    pub version: Option<i64>,
}

/// What is known of the vault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Vault {
    /// Which master key wraps the keys of the groups; it says nothing about the key.
    pub master_key: String,
    /// Where the master key is: `file`, `given` or `service`.
    pub kept: String,
    /// The groups that have a key.
    pub groups: Vec<VaultGroup>,
}

/// A group that has a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VaultGroup {
    /// Its name.
    pub name: String,
    /// Since when the master key wraps its key, in UTC milliseconds.
    pub wrapped_at: i64,
}
