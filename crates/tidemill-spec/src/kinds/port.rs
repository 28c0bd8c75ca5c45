//! The inputs and outputs that a component declares.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::value::Literal;

/// An input of a component: a parameter (`boolean`, `integer`, `number`, `string`) or data (everything else).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ComponentInput {
    /// What it takes.
    #[serde(rename = "type")]
    pub port_type: PortType,
    /// It may be left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub optional: Option<bool>,
    /// What it is where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Literal>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The greatest value of a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// The least value of a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// The values that a text may have.
    #[serde(default, rename = "enum", skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<String>,
    /// How data is brought to the command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<PortMode>,
}

impl ComponentInput {
    /// True where nothing has to be given: it is optional or has a default.
    pub fn may_be_left_out(&self) -> bool {
        self.optional == Some(true) || self.default.is_some()
    }

    /// Whether a value may be given to this parameter: its type, bounds and allowed values. Texts that read as the right
    /// type fit, as they do in Azure ML.
    ///
    /// # Errors
    /// Why it may not.
    pub fn takes(&self, value: &Literal) -> Result<(), String> {
        crate::validate::value_fits(value, self).map_err(|problem| problem.message)
    }
}

/// An output of a component. Unknown fields of an output that is a parameter are kept in `extra`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ComponentOutput {
    /// What it is.
    #[serde(rename = "type")]
    pub port_type: PortType,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// How the command writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<PortMode>,
    /// Fields that are not known, as they were written.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub extra: BTreeMap<String, serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ComponentOutputFields {
    #[serde(rename = "type")]
    port_type: PortType,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    mode: Option<PortMode>,
    #[serde(default)]
    extra: BTreeMap<String, serde_json::Value>,
}

impl<'de> Deserialize<'de> for ComponentOutput {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let ComponentOutputFields {
            port_type,
            description,
            mode,
            extra,
        } = crate::de::with::open(d)?;
        if let Some(field) = extra.keys().next().filter(|_| !port_type.is_parameter()) {
            return Err(serde::de::Error::custom(format!(
                "unknown field `{field}` in a component output\nknown fields: `type`, `description`, `mode`"
            )));
        }
        Ok(Self {
            port_type,
            description,
            mode,
            extra,
        })
    }
}

/// What a port takes or gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PortType {
    /// true or false
    Boolean,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// Text.
    String,
    /// A file or folder; the old word for `uri_folder`.
    Path,
    /// A model of any kind.
    CustomModel,
    /// A model in MLflow's format.
    MlflowModel,
    /// A table.
    Mltable,
    /// A model for Triton.
    TritonModel,
    /// A file.
    UriFile,
    /// A folder.
    UriFolder,
}

impl PortType {
    /// True for values, false for data.
    pub fn is_parameter(self) -> bool {
        matches!(self, Self::Boolean | Self::Integer | Self::Number | Self::String)
    }

    /// The word in YAML.
    pub fn word(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::String => "string",
            Self::Path => "path",
            Self::CustomModel => "custom_model",
            Self::MlflowModel => "mlflow_model",
            Self::Mltable => "mltable",
            Self::TritonModel => "triton_model",
            Self::UriFile => "uri_file",
            Self::UriFolder => "uri_folder",
        }
    }
}

/// How data of a port travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PortMode {
    /// The URI itself is given.
    Direct,
    /// A private copy.
    Download,
    /// The files that a table names, copied.
    EvalDownload,
    /// The files that a table names, mounted.
    EvalMount,
    /// Written or read in place.
    Mount,
    /// Read in place.
    RoMount,
    /// Written in place.
    RwMount,
    /// Written to a folder that is copied away at the end.
    Upload,
    /// The old word for a mount by link.
    Link,
}
