//! The wire of MLflow 3.18: requests, answers, errors and limits. Names are snake_case, 64-bit numbers are numbers,
//! what isn't set isn't there.

pub mod artifact;
pub mod assessment;
pub mod error;
pub mod eval_dataset;
pub mod experiment;
pub mod issue;
pub mod label_schema;
pub mod lenient;
pub mod logged_model;
pub mod metric;
pub mod model_version;
mod quick;
pub mod registered_model;
pub mod review_queue;
pub mod rule;
pub mod run;
pub mod run_input;
pub mod schema;
pub mod scorer;
pub mod trace;
pub mod webhook;
pub mod workspace;

pub use error::{ErrorBody, ErrorCode};
pub use schema::{Check, Request, Schema, read_json, read_query};

use serde::{Deserialize, Serialize};

/// A key and a text: tags and parameters of everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct KeyValue {
    /// The key.
    pub key: String,
    /// The text.
    pub value: String,
}

impl KeyValue {
    /// A pair.
    pub fn new(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            value: value.into(),
        }
    }
}

/// An answer without content.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Empty {}

/// Which of the living and the deleted are wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ViewType {
    /// What isn't deleted.
    #[default]
    ActiveOnly,
    /// What is deleted.
    DeletedOnly,
    /// Both.
    All,
}

lenient::proto_enum!(ViewType { 1 => ActiveOnly = "ACTIVE_ONLY", 2 => DeletedOnly = "DELETED_ONLY", 3 => All = "ALL" });
