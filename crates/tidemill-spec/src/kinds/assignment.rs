//! Who has which role where.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A role that is given to a principal at a place (a Tidemill extension).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Assignment {
    /// A word to find it by; made of what it says when nothing is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// To whom: `user:ada`, `team:analysts` or `service-principal:ci`; a bare name is a user's.
    pub principal: String,
    /// Which role.
    pub role: String,
    /// Where: `/`, `/groups/{group}`, `/workspaces/{workspace}`, or one thing in it.
    pub scope: String,
}
