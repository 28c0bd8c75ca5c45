//! What comes out of a job or a step.

use schemars::JsonSchema;
use serde::de::{Error, VariantAccess};
use serde::{Deserialize, Deserializer, Serialize};

use crate::de::{Shape, Shaped, deserialize_shaped};
use crate::refs::{DataPath, has_expression};

/// An output of a job or a step. All fields may be left out. A bare binding (`model: ${{parent.outputs.model}}`) is read
/// as its path.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct Output {
    /// What it is; a folder where it is not given.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub asset_type: Option<AssetType>,
    /// How the command writes it; `rw_mount` where it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<OutputMode>,
    /// Where it goes: `azureml://datastores/…`, or a binding to an output of the pipeline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<DataPath>,
    /// The name of the data or model asset that it becomes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The version of that asset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// What data is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AssetType {
    /// A file.
    UriFile,
    /// A folder.
    UriFolder,
    /// A table.
    Mltable,
    /// A model of any kind.
    CustomModel,
    /// A model in MLflow's format.
    MlflowModel,
    /// A model for Triton.
    TritonModel,
}

impl AssetType {
    /// The word in YAML.
    pub fn word(self) -> &'static str {
        match self {
            Self::UriFile => "uri_file",
            Self::UriFolder => "uri_folder",
            Self::Mltable => "mltable",
            Self::CustomModel => "custom_model",
            Self::MlflowModel => "mlflow_model",
            Self::TritonModel => "triton_model",
        }
    }

    /// True for models, false for data.
    pub fn is_model(self) -> bool {
        matches!(self, Self::CustomModel | Self::MlflowModel | Self::TritonModel)
    }
}

/// How a command writes an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutputMode {
    /// The same as `rw_mount`.
    Mount,
    /// Written in place, visible while the command runs.
    RwMount,
    /// Written to a folder that is copied away at the end.
    Upload,
    /// The URI itself is given.
    Direct,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OutputFields {
    #[serde(default, rename = "type")]
    asset_type: Option<AssetType>,
    #[serde(default)]
    mode: Option<OutputMode>,
    #[serde(default)]
    path: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    version: Option<String>,
}

impl OutputFields {
    fn check<E: Error>(self) -> Result<Output, E> {
        let Self {
            asset_type,
            mode,
            path,
            name,
            version,
        } = self;
        let path = path.map(|text| destination(&text)).transpose()?;
        Ok(Output {
            asset_type,
            mode,
            path,
            name,
            version,
        })
    }
}

fn destination<E: Error>(text: &str) -> Result<DataPath, E> {
    match text.parse::<DataPath>().map_err(E::custom)? {
        path @ (DataPath::Datastore { .. } | DataPath::Expression(_) | DataPath::Url(_)) => Ok(path),
        _ => Err(E::custom(format!(
            "an output cannot be written to `{text}`\nwrite `azureml://datastores/<datastore>/paths/<path>`, or leave `path` out"
        ))),
    }
}

impl<'de> Deserialize<'de> for Output {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        deserialize_shaped(d)
    }
}

impl<'de> Shaped<'de> for Output {
    const EXPECTED: &'static str =
        "a binding such as `${{parent.outputs.x}}`, or a map with `type`, `mode`, `path`";

    fn from_shape<A: VariantAccess<'de>>(shape: Shape, content: A) -> Result<Option<Self>, A::Error> {
        match shape {
            Shape::Null => Ok(Some(Self::default())),
            Shape::Map => content.newtype_variant::<OutputFields>()?.check().map(Some),
            Shape::Text => {
                let text: String = content.newtype_variant()?;
                if has_expression(&text) {
                    Ok(Some(Self {
                        path: Some(DataPath::Expression(text)),
                        ..Self::default()
                    }))
                } else {
                    Err(A::Error::custom(format!(
                        "expected {}, found the text \"{text}\"",
                        Self::EXPECTED
                    )))
                }
            }
            _ => Ok(None),
        }
    }
}
