//! A program that signs in.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A program that signs in, with a secret or with a token that its own platform signed (a Tidemill extension).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServicePrincipal {
    /// Its name.
    pub name: String,
    /// The name that people see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether sign-in is shut.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
    /// Whose signed tokens it may sign in with: then no secret has to be kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub federated: Vec<Federated>,
}

/// A token that another platform signs, such as a CI job's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Federated {
    /// Who signs it: the address below which `.well-known/openid-configuration` lies.
    pub issuer: String,
    /// For whom it is: its `aud`.
    pub audience: String,
    /// Its `sub`, exactly; or its beginning, with `*` after a `:` or `/`.
    pub subject: String,
    /// Further claims that it has to have, exactly, such as `ref: refs/heads/main`.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub claims: IndexMap<String, String>,
}
