//! Online endpoints and deployments on the wire.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// The property of a model that keeps the name of the local folder or file that it was uploaded from: scoring scripts look
/// for it under `AZUREML_MODEL_DIR`.
pub const LOCAL_NAME: &str = "tidemill.local_name";

/// An online endpoint as the server knows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OnlineEndpoint {
    /// Unique in the workspace.
    pub name: String,
    /// `Managed` or `Kubernetes`, as Azure calls them.
    pub kind: String,
    /// `Succeeded`, or `Failed` when a deployment that gets traffic has failed.
    pub provisioning_state: String,
    /// Where it scores.
    pub scoring_uri: String,
    /// Where it describes itself.
    pub openapi_uri: String,
    /// How callers show who they are: `key`, `aml_token` or `aad_token`.
    pub auth_mode: String,
    /// Shares of the requests by deployment, in percent.
    #[schema(value_type = Object)]
    pub traffic: Value,
    /// The share of the requests of which a deployment gets copies.
    #[schema(value_type = Object)]
    pub mirror_traffic: Value,
    /// Its specification: the fields of its YAML.
    #[schema(value_type = Object)]
    pub spec: Value,
    /// Give it as `If-Match` to change exactly this state.
    pub etag: String,
    /// Who made it.
    pub created_by: String,
    /// UTC milliseconds.
    pub created_at: i64,
    /// UTC milliseconds.
    pub updated_at: i64,
}

/// An online deployment as the server knows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OnlineDeployment {
    /// Unique behind its endpoint.
    pub name: String,
    /// Its endpoint.
    pub endpoint_name: String,
    /// `Creating`, `Updating`, `Succeeded`, `Failed` or `Deleting`.
    pub provisioning_state: String,
    /// Why it failed, or what is wrong with an instance now.
    pub reason: Option<String>,
    /// What is being done now, such as `installing 12 of 48 packages`.
    pub message: Option<String>,
    /// How many instances there shall be now.
    pub instance_count: u32,
    /// How many of them answer.
    pub ready_instances: u32,
    /// Its model, for people.
    pub model: Option<String>,
    /// Its environment, for people.
    pub environment: Option<String>,
    /// Counts changes for which instances were started anew.
    pub generation: i64,
    /// Its instances that are remembered, youngest first.
    pub instances: Vec<DeploymentInstance>,
    /// Its specification: the fields of its YAML.
    #[schema(value_type = Object)]
    pub spec: Value,
    /// What was read and has no effect.
    pub warnings: Vec<String>,
    /// Give it as `If-Match` to change exactly this state.
    pub etag: String,
    /// Who made it.
    pub created_by: String,
    /// UTC milliseconds.
    pub created_at: i64,
    /// UTC milliseconds.
    pub updated_at: i64,
}

/// One process that answers, or did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DeploymentInstance {
    /// Counts the instances of the deployment.
    pub number: i64,
    /// The generation of the deployment that it was started for.
    pub generation: i64,
    /// `Starting`, `Running`, `Ready`, `Draining`, `Ended` or `Failed`.
    pub state: String,
    /// Why it ended.
    pub reason: Option<String>,
    /// With which code its command ended.
    pub exit_code: Option<i64>,
    /// The environment that was prepared.
    #[schema(value_type = Object)]
    pub environment: Option<Value>,
    /// UTC milliseconds.
    pub created_at: i64,
    /// When its command was started: UTC milliseconds.
    pub started_at: Option<i64>,
    /// When it answered first: UTC milliseconds.
    pub ready_at: Option<i64>,
    /// UTC milliseconds.
    pub ended_at: Option<i64>,
}

/// What callers of an endpoint show: two keys, or a token. Spelled as Azure spells it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EndpointCredentials {
    /// The first key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary_key: Option<String>,
    /// The second key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secondary_key: Option<String>,
    /// A token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token: Option<String>,
    /// Until when the token counts: UTC seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiry_time_utc: Option<i64>,
    /// From when on to ask for the next one: UTC seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_after_time_utc: Option<i64>,
    /// `Bearer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_type: Option<String>,
}

/// Which key to make anew.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RegenerateKey {
    /// `primary` or `secondary`; `primary` where it is not given.
    #[serde(default)]
    pub key_type: Option<String>,
}

/// How to put a deployment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DeploymentPutQuery {
    /// Send it all the traffic once it is up.
    #[serde(default)]
    pub all_traffic: bool,
}

/// What is wanted of a log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DeploymentLogQuery {
    /// The last lines; all that is kept where it is not given.
    pub lines: Option<usize>,
    /// Of this instance; of the youngest where it is not given.
    pub instance: Option<i64>,
    /// `inference-server`, or `storage-initializer` for the build of the environment.
    pub container: Option<String>,
    /// From this offset on, rather than the last lines.
    pub offset: Option<u64>,
}

/// A piece of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeploymentLog {
    /// The instance that said it; none where there was none yet.
    pub instance: Option<i64>,
    /// What it said.
    pub content: String,
    /// Where the next piece begins.
    pub next_offset: u64,
}

/// Which requests are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RequestLogQuery {
    /// The last ones; 100 where it is not given, 10,000 at most.
    pub limit: Option<usize>,
    /// Those of this id.
    pub id: Option<String>,
}

/// One request, as it was noted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ScoredRequest {
    /// When it came: UTC milliseconds.
    pub at: i64,
    /// Its id.
    pub request_id: String,
    /// The instance that it was given to; none when it got no turn.
    pub instance: Option<i64>,
    /// The method.
    pub method: String,
    /// The path behind the endpoint.
    pub path: String,
    /// What the caller was answered.
    pub status: u16,
    /// What the model answered, where it did.
    pub model_status: Option<u16>,
    /// How long it took, in milliseconds.
    pub took_ms: f64,
    /// How much of that it waited for its turn, in milliseconds.
    pub waited_ms: f64,
    /// `key`, `token`, or the principal.
    pub caller: String,
    /// A copy of another request.
    pub mirrored: bool,
}

/// What the deployments of an endpoint have answered since the server was started.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EndpointFigures {
    /// When it was read: UTC milliseconds.
    pub at: i64,
    /// One for each deployment.
    pub deployments: Vec<DeploymentFigures>,
}

/// What a deployment has answered since the server was started.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DeploymentFigures {
    /// The deployment.
    pub deployment: String,
    /// All requests.
    pub requests: u64,
    /// Those that a model, an instance or the queue did not answer well: 424, 429, 408 and 5xx.
    pub errors: u64,
    /// Those that were refused because there were too many (429).
    pub refused: u64,
    /// Copies of requests.
    pub mirrored: u64,
    /// The time of all requests together, in seconds.
    pub took_s: f64,
    /// Upper bounds of the time that an answer took, in seconds.
    pub buckets_s: Vec<f64>,
    /// How many requests took up to each bound and longer than the one before; the last is for all others.
    pub buckets: Vec<u64>,
    /// Instances that take requests now.
    pub ready_instances: u32,
    /// Requests that are with instances now.
    pub in_flight: u32,
    /// Requests that wait for their turn now.
    pub waiting: u32,
}
