//! Queries over data, on the wire.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// A format of answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum QueryFormat {
    /// An object: columns with their types, rows as objects, and whether rows were left out.
    #[default]
    Json,
    /// One object a line.
    JsonLines,
    /// Values with commas between them, below a header.
    Csv,
    /// Arrow IPC, as a file (Feather version 2).
    Arrow,
    /// Apache Parquet.
    Parquet,
}

/// A query.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QueryRequest {
    /// One statement that reads: SELECT, WITH, VALUES, EXPLAIN, DESCRIBE or SHOW COLUMNS. A table is a version of data:
    /// `flights` is the latest one, `"flights:7"` and `"flights@latest"` are named exactly. Case matters in names.
    pub sql: String,
    /// Other names for versions, such as `{"f": "azureml:flights:7"}`.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    #[schema(value_type = std::collections::HashMap<String, String>)]
    pub tables: IndexMap<String, String>,
    /// The format of the answer.
    #[serde(default)]
    pub format: QueryFormat,
    /// Rows at most; 1,000 for JSON, and what the server allows elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Seconds until it is cancelled; no more than the server allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_s: Option<u64>,
    /// A uniform sample of this many of the rows, instead of all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<u64>,
    /// The same seed over the same version gives the same sample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// The rows as they stand in the files: one thread reads them in order.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_order: bool,
}

/// A column of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QueryColumn {
    /// Its name.
    pub name: String,
    /// Its Arrow type.
    pub r#type: String,
}

/// The answer in the format `json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct QueryAnswer {
    /// The columns.
    pub columns: Vec<QueryColumn>,
    /// The rows: objects by the names of the columns.
    pub rows: Vec<Value>,
    /// Rows in the answer.
    pub row_count: u64,
    /// There are more rows than were asked for.
    pub truncated: bool,
    /// Of a comparison: how many rows were added, removed, changed, and in which columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Value>,
}

/// A comparison of two versions, row by row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DiffRequest {
    /// The earlier version, such as `azureml:flights:1`.
    pub before: String,
    /// The later version, such as `azureml:flights:2`.
    pub after: String,
    /// The columns that name a row.
    pub key: Vec<String>,
    /// The format of the rows that differ.
    #[serde(default)]
    pub format: QueryFormat,
    /// Rows at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Seconds until it is cancelled; no more than the server allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_s: Option<u64>,
}

/// A validation of a version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ValidationRequest {
    /// What is expected, as the YAML of expectations has it (`docs/data-profile.md`).
    pub expectations: Value,
    /// The version to compare with, such as `azureml:flights:1`; where it is not given, the one with the label `baseline`, if
    /// there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<String>,
}

/// What came of a validation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ValidationAnswer {
    /// Its id in the history of the asset.
    pub id: String,
    /// `passed`, `errors`, `warnings`, `outcomes` (`column`, `expected`, `found`, `met`, `level`) and `drift`.
    pub validation: Value,
    /// The profile of the table.
    pub profile: Value,
}

/// A validation in the history of an asset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DataValidation {
    /// Its id.
    pub id: String,
    /// The version that was validated.
    pub version: String,
    /// The table in it; empty where it is one.
    pub table: String,
    /// When: UTC milliseconds.
    pub validated_at: i64,
    /// Who asked for it.
    pub principal: String,
    /// The job whose step it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// What it was compared with, such as `azureml:flights:1`; empty for nothing.
    pub baseline: String,
    /// No expectation of level error was broken.
    pub passed: bool,
    /// Expectations that are not met and are errors.
    pub errors: u64,
    /// Expectations that are not met and are warnings.
    pub warnings: u64,
    /// All expectations.
    pub expectations: u64,
    /// Columns that were compared with the baseline.
    pub compared: u64,
    /// Columns that had drifted.
    pub drifted: Vec<String>,
    /// Columns that alarm: they have drifted in several versions in a row.
    pub alarms: Vec<DataAlarm>,
}

/// A column that has drifted in several versions in a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DataAlarm {
    /// The column.
    pub column: String,
    /// Versions in a row in which it has drifted.
    pub windows: u64,
    /// The first of them.
    pub since: String,
}
