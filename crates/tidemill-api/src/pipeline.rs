//! Published pipelines on the wire.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// A published pipeline: a pipeline under a name, version by version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PublishedPipeline {
    /// Unique in its workspace.
    pub name: String,
    /// The version that is meant when none is named.
    pub default_version: i64,
    /// What the default version says.
    #[schema(value_type = Object)]
    pub spec: Value,
    /// The versions, newest first.
    pub versions: Vec<PublishedVersion>,
    /// The models that its runs made, newest first, at most 50.
    pub candidates: Vec<PipelineCandidate>,
}

/// One version of a published pipeline. It is never changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PublishedVersion {
    /// Counts up.
    pub version: i64,
    /// Who published it; what it makes is deployed and released as them.
    pub publisher: String,
    /// UTC milliseconds.
    pub created_at: i64,
}

/// A model that a run made, on its way to a release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PipelineCandidate {
    /// The run.
    pub job: String,
    /// The version that ran.
    pub version: i64,
    /// `Training`, `Deploying`, `Released` or `Failed`.
    pub state: String,
    /// The model, once it is made.
    pub model: Option<String>,
    /// The workspace of the first stage.
    pub workspace: String,
    /// Its deployment there.
    pub deployment: String,
    /// Its release, as in `flights:3`, once it is open.
    pub release: Option<String>,
    /// Why it came to nothing.
    pub reason: Option<String>,
    /// UTC milliseconds.
    pub created_at: i64,
    /// UTC milliseconds.
    pub updated_at: i64,
}

/// Published pipelines by name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PublishedPipelines {
    /// The pipelines.
    pub items: Vec<PublishedPipeline>,
}

/// What is done with a published pipeline.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PipelineAct {
    /// The version: for `invoke` the default one where none is given; for `set-default` it is needed.
    #[serde(default)]
    pub version: Option<i64>,
    /// For `invoke`: inputs in place of those that it has.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub inputs: IndexMap<String, tidemill_spec::kinds::Input>,
    /// For `invoke`: the name of the job; one is made up where none is given.
    #[serde(default)]
    pub job: Option<String>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PipelineActed {
    /// The pipeline.
    pub pipeline: PublishedPipeline,
    /// The job that was submitted, for `invoke`.
    pub job: Option<String>,
}
