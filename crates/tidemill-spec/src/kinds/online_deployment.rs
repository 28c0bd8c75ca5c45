//! An online deployment: instances of a model and its scoring script behind an endpoint.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::de::{Error, VariantAccess};
use serde::{Deserialize, Deserializer, Serialize};

use super::{
    DataCollector, DeploymentTemplateReference, EgressAccess, EnvironmentRef, ModelType, Probe,
    RequestSettings, ResourceRequirements, ScaleSettings,
};
use crate::de::{Shape, Shaped, deserialize_shaped};
use crate::refs::{AssetRef, CodeRef, DataPath, DatastoreRef};

/// An online deployment, managed or of Kubernetes: which one, its endpoint says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OnlineDeployment {
    /// The deployment's name, unique within its endpoint.
    pub name: String,
    /// The endpoint behind which it answers.
    pub endpoint_name: String,
    /// Which kind it is.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub deployment_type: Option<OnlineDeploymentType>,
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
    /// Facts about it.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub properties: IndexMap<String, serde_json::Value>,
    /// The model that it serves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<DeploymentModel>,
    /// The scoring script; none where the model says enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_configuration: Option<CodeConfiguration>,
    /// The software that it runs in; what the model says where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<EnvironmentRef>,
    /// Variables of its processes.
    #[serde(
        default,
        deserialize_with = "crate::de::with::text_map",
        skip_serializing_if = "IndexMap::is_empty"
    )]
    #[schemars(with = "IndexMap<String, Option<crate::value::Literal>>")]
    pub environment_variables: IndexMap<String, String>,
    /// Whether Application Insights is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_insights_enabled: Option<bool>,
    /// How the number of instances follows the load.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale_settings: Option<ScaleSettings>,
    /// How requests are treated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_settings: Option<RequestSettings>,
    /// When an instance counts as dead, and is started anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub liveness_probe: Option<Probe>,
    /// When an instance may be given requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub readiness_probe: Option<Probe>,
    /// How many instances; 1 where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_count: Option<u32>,
    /// The size of a machine, by its name in the cloud.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_type: Option<String>,
    /// Where a container finds the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_mount_path: Option<String>,
    /// What is kept of requests and answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_collector: Option<DataCollector>,
    /// Whether instances reach the network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub egress_public_network_access: Option<EgressAccess>,
    /// Whether the endpoint has a private network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private_network_connection: Option<bool>,
    /// What each instance may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<ResourceRequirements>,
}

/// Which kind a deployment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnlineDeploymentType {
    /// Azure runs the machines.
    Managed,
    /// A Kubernetes cluster runs them.
    Kubernetes,
}

/// The code of a deployment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeConfiguration {
    /// The folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<CodeRef>,
    /// The script in it, with `init` and `run`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scoring_script: Option<String>,
}

/// The model of a deployment: one that is registered, or files.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum DeploymentModel {
    /// A registered version.
    Reference(AssetRef),
    /// Files.
    Inline(Box<InlineModel>),
}

impl<'de> Deserialize<'de> for DeploymentModel {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        deserialize_shaped(d)
    }
}

impl<'de> Shaped<'de> for DeploymentModel {
    const EXPECTED: &'static str =
        "a model: `azureml:<name>:<version>`, `azureml:<name>@latest`, or a map with `path`";

    fn from_shape<A: VariantAccess<'de>>(shape: Shape, content: A) -> Result<Option<Self>, A::Error> {
        match shape {
            Shape::Map => content.newtype_variant().map(|model| Some(Self::Inline(model))),
            Shape::Text => {
                let text: String = content.newtype_variant()?;
                text.parse().map(|reference| Some(Self::Reference(reference))).map_err(|_| {
                    A::Error::custom(format!(
                        "`{text}` is no model\nwrite `azureml:<name>:<version>`, or a map with `path: {text}`"
                    ))
                })
            }
            _ => Ok(None),
        }
    }
}

/// A model that is written where it is used.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InlineModel {
    /// Its name; then it is registered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
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
