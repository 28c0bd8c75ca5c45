//! The software that a job runs in.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::de::{Error, VariantAccess};
use serde::{Deserialize, Deserializer, Serialize};

use super::AutoDeleteSetting;
use crate::de::{Shape, Shaped, deserialize_shaped};
use crate::refs::{AssetRef, CodeRef, DatastoreRef, has_expression};

/// The software that a job runs in: an image, a conda file on top of it, or a build.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// The environment's name; needed unless it is written inside a job.
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
    /// When it is deleted by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_delete_setting: Option<AutoDeleteSetting>,
    /// A Dockerfile and the folder around it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build: Option<BuildContext>,
    /// A docker image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// A conda environment; a file that is named here is written out by loading, so that this is a map.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conda_file: Option<serde_json::Value>,
    /// A pip requirements file (a Tidemill extension); a file that is named here is written out by loading, so that this
    /// is its text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requirements_file: Option<String>,
    /// Where a server in the image answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inference_config: Option<InferenceConfig>,
    /// The operating system of the image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub os_type: Option<OsType>,
    /// The datastore that a local build context is uploaded to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub datastore: Option<DatastoreRef>,
}

/// An operating system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OsType {
    /// Linux.
    Linux,
    /// Windows.
    Windows,
}

/// A Dockerfile and the folder around it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BuildContext {
    /// The folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<CodeRef>,
    /// The Dockerfile inside the folder; `Dockerfile` where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dockerfile_path: Option<String>,
}

/// Where a server in an image answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InferenceConfig {
    /// Whether it lives.
    pub liveness_route: Route,
    /// Whether it is ready.
    pub readiness_route: Route,
    /// Where it scores.
    pub scoring_route: Route,
}

/// A port and a path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// The port.
    pub port: u16,
    /// The path.
    pub path: String,
}

/// The environment that a job, a step or a component names.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum EnvironmentRef {
    /// A registered or curated environment.
    Reference(AssetRef),
    /// A binding such as `${{parent.inputs.environment}}`, in steps.
    Expression(String),
    /// The environment itself.
    Inline(Box<Environment>),
}

impl<'de> Deserialize<'de> for EnvironmentRef {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        deserialize_shaped(d)
    }
}

impl<'de> Shaped<'de> for EnvironmentRef {
    const EXPECTED: &'static str = "an environment: `azureml:<name>:<version>`, `azureml:<name>@latest`, or a map with `image`, `conda_file` or `build`";

    fn from_shape<A: VariantAccess<'de>>(shape: Shape, content: A) -> Result<Option<Self>, A::Error> {
        match shape {
            Shape::Map => content
                .newtype_variant()
                .map(|environment| Some(Self::Inline(environment))),
            Shape::Text => {
                let text: String = content.newtype_variant()?;
                if has_expression(&text) {
                    return Ok(Some(Self::Expression(text)));
                }
                match text.parse() {
                    Ok(reference) => Ok(Some(Self::Reference(reference))),
                    Err(_) => Err(A::Error::custom(format!(
                        "`{text}` is no environment\nEnvironment schema data cannot be a string, unless it is `azureml:<name>:<version>`, \
                         `azureml:<name>@latest` or `file:<path>`; else write a map with `image`, `conda_file` or `build`"
                    ))),
                }
            }
            _ => Ok(None),
        }
    }
}
