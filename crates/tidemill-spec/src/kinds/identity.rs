//! As whom a job or a resource acts.

use std::fmt;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::de::{MapAccess, SeqAccess, Visitor};
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
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "assigned")]
    #[schemars(with = "Assigned")]
    pub user_assigned_identities: Vec<UserAssignedIdentity>,
}

/// Identities as they are written: a list, or a map from their full ids, as Azure Resource Manager writes it.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum Assigned {
    List(Vec<UserAssignedIdentity>),
    ById(IndexMap<String, Option<UserAssignedIdentity>>),
}

fn assigned<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<UserAssignedIdentity>, D::Error> {
    d.deserialize_any(AssignedVisitor)
}

struct AssignedVisitor;

impl<'de> Visitor<'de> for AssignedVisitor {
    type Value = Vec<UserAssignedIdentity>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of identities, or a map from their full ids")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some(identity) = items.next_element()? {
            all.push(identity);
        }
        Ok(all)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some((id, known)) = items.next_entry::<String, Option<UserAssignedIdentity>>()? {
            all.push(UserAssignedIdentity {
                resource_id: Some(id),
                ..known.unwrap_or_default()
            });
        }
        Ok(all)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_are_a_list_or_a_map_from_their_ids() {
        let read = |text: &str| {
            let identity: ResourceIdentity = serde_json::from_str(text).expect(text);
            let ids = identity.user_assigned_identities.into_iter();
            ids.filter_map(|identity| identity.resource_id)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            read(r#"{"user_assigned_identities": [{"resource_id": "a"}]}"#),
            ["a"]
        );
        assert_eq!(
            read(r#"{"user_assigned_identities": {"a": {}, "b": null}}"#),
            ["a", "b"]
        );
        assert!(read(r#"{"user_assigned_identities": null}"#).is_empty());
        let wrong = r#"{"user_assigned_identities": "a"}"#;
        assert!(serde_json::from_str::<ResourceIdentity>(wrong).is_err());
    }
}
