//! What is given to an input of a job or a step.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::de::{Error, VariantAccess};
use serde::{Deserialize, Deserializer, Serialize};

use super::AssetType;
use crate::de::{Shape, Shaped, deserialize_shaped};
use crate::refs::{DataPath, DatastoreRef};
use crate::value::Literal;

/// What is given to an input: a single value (which may be a binding such as `${{parent.inputs.x}}`), or data.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Input {
    /// A single value.
    Literal(Literal),
    /// Data.
    Data(DataInput),
}

impl Input {
    /// The text that may hold a binding: a text value, or the path of data.
    pub fn expression(&self) -> Option<&str> {
        match self {
            Self::Literal(Literal::String(text)) => {
                Some(text).filter(|text| text.contains("${{")).map(String::as_str)
            }
            Self::Literal(_) => None,
            Self::Data(data) => data.path.as_ref().and_then(DataPath::as_expression),
        }
    }
}

/// Data that is given to an input.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct DataInput {
    /// What it is; a folder where it is not given.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub asset_type: Option<AssetType>,
    /// How it is brought to the command; `ro_mount` where it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<InputMode>,
    /// Where it lies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<DataPath>,
    /// Where it shall appear on the machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_on_compute: Option<PathBuf>,
    /// The datastore that local data is uploaded to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub datastore: Option<DatastoreRef>,
}

/// How data is brought to a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InputMode {
    /// Read in place.
    RoMount,
    /// A private copy.
    Download,
    /// The URI itself is given.
    Direct,
    /// The files that a table names, mounted.
    EvalMount,
    /// The files that a table names, copied.
    EvalDownload,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InputFields {
    #[serde(default, rename = "type")]
    asset_type: Option<AssetType>,
    #[serde(default)]
    mode: Option<InputMode>,
    #[serde(default)]
    path: Option<DataPath>,
    #[serde(default)]
    path_on_compute: Option<PathBuf>,
    #[serde(default)]
    datastore: Option<DatastoreRef>,
    #[serde(default)]
    value: Option<Literal>,
}

impl InputFields {
    fn check<E: Error>(self) -> Result<Input, E> {
        let Self {
            asset_type,
            mode,
            path,
            path_on_compute,
            datastore,
            value,
        } = self;
        let data = DataInput {
            asset_type,
            mode,
            path,
            path_on_compute,
            datastore,
        };
        match value {
            None => Ok(Input::Data(data)),
            Some(value) if data == DataInput::default() => Ok(Input::Literal(value)),
            Some(_) => Err(E::custom(
                "an input has either `value` or the fields of data, not both",
            )),
        }
    }
}

impl<'de> Deserialize<'de> for Input {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        deserialize_shaped(d)
    }
}

impl<'de> Shaped<'de> for Input {
    const EXPECTED: &'static str = "a value, a binding, or data (a map with `path`)";

    fn from_shape<A: VariantAccess<'de>>(shape: Shape, content: A) -> Result<Option<Self>, A::Error> {
        match shape {
            Shape::Text | Shape::Number | Shape::Boolean => content
                .newtype_variant()
                .map(|literal| Some(Self::Literal(literal))),
            Shape::Map => content.newtype_variant::<InputFields>()?.check().map(Some),
            Shape::Null | Shape::List => Ok(None),
        }
    }
}
