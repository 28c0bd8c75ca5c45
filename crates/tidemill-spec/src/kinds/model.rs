//! A model.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::refs::{DataPath, DatastoreRef};

/// A version of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// The model's name.
    pub name: String,
    /// What it is; a custom model where it is not given.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub model_type: Option<ModelType>,
    /// Where it lies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<DataPath>,
    /// The version; counted up where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Facts about it.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub properties: IndexMap<String, serde_json::Value>,
    /// Words to find it by.
    #[serde(
        default,
        deserialize_with = "crate::de::with::text_map",
        skip_serializing_if = "IndexMap::is_empty"
    )]
    #[schemars(with = "IndexMap<String, Option<crate::value::Literal>>")]
    pub tags: IndexMap<String, String>,
    /// MLflow's stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// MLflow's flavors.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub flavors: IndexMap<String, serde_json::Value>,
    /// The datastore that a local model is uploaded to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub datastore: Option<DatastoreRef>,
    /// What the system says about it.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub system_metadata: IndexMap<String, serde_json::Value>,
    /// The template of a deployment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_deployment_template: Option<DeploymentTemplateReference>,
    /// The templates that are allowed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed_deployment_templates: Vec<DeploymentTemplateReference>,
}

/// What a model is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ModelType {
    /// Any files.
    #[default]
    CustomModel,
    /// MLflow's format.
    MlflowModel,
    /// Triton's format.
    TritonModel,
}

impl ModelType {
    /// The word in YAML.
    pub fn word(self) -> &'static str {
        match self {
            Self::CustomModel => "custom_model",
            Self::MlflowModel => "mlflow_model",
            Self::TritonModel => "triton_model",
        }
    }
}

/// A template of a deployment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeploymentTemplateReference {
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asset_id: Option<String>,
}
