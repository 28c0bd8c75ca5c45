//! Assessments of traces on the wire: feedback, expectations and issues.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::lenient;
use super::schema::{Check, Request, Schema};
use super::trace::Texts;

/// What a trace was found to be.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Assessment {
    /// `a-` and 32 hex digits.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub assessment_id: String,
    /// What is assessed.
    pub assessment_name: String,
    /// Which trace.
    pub trace_id: String,
    /// Which of its spans.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span_id: Option<String>,
    /// Who says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<AssessmentSource>,
    /// RFC 3339, in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub create_time: Option<String>,
    /// RFC 3339, in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_update_time: Option<String>,
    /// What was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feedback: Option<Feedback>,
    /// What would have been right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expectation: Option<Expectation>,
    /// A problem that it shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issue: Option<Issue>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rationale: Option<String>,
    /// More about it.
    #[serde(skip_serializing_if = "Texts::is_empty")]
    pub metadata: Texts,
    /// The assessment that it stands for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overrides: Option<String>,
    /// Whether it still counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid: Option<bool>,
}

/// What kind of judge.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SourceType {
    /// Not said.
    #[default]
    Unspecified,
    /// Somebody.
    Human,
    /// A language model.
    LlmJudge,
    /// A program.
    Code,
}

lenient::proto_enum!(SourceType {
    0 => Unspecified = "SOURCE_TYPE_UNSPECIFIED", 1 => Human = "HUMAN", 2 => LlmJudge = "LLM_JUDGE", 3 => Code = "CODE"
});

/// Who assessed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AssessmentSource {
    /// What kind of judge.
    pub source_type: SourceType,
    /// Which one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Feedback {
    /// Any JSON.
    pub value: Value,
    /// Why there is no value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Value>,
}

/// What would have been right.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Expectation {
    /// A text, number or truth value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// Anything else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serialized_value: Option<SerializedValue>,
}

/// A value as text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SerializedValue {
    /// `JSON_FORMAT`
    pub serialization_format: String,
    /// The text.
    pub value: String,
}

/// A problem.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Issue {
    /// As people call it.
    pub issue_name: String,
}

/// `POST traces/{trace_id}/assessments`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateAssessment {
    /// Which trace.
    pub trace_id: String,
    /// What is said of it.
    pub assessment: Assessment,
}

impl Request for CreateAssessment {
    const SCHEMA: Schema = &[("assessment", &[Check::Required])];
}

/// `GET` and `DELETE traces/{trace_id}/assessments/{assessment_id}`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AssessmentId {
    /// Which trace.
    pub trace_id: String,
    /// Which assessment.
    pub assessment_id: String,
}

impl Request for AssessmentId {
    const SCHEMA: Schema = &[];
}

/// `PATCH traces/{trace_id}/assessments/{assessment_id}`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateAssessment {
    /// Which trace.
    pub trace_id: String,
    /// Which assessment.
    pub assessment_id: String,
    /// What changes.
    pub assessment: Assessment,
    /// Names of what changes, with commas between.
    pub update_mask: String,
}

impl Request for UpdateAssessment {
    const SCHEMA: Schema = &[
        ("assessment", &[Check::Required]),
        ("update_mask", &[Check::Required]),
    ];
}

/// One assessment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AssessmentResponse {
    /// The assessment.
    pub assessment: Assessment,
}
