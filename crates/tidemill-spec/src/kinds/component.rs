//! A component: a step that can be used again.

use schemars::JsonSchema;
use serde::de::VariantAccess;
use serde::{Deserialize, Deserializer, Serialize};

use super::{CommandComponent, PipelineComponent, refused};
use crate::de::{Shape, Shaped, deserialize_shaped, tagged_union};
use crate::refs::AssetRef;

/// A component; the field `type` says which kind.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Component {
    /// One command.
    Command(Box<CommandComponent>),
    /// A graph of steps.
    Pipeline(Box<PipelineComponent>),
}

tagged_union!(
    Component, "a component", { "command" => Command, "pipeline" => Pipeline }, default "command", refuse refused::component
);

impl Component {
    /// The name that is given, if any.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Command(component) => component.name.as_deref(),
            Self::Pipeline(component) => component.name.as_deref(),
        }
    }

    /// The version that is given, if any.
    pub fn version(&self) -> Option<&str> {
        match self {
            Self::Command(component) => component.version.as_deref(),
            Self::Pipeline(component) => component.version.as_deref(),
        }
    }

    /// What goes in.
    pub fn inputs(&self) -> &indexmap::IndexMap<String, super::ComponentInput> {
        match self {
            Self::Command(component) => &component.inputs,
            Self::Pipeline(component) => &component.inputs,
        }
    }

    /// What comes out.
    pub fn outputs(&self) -> &indexmap::IndexMap<String, super::ComponentOutput> {
        match self {
            Self::Command(component) => &component.outputs,
            Self::Pipeline(component) => &component.outputs,
        }
    }
}

/// A component that a step or a job names: by reference, or written out (a file that is named is written out by loading).
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum ComponentRef {
    /// A registered component.
    Reference(AssetRef),
    /// The component itself.
    Inline(Component),
}

impl ComponentRef {
    /// The component, where it is written out.
    pub fn inline(&self) -> Option<&Component> {
        match self {
            Self::Inline(component) => Some(component),
            Self::Reference(_) => None,
        }
    }
}

impl<'de> Deserialize<'de> for ComponentRef {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        deserialize_shaped(d)
    }
}

impl<'de> Shaped<'de> for ComponentRef {
    const EXPECTED: &'static str =
        "a component: `azureml:<name>:<version>`, a file such as `./component.yml`, or a map";

    fn from_shape<A: VariantAccess<'de>>(shape: Shape, content: A) -> Result<Option<Self>, A::Error> {
        match shape {
            Shape::Text => content
                .newtype_variant()
                .map(|reference| Some(Self::Reference(reference))),
            Shape::Map => content
                .newtype_variant()
                .map(|component| Some(Self::Inline(component))),
            _ => Ok(None),
        }
    }
}

/// When a version of an asset is deleted by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AutoDeleteSetting {
    /// How long, as in `30d`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Counted from what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<AutoDeleteCondition>,
}

/// What the time of an [`AutoDeleteSetting`] is counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AutoDeleteCondition {
    /// From its creation.
    CreatedGreaterThan,
    /// From its last use.
    LastAccessedGreaterThan,
}
