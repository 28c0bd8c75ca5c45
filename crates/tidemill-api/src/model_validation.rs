//! Validations of models on the wire.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// What a version of a model is to be held against.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ModelValidationRequest {
    /// The fields of the validation's YAML.
    #[schema(value_type = Object)]
    pub spec: Value,
    /// The data that it is scored on, as `azureml:NAME:VERSION` or `azureml:NAME@LABEL`.
    pub data: String,
    /// The champion, instead of the one that the specification names.
    #[serde(default)]
    pub champion: Option<String>,
}

/// A validation of a version of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ModelValidation {
    /// Sorts by time.
    pub id: String,
    /// The model.
    pub model: String,
    /// Its version.
    pub version: String,
    /// The digest of its files.
    pub digest: String,
    /// `Running`; `Passed` or `Failed`; `Broken` where it could not be done.
    pub state: String,
    /// Why it failed or broke off.
    pub reason: Option<String>,
    /// The job that scores the model.
    pub job: String,
    /// What it is scored on.
    pub data: String,
    /// What it is held against.
    pub champion: Option<String>,
    /// What it was trained on.
    pub training: Option<String>,
    /// What was asked.
    #[schema(value_type = Object)]
    pub spec: Value,
    /// Each metric.
    #[schema(value_type = std::collections::HashMap<String, f64>)]
    pub metrics: IndexMap<String, f64>,
    /// Each check: `check`, `of`, `passed`, `says`, `found`.
    #[schema(value_type = Vec<Object>)]
    pub checks: Value,
    /// All that was found; not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub result: Option<Value>,
    /// Who asked for it.
    pub created_by: String,
    /// UTC milliseconds.
    pub created_at: i64,
    /// UTC milliseconds.
    pub ended_at: Option<i64>,
}

/// Validations, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ModelValidations {
    /// The validations.
    pub items: Vec<ModelValidation>,
}

/// What is asked of a list of validations.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, IntoParams)]
pub struct ModelValidationListQuery {
    /// Those of one version alone.
    pub version: Option<i64>,
}
