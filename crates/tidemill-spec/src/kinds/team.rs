//! Some principals together.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Principals that share roles (a Tidemill extension).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Team {
    /// The team's name.
    pub name: String,
    /// The name that people see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Who is in it: `user:ada`, `service-principal:ci`, or another team, `team:analysts`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<String>,
    /// Whoever signs in by OIDC with one of these claims is in it, too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<Claim>,
}

/// A claim of an ID token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// The claim's name, such as `groups`.
    pub claim: String,
    /// What it says, or holds among others.
    pub value: String,
}
