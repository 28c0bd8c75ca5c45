//! Registered models on the wire of REST v1, beyond what all assets have.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A time in which a version stood under an alias or in a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ModelHistory {
    /// Sorts by when it began.
    pub id: String,
    /// `alias` or `stage`.
    pub kind: String,
    /// The alias or stage.
    pub label: String,
    /// The version.
    pub version: String,
    /// UTC milliseconds.
    pub began_at: i64,
    /// Who put it there.
    pub began_by: String,
    /// UTC milliseconds; left out while it stands there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<i64>,
    /// Who took it away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<String>,
}

/// An alias that was rolled back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ModelAlias {
    /// The alias.
    pub alias: String,
    /// The version that it names now.
    pub version: String,
    /// The version that it named until now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rolled_back_from: Option<String>,
}
