//! Scorers on the wire: what judges an answer, written down by a client.

use serde::{Deserialize, Serialize};

use super::lenient;
use super::schema::{Check, Request, Schema};

/// One version of a scorer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scorer {
    /// The experiment that it belongs to; a number here, a text elsewhere.
    pub experiment_id: i64,
    /// As people call it.
    pub scorer_name: String,
    /// 1, 2, 3 …
    pub scorer_version: i64,
    /// JSON.
    pub serialized_scorer: String,
    /// Milliseconds since 1970.
    pub creation_time: i64,
    /// A UUID, the same for all versions.
    pub scorer_id: String,
}

/// `POST scorers/register`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RegisterScorer {
    /// Of which experiment.
    pub experiment_id: String,
    /// As people call it.
    pub name: String,
    /// JSON.
    pub serialized_scorer: String,
}

impl Request for RegisterScorer {
    const SCHEMA: Schema = &[
        ("experiment_id", &[Check::Required, Check::Text]),
        ("name", &[Check::Required, Check::Text]),
        ("serialized_scorer", &[Check::Required, Check::Text]),
    ];
}

/// What was registered.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RegisterScorerResponse {
    /// 1, 2, 3 …
    pub version: i64,
    /// A UUID, the same for all versions.
    pub scorer_id: String,
    /// Of which experiment.
    pub experiment_id: String,
    /// As people call it.
    pub name: String,
    /// JSON.
    pub serialized_scorer: String,
    /// Milliseconds since 1970.
    pub creation_time: i64,
}

/// `GET scorers/list`: the newest version of each scorer.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ListScorers {
    /// Of which experiment; of all of them without it.
    pub experiment_id: String,
}

impl Request for ListScorers {
    const SCHEMA: Schema = &[("experiment_id", &[Check::Text])];
}

/// Scorers, or versions of one.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ScorersResponse {
    /// The scorers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scorers: Vec<Scorer>,
}

/// `GET scorers/versions`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ListScorerVersions {
    /// Of which experiment.
    pub experiment_id: String,
    /// As people call it.
    pub name: String,
}

impl Request for ListScorerVersions {
    const SCHEMA: Schema = &[
        ("experiment_id", &[Check::Required, Check::Text]),
        ("name", &[Check::Required, Check::Text]),
    ];
}

/// `GET scorers/get`, `DELETE scorers/delete`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ScorerVersion {
    /// Of which experiment.
    pub experiment_id: String,
    /// As people call it.
    pub name: String,
    /// Which version: the newest to get, all of them to delete without it.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub version: Option<i64>,
}

impl Request for ScorerVersion {
    const SCHEMA: Schema = &[
        ("experiment_id", &[Check::Required, Check::Text]),
        ("name", &[Check::Required, Check::Text]),
        ("version", &[Check::Int]),
    ];
}

/// One scorer.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ScorerResponse {
    /// The scorer.
    pub scorer: Scorer,
}
