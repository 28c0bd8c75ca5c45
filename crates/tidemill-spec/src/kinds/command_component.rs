//! A component of one command.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    AutoDeleteSetting, ComponentInput, ComponentOutput, Distribution, EnvironmentRef, QueueSettings,
    Resources,
};
use crate::refs::CodeRef;

/// A component of one command.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CommandComponent {
    /// The component's name; needed unless it is written inside a step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A full id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The version; counted up where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
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
    /// The name that people see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// When it is deleted by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_delete_setting: Option<AutoDeleteSetting>,
    /// The same inputs give the same outputs, so that a finished step may be used again; true where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_deterministic: Option<bool>,
    /// What goes in.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub inputs: IndexMap<String, ComponentInput>,
    /// What comes out.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub outputs: IndexMap<String, ComponentOutput>,
    /// Facts about it.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub properties: IndexMap<String, serde_json::Value>,
    /// What runs, in bash; expressions such as `${{inputs.x}}` and `$[[--x ${{inputs.x}}]]` are filled in.
    pub command: String,
    /// The folder or file that is laid into the working directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<CodeRef>,
    /// Files and folders that are laid beside the code. Empty once the code was uploaded: the tree has them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub additional_includes: Vec<CodeRef>,
    /// The software that it runs in.
    pub environment: EnvironmentRef,
    /// Variables that the command sees.
    #[serde(
        default,
        deserialize_with = "crate::de::with::text_map",
        skip_serializing_if = "IndexMap::is_empty"
    )]
    #[schemars(with = "IndexMap<String, Option<crate::value::Literal>>")]
    pub environment_variables: IndexMap<String, String>,
    /// How many machines, and of what size.
    #[serde(
        default,
        deserialize_with = "crate::de::with::open_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub resources: Option<Resources>,
    /// How several processes work together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distribution: Option<Distribution>,
    /// How it waits for its turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue_settings: Option<QueueSettings>,
}
