//! Issues on the wire: problems that traces show.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::lenient;
use super::schema::{Check, Request, Schema};
use super::trace::Texts;

/// One issue.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Issue {
    /// `iss-` and more.
    pub issue_id: String,
    /// The experiment that it belongs to.
    pub experiment_id: String,
    /// As people call it.
    pub name: String,
    /// Markdown.
    pub description: String,
    /// `pending`, `rejected` or `resolved`.
    pub status: String,
    /// `not_an_issue`, `low`, `medium` or `high`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    /// Why it happens.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub root_causes: Vec<String>,
    /// The run that found it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_run_id: Option<String>,
    /// Milliseconds since 1970.
    pub created_timestamp: i64,
    /// Milliseconds since 1970.
    pub last_updated_timestamp: i64,
    /// Who made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// Of which kinds it is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// How many traces show it, when that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_count: Option<i64>,
    /// Milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_seen_timestamp: Option<i64>,
    /// Who changed it last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_updated_by: Option<String>,
    /// What programs keep with it.
    #[serde(skip_serializing_if = "Texts::is_empty")]
    pub metadata: Texts,
}

/// `POST issues`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateIssue {
    /// Of which experiment.
    pub experiment_id: String,
    /// As people call it.
    pub name: String,
    /// Markdown.
    pub description: String,
    /// `pending` without it.
    pub status: Option<String>,
    /// How bad it is.
    pub severity: Option<String>,
    /// Why it happens.
    pub root_causes: Vec<String>,
    /// The run that found it.
    pub source_run_id: Option<String>,
    /// Who makes it, where nobody signs in.
    pub created_by: Option<String>,
    /// Of which kinds it is.
    pub categories: Vec<String>,
    /// The caller's own id for it.
    pub issue_id: Option<String>,
    /// Milliseconds since 1970; now without it.
    pub last_seen_timestamp: Option<Value>,
    /// A map of texts.
    pub metadata: Option<Value>,
}

impl Request for CreateIssue {
    const SCHEMA: Schema = &[
        ("name", &[Check::Required, Check::Text]),
        ("description", &[Check::Required, Check::Text]),
        ("experiment_id", &[Check::Required, Check::Text]),
        ("status", &[Check::Text]),
        ("severity", &[Check::Text]),
        ("root_causes", &[Check::Array, Check::Texts]),
        ("source_run_id", &[Check::Text]),
        ("created_by", &[Check::Text]),
        ("categories", &[Check::Array, Check::Texts]),
        ("issue_id", &[Check::Text]),
    ];
}

/// `PATCH issues/{issue_id}`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateIssue {
    /// Which one.
    pub issue_id: String,
    /// As people call it.
    pub name: Option<String>,
    /// Markdown.
    pub description: Option<String>,
    /// How it stands.
    pub status: Option<String>,
    /// How bad it is.
    pub severity: Option<String>,
    /// All of its kinds; an empty list takes them away.
    pub categories: Option<Vec<String>>,
    /// Milliseconds since 1970; an earlier time than that which is known changes nothing.
    pub last_seen_timestamp: Option<Value>,
    /// Who changes it, where nobody signs in.
    pub last_updated_by: Option<String>,
    /// A map of texts, which is added to that which is there.
    pub metadata: Option<Value>,
    /// Keys that go.
    pub delete_metadata_keys: Vec<String>,
}

impl Request for UpdateIssue {
    const SCHEMA: Schema = &[
        ("issue_id", &[Check::Required, Check::Text]),
        ("name", &[Check::Text]),
        ("description", &[Check::Text]),
        ("status", &[Check::Text]),
        ("severity", &[Check::Text]),
        ("categories", &[Check::Array, Check::Texts]),
        ("last_updated_by", &[Check::Text]),
        ("delete_metadata_keys", &[Check::Array, Check::Texts]),
    ];
}

/// `GET issues/{issue_id}`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct GetIssue {
    /// Which one.
    pub issue_id: String,
}

impl Request for GetIssue {
    const SCHEMA: Schema = &[];
}

/// One issue.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct IssueResponse {
    /// The issue.
    pub issue: Issue,
}

/// `POST issues/search`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SearchIssues {
    /// Of which experiment; of all of them without it.
    pub experiment_id: Option<String>,
    /// `status` and `source_run_id` with `=` and `!=`.
    pub filter_string: Option<String>,
    /// At most this many; 100 without it.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub max_results: Option<i64>,
    /// Where to go on.
    pub page_token: Option<String>,
    /// Whether to count the traces that show each.
    pub include_trace_count: bool,
    /// A part of the name, in small or large letters.
    pub name: Option<String>,
    /// One of these.
    pub statuses: Vec<String>,
    /// One of these.
    pub severities: Vec<String>,
    /// One of these, in small or large letters.
    pub categories: Vec<String>,
    /// `name`, `status`, `severity` or a timestamp, each with `ASC` or `DESC`.
    pub order_by: Vec<String>,
    /// Whether to count all that fit.
    pub include_total_count: bool,
    /// `basic` leaves descriptions, causes and metadata out.
    pub view: Option<String>,
}

impl Request for SearchIssues {
    const SCHEMA: Schema = &[
        ("experiment_id", &[Check::Text]),
        ("filter_string", &[Check::Text]),
        ("max_results", &[Check::Int]),
        ("page_token", &[Check::Text]),
        ("include_trace_count", &[Check::Bool]),
        ("name", &[Check::Text]),
        ("statuses", &[Check::Array, Check::Texts]),
        ("severities", &[Check::Array, Check::Texts]),
        ("categories", &[Check::Array, Check::Texts]),
        ("order_by", &[Check::Array, Check::Texts]),
        ("include_total_count", &[Check::Bool]),
        ("view", &[Check::Text]),
    ];
}

/// What was found.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct SearchIssuesResponse {
    /// The issues.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub issues: Vec<Issue>,
    /// Where to go on; empty at the end.
    pub next_page_token: String,
    /// How many fit, when that was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_count: Option<usize>,
}
