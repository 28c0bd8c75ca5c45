//! The error body of REST v1: problem details (RFC 9457), with Tidemill's stable code and a hint.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An error as clients see it, `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Always `about:blank`: the code says more.
    #[serde(default = "about_blank")]
    pub r#type: String,
    /// HTTP reason phrase.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// What went wrong, naming the thing.
    pub detail: String,
    /// Stable code: `not_found conflict invalid forbidden unauthenticated precondition capacity unavailable timeout internal`.
    pub code: String,
    /// What to do next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The request, as the server's log knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

fn about_blank() -> String {
    "about:blank".to_owned()
}
