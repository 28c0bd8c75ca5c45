//! Somebody.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Somebody who signs in (a Tidemill extension).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The name to sign in with.
    pub name: String,
    /// The name that people see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// An address; a sign-in by OIDC with this address, once proved, is this user's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Whether sign-in is shut.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
}
