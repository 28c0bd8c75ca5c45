//! The lineage of a version of data or of a model, both ways, as it travels.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which way a lineage is followed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LineageDirection {
    /// To where it comes from.
    Up,
    /// To what was made of it: models, deployments, endpoints, releases.
    Down,
    /// Both ways.
    #[default]
    Both,
}

/// What is asked of a lineage.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LineageQuery {
    /// `up`, `down` or `both`.
    #[serde(default)]
    #[param(inline)]
    pub direction: LineageDirection,
}

/// What is asked of a lineage as events of OpenLineage.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LineageEventQuery {
    /// `up`, `down` or `both`.
    #[serde(default)]
    #[param(inline)]
    pub direction: LineageDirection,
    /// The namespace of the jobs; `tidemill://` and the workspace where it is left out.
    pub namespace: Option<String>,
}

/// A lineage as a graph. What flows goes from `from` to `to`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LineageGraph {
    /// The node that was asked for.
    pub start: String,
    /// The nodes, the nearest first.
    pub nodes: Vec<LineageNode>,
    /// What lies between them.
    pub links: Vec<LineageLink>,
    /// How many things lie on the way that whoever asks may not see; nothing behind them is shown.
    pub hidden: u32,
    /// There is more than one answer holds.
    pub cut: bool,
}

/// A thing of a lineage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LineageNode {
    /// Unique in the graph, such as `data/flights/3` or `jobs/train`; in another workspace with `workspaces/{ws}/` before it.
    pub id: String,
    /// `data`, `model`, `job`, `source` (bytes from outside), `deployment`, `endpoint` or `release`.
    pub kind: String,
    /// Its workspace.
    pub workspace: String,
    /// Its name; of a step its name in the pipeline, of a source its place.
    pub name: String,
    /// Its version or number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// How it stands: of a job `Completed`, of a deployment `Succeeded`, of a release where it is in each stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// What else is known: `job`, `pipeline`, `commit`, `environment`, `digest`, `endpoint`, `traffic_percent`.
    pub facts: BTreeMap<String, String>,
}

/// Something flows from one thing into another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LineageLink {
    /// From here.
    pub from: String,
    /// To there.
    pub to: String,
    /// The input or output; empty where there is none.
    pub label: String,
}
