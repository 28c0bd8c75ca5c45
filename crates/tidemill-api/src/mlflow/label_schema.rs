//! Label schemas on the wire: the questions that reviewers of traces answer.

use serde::{Deserialize, Serialize};

use super::lenient;
use super::schema::{Check, Request, Schema};

/// What an answer becomes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LabelSchemaType {
    /// Not told.
    #[default]
    Unspecified,
    /// What was found.
    Feedback,
    /// What would have been right.
    Expectation,
}

lenient::proto_enum!(LabelSchemaType {
    0 => Unspecified = "LABEL_SCHEMA_TYPE_UNSPECIFIED", 1 => Feedback = "FEEDBACK", 2 => Expectation = "EXPECTATION",
});

/// A thumb up or down.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InputPassFail {
    /// What up means.
    pub positive_label: String,
    /// What down means.
    pub negative_label: String,
}

/// One of a list, or several.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InputCategorical {
    /// What there is to choose.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// Whether several may be chosen.
    pub multi_select: bool,
}

/// A number.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InputNumeric {
    /// Not less than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_value: Option<f64>,
    /// Not more than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_value: Option<f64>,
}

/// A text.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct InputText {
    /// In characters.
    #[serde(
        deserialize_with = "lenient::opt_int",
        skip_serializing_if = "Option::is_none"
    )]
    pub max_length: Option<i64>,
}

/// How a question is answered: exactly one of these.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LabelSchemaInput {
    /// A thumb up or down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pass_fail: Option<InputPassFail>,
    /// One of a list, or several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub categorical: Option<InputCategorical>,
    /// A number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub numeric: Option<InputNumeric>,
    /// A text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<InputText>,
}

/// One question.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LabelSchema {
    /// `ls-` and 32 hex digits.
    pub schema_id: String,
    /// The experiment that it belongs to.
    pub experiment_id: String,
    /// As reviewers read it.
    pub name: String,
    /// What an answer becomes.
    #[serde(rename = "type")]
    pub kind: LabelSchemaType,
    /// More about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instruction: Option<String>,
    /// Whether a reviewer may say why.
    pub enable_comment: bool,
    /// How it is answered.
    pub input: LabelSchemaInput,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// Milliseconds since 1970.
    pub last_updated_at: i64,
    /// Whether it is the one that every experiment has.
    pub is_default: bool,
}

/// `POST label-schemas/create`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateLabelSchema {
    /// Of which experiment.
    pub experiment_id: String,
    /// As reviewers read it.
    pub name: String,
    /// What an answer becomes.
    #[serde(rename = "type")]
    pub kind: LabelSchemaType,
    /// How it is answered.
    pub input: LabelSchemaInput,
    /// More about it.
    pub instruction: Option<String>,
    /// Whether a reviewer may say why.
    pub enable_comment: bool,
}

impl Request for CreateLabelSchema {
    const SCHEMA: Schema = &[
        ("experiment_id", &[Check::Required, Check::Text]),
        ("name", &[Check::Required, Check::Text]),
    ];
}

/// `GET label-schemas/get`, `DELETE label-schemas/delete`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LabelSchemaId {
    /// Which one.
    pub schema_id: String,
}

impl Request for LabelSchemaId {
    const SCHEMA: Schema = &[("schema_id", &[Check::Required, Check::Text])];
}

/// `GET label-schemas/get-by-name`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LabelSchemaName {
    /// Of which experiment.
    pub experiment_id: String,
    /// As reviewers read it.
    pub name: String,
}

impl Request for LabelSchemaName {
    const SCHEMA: Schema = &[
        ("experiment_id", &[Check::Required, Check::Text]),
        ("name", &[Check::Required, Check::Text]),
    ];
}

/// `GET label-schemas/list`
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ListLabelSchemas {
    /// Of which experiment.
    pub experiment_id: String,
    /// At most this many; 100 without it.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub max_results: Option<i64>,
    /// Where to go on.
    pub page_token: Option<String>,
}

impl Request for ListLabelSchemas {
    const SCHEMA: Schema = &[
        ("experiment_id", &[Check::Required, Check::Text]),
        ("max_results", &[Check::Int]),
    ];
}

/// Questions.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct LabelSchemasResponse {
    /// The questions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub label_schemas: Vec<LabelSchema>,
    /// Where to go on; empty at the end.
    pub next_page_token: String,
}

/// `PATCH label-schemas/update`: what is not given stays.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateLabelSchema {
    /// Which one.
    pub schema_id: String,
    /// As reviewers read it.
    pub name: Option<String>,
    /// More about it.
    pub instruction: Option<String>,
    /// Whether a reviewer may say why.
    pub enable_comment: Option<bool>,
    /// How it is answered, in the same way as before.
    pub input: Option<LabelSchemaInput>,
}

impl Request for UpdateLabelSchema {
    const SCHEMA: Schema = &[("schema_id", &[Check::Required, Check::Text])];
}

/// One question.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct LabelSchemaResponse {
    /// The question.
    pub label_schema: LabelSchema,
}
