//! As whom a job or a resource acts.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::de::{folded, tagged_union};

/// As whom a job acts; the field `type` says which kind.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Identity {
    /// A managed identity.
    Managed(ManagedIdentity),
    /// The token of the workspace.
    AmlToken(AmlTokenIdentity),
    /// Whoever submits the job.
    UserIdentity(UserIdentity),
}

tagged_union!(Identity, "an identity", {
    "managed" => Managed, "managed_identity" => Managed, "aml_token" => AmlToken, "user_identity" => UserIdentity,
});

/// A managed identity.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ManagedIdentity {
    /// Its client id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Its object id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object_id: Option<String>,
    /// Its full id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub msi_resource_id: Option<String>,
}

/// The token of the workspace.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AmlTokenIdentity {}

/// Whoever submits the job.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UserIdentity {}

/// As whom a compute or a workspace acts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResourceIdentity {
    /// Which kinds.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub identity_type: Option<ResourceIdentityType>,
    /// The identities that a user has assigned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub user_assigned_identities: Vec<UserAssignedIdentity>,
}

/// Which kinds of identity a resource has: `none`, `system_assigned`, `user_assigned`, or both with a comma.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourceIdentityType {
    /// None.
    None,
    /// Its own.
    SystemAssigned,
    /// Those a user has assigned.
    UserAssigned,
    /// Both.
    Both,
}

impl fmt::Display for ResourceIdentityType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::SystemAssigned => "system_assigned",
            Self::UserAssigned => "user_assigned",
            Self::Both => "system_assigned,user_assigned",
        })
    }
}

impl<'de> Deserialize<'de> for ResourceIdentityType {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        let mut words: Vec<String> = text.split(',').map(folded).collect();
        words.sort();
        match words.join(",").as_str() {
            "none" => Ok(Self::None),
            "systemassigned" => Ok(Self::SystemAssigned),
            "userassigned" => Ok(Self::UserAssigned),
            "systemassigned,userassigned" => Ok(Self::Both),
            _ => Err(serde::de::Error::custom(format!(
                "unknown value `{text}`\npossible values: `system_assigned`, `user_assigned`, `system_assigned,user_assigned`, `none`"
            ))),
        }
    }
}

crate::refs::text_reference!(
    ResourceIdentityType,
    "`none`, `system_assigned`, `user_assigned`, or `system_assigned,user_assigned`"
);

/// An identity that a user has assigned.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UserAssignedIdentity {
    /// Its principal id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal_id: Option<String>,
    /// Its client id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Its full id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<String>,
}
