//! A release: what answers in the first stage of a group, on its way through the others. A Tidemill extension.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A release: exactly what a deployment of the first stage runs (scoring code, model, environment), to be brought through
/// the stages of the group.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// Always `release`.
    #[serde(default)]
    pub r#type: ReleaseType,
    /// Its name; each time that it is created it gets the next number.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The endpoint that it stands behind, of the same name in every stage.
    pub endpoint: String,
    /// The deployment whose bytes it takes.
    pub deployment: String,
    /// The workspace of each stage; the only one of that stage in the group where nothing is said.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub targets: IndexMap<String, String>,
    /// Requests with the answers that are expected, sent in every stage before anybody else is answered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tests: Vec<SystemTest>,
    /// How the requests of a stage are brought over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollout: Option<Rollout>,
    /// What must hold before a stage is entered, by stage. What the group says holds as well.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub gates: IndexMap<String, Gates>,
}

/// The word that says what the document is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReleaseType {
    /// `release`
    #[default]
    Release,
}

/// A request with the answer that is expected.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SystemTest {
    /// What it shows.
    pub name: String,
    /// The request's body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<serde_json::Value>,
    /// The file that holds it, beside the release's; `tidemill release create` reads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_file: Option<String>,
    /// The answer.
    #[serde(default)]
    pub expect: Expected,
}

/// The answer that a system test expects.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// The status; 200 where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The body; fields that are not named here may be anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json: Option<serde_json::Value>,
    /// How far numbers may be off, absolutely; 1e-9 where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<f64>,
    /// How long the answer may take, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_latency_ms: Option<u64>,
}

/// How the requests of a stage are brought over to a release.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rollout {
    /// Its share of the requests, in percent, step by step, before it gets all of them; at once where nothing is said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<u32>,
    /// How long each share is kept and watched, in seconds; 10 where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause_seconds: Option<u32>,
    /// The most requests that may fail, in percent of those of a step; 0 where nothing is said. More, and it goes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_error_percent: Option<f64>,
    /// The longest time within which 99 of 100 requests must be answered, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_p99_ms: Option<u64>,
}

/// What must hold before a stage is entered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gates {
    /// Who must agree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approvals: Option<ApprovalGate>,
    /// When nothing may be released.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub freeze: Vec<Freeze>,
    /// The least number of system tests that the release must have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tests: Option<u32>,
    /// Who may bring a release into the stage, as `user:NAME` or `service-principal:NAME`; all whose role gives it where nothing is said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub promoters: Vec<String>,
    /// The model that the release carries must have passed a validation: this very one, by its digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation: Option<ValidationGate>,
    /// What the deployment must bear in the stage before it gets any requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load: Option<LoadGate>,
    /// What was measured in the stage before must fit into the room that is left here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<CapacityGate>,
    /// The newest data of the stage must keep the contracts of those who live by them: the model and the endpoint of the release, and
    /// the consumers that are named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contracts: Option<ContractGate>,
}

/// Contracts over data that count for a release beside those of its model and its endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractGate {
    /// Further consumers, as in `pipeline:training`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consumers: Vec<String>,
}

/// A passed validation of the model. The newest one counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ValidationGate {
    /// Checks that it must have had, such as `metrics`, `champion`, `slices`; any where nothing is said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<String>,
    /// How long a validation counts, in hours; for ever where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_hours: Option<u32>,
}

/// Requests at a steady rate, those of the system tests in turn.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoadGate {
    /// Requests a second.
    pub rate: f64,
    /// For how long, in seconds; 10 where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_seconds: Option<u32>,
    /// How many requests may be on their way at once; 16 where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connections: Option<u32>,
    /// The longest that half of them may take, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_p50_ms: Option<f64>,
    /// The longest that 99 of 100 may take, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_p99_ms: Option<f64>,
    /// The most that may fail, in percent; 0 where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_error_percent: Option<f64>,
}

/// Memory after load and processor time at a rate, measured in the stage before, against the room of this stage's compute.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CapacityGate {
    /// Requests a second that it must bear.
    pub rate: f64,
    /// For how long it is measured, in seconds; 5 where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_seconds: Option<u32>,
    /// How much of the compute must stay free, in percent; 20 where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headroom_percent: Option<f64>,
}

/// Who must agree: never who made the release.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovalGate {
    /// How many.
    pub count: u32,
    /// The team that they must be in; all whose role lets them approve where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// How long an approval counts, in hours; 168 (a week) where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_hours: Option<u32>,
}

/// A time in which nothing may be released.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Freeze {
    /// The first moment, such as 2026-12-20T00:00:00Z.
    pub from: String,
    /// The moment from which on releases may go again.
    pub until: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
