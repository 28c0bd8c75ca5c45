//! Rules for the tags and names of runs and jobs, in the policy of a workspace or in its group. A Tidemill extension.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Rules by the name that messages call them by.
pub type TagPolicy = IndexMap<String, TagRule>;

/// One rule: for a tag, or for the name that people see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TagRule {
    /// What it is for; added to what is said when it is broken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The tag that is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// A regular expression that the whole value of the tag has to fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// A regular expression that the whole name has to fit; instead of `tag`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether the tag has to be there; `false` looks only at what it says when it is.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub required: bool,
    /// Where the studio links the tag to: a URL in which `{value}` is the tag's value and `{digits}` the digits in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// What happens when it is broken.
    #[serde(default)]
    pub effect: TagEffect,
    /// When a run has to carry the tag. Jobs are looked at when they are submitted.
    #[serde(default)]
    pub checked: TagMoment,
    /// What it is for; runs and jobs when nothing is said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on: Vec<TagSubject>,
}

/// What happens when a rule is broken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TagEffect {
    /// The run or job carries a warning.
    #[default]
    Warn,
    /// It is not done.
    Refuse,
}

/// When a run has to carry a tag.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TagMoment {
    /// From its start.
    #[default]
    Start,
    /// When it ends as finished.
    End,
}

/// What a rule is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TagSubject {
    /// Runs that clients start.
    Run,
    /// Jobs.
    Job,
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_yes(value: &bool) -> bool {
    *value
}
