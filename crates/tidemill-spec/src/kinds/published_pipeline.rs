//! A published pipeline: a pipeline under a name and a version, invoked by that. A Tidemill extension; in spirit the pipeline component
//! deployment of Azure's batch endpoints.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{OnlineDeployment, PipelineJob, Release};

/// A pipeline under a name. Each time that it is published it gets the next version, which is kept as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishedPipeline {
    /// Always `published_pipeline`.
    #[serde(default)]
    pub r#type: PublishedPipelineType,
    /// Unique in its workspace.
    pub name: String,
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
    /// The pipeline, or a file with it.
    pub job: PipelineJob,
    /// What becomes of the model that a run of it makes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidate: Option<Candidate>,
}

/// The word that says what the document is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PublishedPipelineType {
    /// `published_pipeline`
    #[default]
    PublishedPipeline,
}

/// The model that a run makes is deployed in the first stage, and a release of it is opened there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    /// The output of the pipeline that is the model.
    pub output: String,
    /// The workspace of the first stage; that of the pipeline where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    /// How it is deployed there, or a file that says so; its name and its model are put in.
    pub deployment: Box<OnlineDeployment>,
    /// The release that is opened, or a file with it; its deployment is put in.
    pub release: Box<Release>,
}
