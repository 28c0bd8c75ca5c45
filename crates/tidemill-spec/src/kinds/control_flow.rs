//! Steps that steer others: a choice, a loop that runs until a condition is false, a loop over items.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::de::VariantAccess;
use serde::{Deserialize, Deserializer, Serialize};

use super::{Input, OneOrMany, Output};
use crate::de::{Shape, Shaped, deserialize_shaped};
use crate::value::Literal;

/// Runs the steps of one of two blocks; those of the other one are skipped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IfElseNode {
    /// `true`, `false`, an output of a step that holds one of them, or an input of the pipeline.
    pub condition: Literal,
    /// The steps that run where the condition is true: `${{parent.jobs.<step>}}`, one or a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub true_block: Option<OneOrMany<String>>,
    /// The steps that run where it is false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub false_block: Option<OneOrMany<String>>,
    /// A remark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The name that people see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
}

impl IfElseNode {
    /// Both blocks: their field, whether they run where the condition is true, and what they name.
    pub fn blocks(&self) -> impl Iterator<Item = (&'static str, bool, &[String])> {
        [
            ("true_block", true, names_of(self.true_block.as_ref())),
            ("false_block", false, names_of(self.false_block.as_ref())),
        ]
        .into_iter()
    }
}

fn names_of(block: Option<&OneOrMany<String>>) -> &[String] {
    block.map_or(&[], |names| &names.0)
}

/// Runs a step again and again, until the condition is false or the limit is reached.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DoWhileNode {
    /// The step that is repeated: `${{parent.jobs.<step>}}`.
    pub body: String,
    /// The output of the body that says whether there is another turn. Without it the limit alone ends the loop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// Outputs of a turn, and the inputs of the next one that they become.
    pub mapping: IndexMap<String, OneOrMany<String>>,
    /// How many turns there may be.
    pub limits: DoWhileLimits,
    /// A remark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The name that people see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
}

impl DoWhileNode {
    /// The most turns that a loop may have.
    pub const MOST_TURNS: u32 = 1000;

    /// The output that is the condition: its name, or a binding to an output of the body.
    pub fn condition_output(&self) -> Option<&str> {
        let text = self.condition.as_deref()?;
        let Some(inner) = inside(text) else {
            return Some(text);
        };
        let rest = inner.strip_prefix("parent.jobs.")?;
        rest.strip_prefix(step_of(&self.body)?)?.strip_prefix(".outputs.")
    }
}

/// How many turns a loop may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DoWhileLimits {
    /// At most 1,000.
    pub max_iteration_count: u32,
}

/// Runs a step once for each item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ParallelForNode {
    /// The step that runs: `${{parent.jobs.<step>}}`.
    pub body: String,
    /// The inputs of each turn: a list or a map of them, or the same as JSON.
    pub items: Items,
    /// How many turns run at once; all where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_concurrency: Option<u32>,
    /// What all turns give together; not supported yet.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub outputs: IndexMap<String, Output>,
    /// A remark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The name that people see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
}

/// Inputs by name, for one turn.
pub type Item = IndexMap<String, Input>;

/// The items of a loop.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Items {
    /// In order.
    List(Vec<Item>),
    /// By name.
    Map(IndexMap<String, Item>),
    /// JSON, or a binding to an input of the pipeline that holds it.
    Text(String),
}

impl Items {
    /// The items with the names of their turns; `Err` says what is wrong with their JSON, or gives the binding back.
    ///
    /// # Errors
    /// The text is no JSON of items.
    pub fn named(&self) -> Result<Vec<(String, Item)>, String> {
        match self {
            Self::List(items) => Ok(items
                .iter()
                .enumerate()
                .map(|(at, item)| (at.to_string(), item.clone()))
                .collect()),
            Self::Map(items) => Ok(items.clone().into_iter().collect()),
            Self::Text(text) => match serde_json::from_str(text) {
                Ok(Self::Text(_)) => Err("expected a list or a map of inputs, found a text".to_owned()),
                Ok(items) => items.named(),
                Err(error) => Err(error.to_string()),
            },
        }
    }
}

impl<'de> Deserialize<'de> for Items {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        deserialize_shaped(d)
    }
}

impl<'de> Shaped<'de> for Items {
    const EXPECTED: &'static str = "a list or a map of inputs, or JSON of them";

    fn from_shape<A: VariantAccess<'de>>(shape: Shape, content: A) -> Result<Option<Self>, A::Error> {
        match shape {
            Shape::List => content.newtype_variant().map(|items| Some(Self::List(items))),
            Shape::Map => content.newtype_variant().map(|items| Some(Self::Map(items))),
            Shape::Text => content.newtype_variant().map(|text| Some(Self::Text(text))),
            _ => Ok(None),
        }
    }
}

/// The step that `${{parent.jobs.<step>}}` names.
pub fn step_of(text: &str) -> Option<&str> {
    let name = inside(text)?.strip_prefix("parent.jobs.")?;
    (!name.is_empty() && !name.contains('.')).then_some(name)
}

fn inside(text: &str) -> Option<&str> {
    Some(text.trim().strip_prefix("${{")?.strip_suffix("}}")?.trim())
}
