//! Break-glass on the wire.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Somebody asks to change the last stage without a release.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OpenBreakGlass {
    /// Why; 10 characters at least.
    #[serde(default)]
    pub reason: String,
    /// How long it counts once somebody else has agreed: 1 to 240; 60 where nothing is said.
    #[serde(default)]
    pub minutes: Option<i64>,
}

/// One asking, and what came of it. They are never removed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BreakGlass {
    /// Sorts by time.
    pub id: String,
    /// The workspace.
    pub workspace: String,
    /// `Asked`, `Open`, `Closed` or `Expired`.
    pub state: String,
    /// Why.
    pub reason: String,
    /// How long it counts once it is agreed to.
    pub minutes: i64,
    /// Who asked, and may act while it is open.
    pub asked_by: String,
    /// Who agreed.
    pub approved_by: Option<String>,
    /// Who ended it early.
    pub closed_by: Option<String>,
    /// How many changes it was used for.
    pub uses: i64,
    /// UTC milliseconds.
    pub asked_at: i64,
    /// UTC milliseconds.
    pub approved_at: Option<i64>,
    /// UTC milliseconds.
    pub expires_at: i64,
}

/// Those of a workspace, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BreakGlasses {
    /// The askings.
    pub items: Vec<BreakGlass>,
}
