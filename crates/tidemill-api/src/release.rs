//! Releases on the wire.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// A release: exactly what a deployment of the first stage ran, on its way through the stages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Release {
    /// The workspace in which it was made.
    pub workspace: String,
    /// Its name.
    pub name: String,
    /// Counts up with each release of the name.
    pub number: i64,
    /// The hash of what it carries: scoring code, model, environment, variables.
    pub digest: String,
    /// The model that it carries, for people.
    pub model: Option<String>,
    /// Who made it.
    pub author: String,
    /// Its specification.
    #[schema(value_type = Object)]
    pub spec: Value,
    /// Where it stands in each stage of its group, in their order.
    pub stages: Vec<ReleaseStage>,
    /// What happened, oldest first.
    pub events: Vec<ReleaseEvent>,
    /// UTC milliseconds.
    pub created_at: i64,
}

/// A release in a stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReleaseStage {
    /// The stage.
    pub stage: String,
    /// `NotStarted`, `Waiting`, `Deploying`, `Testing`, `RollingOut`, `Live`, `Superseded`, `RolledBack`, `Rejected` or `Failed`.
    pub state: String,
    /// The workspace of the stage.
    pub workspace: Option<String>,
    /// Its deployment behind the endpoint.
    pub deployment: Option<String>,
    /// What share of the requests that deployment gets at this moment, in percent; none where it is not there any more.
    pub traffic_percent: Option<u32>,
    /// The deployment that answered before it.
    pub previous: Option<String>,
    /// Who brought it there.
    pub promoter: Option<String>,
    /// Why it waits or ended.
    pub reason: Option<String>,
    /// What gates, tests and the rollout found.
    #[schema(value_type = Vec<Object>)]
    pub evidence: Value,
    /// UTC milliseconds.
    pub updated_at: Option<i64>,
}

/// Something that happened to a release. Events are only ever added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReleaseEvent {
    /// Sorts by time.
    pub id: String,
    /// The release and its number, as in `flights:3`; `break-glass` for what was done without one.
    pub release: String,
    /// The stage.
    pub stage: String,
    /// The workspace of the stage.
    pub workspace: String,
    /// UTC milliseconds.
    pub at: i64,
    /// Who did it; `system` for the server.
    pub who: String,
    /// `created`, `promoted`, `approved`, `rejected`, `passed`, `deployed`, `tested`, `step`, `live`, `superseded`,
    /// `rolled_back` or `failed`; `break_glass_asked`, `break_glass_opened`, `break_glass_used` or `break_glass_closed`.
    pub kind: String,
    /// More of it.
    #[schema(value_type = Object)]
    pub detail: Value,
}

/// Releases, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Releases {
    /// The releases.
    pub items: Vec<Release>,
}

/// Events, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReleaseEvents {
    /// The events.
    pub items: Vec<ReleaseEvent>,
}

/// What is asked of a list of releases.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, IntoParams)]
pub struct ReleaseListQuery {
    /// All numbers of this release alone.
    pub name: Option<String>,
}

/// What is asked of the history of a workspace.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, IntoParams)]
pub struct ReleaseHistoryQuery {
    /// What happened up to this moment: UTC milliseconds.
    pub until: Option<i64>,
}

/// What is done with a release.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReleaseAct {
    /// Its number; the newest where none is given.
    #[serde(default)]
    pub number: Option<i64>,
    /// The stage: for `promote` the next one where none is given; for `rollback` it is needed.
    #[serde(default)]
    pub stage: Option<String>,
    /// Why, for people.
    #[serde(default)]
    pub comment: Option<String>,
}

/// The way of a release through the stages: what would happen, and who must act.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReleasePlan {
    /// The release and its number, as in `flights:3`.
    pub release: String,
    /// The stages, in order.
    pub steps: Vec<ReleaseStep>,
}

/// A stage on the way of a release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReleaseStep {
    /// The stage.
    pub stage: String,
    /// Where the release stands in it, as in [`ReleaseStage`].
    pub state: String,
    /// Its workspace.
    pub workspace: Option<String>,
    /// What happens there next.
    pub says: String,
    /// Who must act now; none where it goes on by itself or is done.
    pub who: Vec<String>,
    /// Each gate and how it stands now: `gate`, `verdict`, `says`, `evidence`.
    #[schema(value_type = Vec<Object>)]
    pub gates: Value,
}
