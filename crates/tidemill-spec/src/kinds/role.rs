//! A role of one's own.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A role in Azure's form. Azure's JSON of a custom role reads as it is; actions that have no counterpart here are told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// The role's name.
    #[serde(alias = "Name", alias = "roleName", alias = "RoleName")]
    pub name: String,
    /// What it is for.
    #[serde(default, alias = "Description", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What it lets do, such as `jobs/write`; `*` stands for any text.
    #[serde(default, alias = "Actions")]
    pub actions: Vec<String>,
    /// What of `actions` it does not let do.
    #[serde(default, rename = "notActions", alias = "NotActions", alias = "not_actions")]
    pub not_actions: Vec<String>,
    /// What it lets do with bytes, such as `datastores/files/read`.
    #[serde(
        default,
        rename = "dataActions",
        alias = "DataActions",
        alias = "data_actions"
    )]
    pub data_actions: Vec<String>,
    /// What of `dataActions` it does not let do.
    #[serde(
        default,
        rename = "notDataActions",
        alias = "NotDataActions",
        alias = "not_data_actions"
    )]
    pub not_data_actions: Vec<String>,
    /// Where it may be given: `/`, `/groups/{group}`, `/workspaces/{workspace}`; `/` when nothing is said.
    #[serde(
        default,
        rename = "assignableScopes",
        alias = "AssignableScopes",
        alias = "assignable_scopes"
    )]
    pub assignable_scopes: Vec<String>,
    /// Azure's mark of a custom role: every written one is.
    #[serde(
        default,
        rename = "isCustom",
        alias = "IsCustom",
        skip_serializing_if = "Option::is_none"
    )]
    pub is_custom: Option<bool>,
    /// Azure's id, which has no meaning here.
    #[serde(default, rename = "id", alias = "Id", skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}
