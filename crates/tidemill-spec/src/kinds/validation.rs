//! The validation of a model: what must hold before it is good enough. A Tidemill extension.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::EnvironmentRef;
use crate::refs::{CodeRef, ComputeRef};
use crate::value::Literal;

/// What a version of a model is held against: bandwidths of its metrics, its champion, slices, tests and budgets.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Validation {
    /// Always `validation`.
    #[serde(default)]
    pub r#type: ValidationType,
    /// Its name, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What the model tells: a class or a number.
    pub task: ValidationTask,
    /// The column that it tells.
    pub target: String,
    /// Of two classes the one whose probability is looked at; the larger one where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub positive: Option<Literal>,
    /// The probability from which on the positive class is told; 0.5 where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    /// The columns that the model sees; those of its signature, else all but the target, where nothing is said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<String>,
    /// The table in the data, such as `test.parquet`; the data itself where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// What makes the table of the data, where the model does not see the data as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prepare: Option<ValidationPrepare>,
    /// The data that the model was trained on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub training: Option<TrainingData>,
    /// The scoring script; the `pyfunc` flavour of an MLflow model where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scoring: Option<ValidationScoring>,
    /// The software that it runs in; what the model says where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<EnvironmentRef>,
    /// Variables of its process.
    #[serde(
        default,
        deserialize_with = "crate::de::with::text_map",
        skip_serializing_if = "IndexMap::is_empty"
    )]
    #[schemars(with = "IndexMap<String, Option<crate::value::Literal>>")]
    pub environment_variables: IndexMap<String, String>,
    /// Where it runs; the workspace's default where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compute: Option<ComputeRef>,
    /// The model that it must not be worse than: `azureml:NAME@ALIAS`, `azureml:NAME:VERSION`, or `stage:PRD` for the one that a
    /// release brought there. Where there is none yet, what is held against it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub champion: Option<String>,
    /// The bandwidth of each metric.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub metrics: IndexMap<String, Bandwidth>,
    /// The model fitted anew on parts of the data, and scored on the rest: scikit-learn estimators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cross_validation: Option<CrossValidation>,
    /// The data must be newer than what the model was trained on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newer_than_training: Option<NewerThanTraining>,
    /// How far a metric may differ between parts of the data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slices: Vec<SliceRule>,
    /// Tests of its behaviour, run by pytest in the environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub behaviour: Option<BehaviourTests>,
    /// Its budgets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<ValidationLimits>,
    /// How the importance of columns is measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub importance: Option<Importance>,
}

/// The word that says what the document is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ValidationType {
    /// `validation`
    #[default]
    Validation,
}

/// What a model tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ValidationTask {
    /// A class.
    #[default]
    Classification,
    /// A number.
    Regression,
}

/// What makes a table of the data.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ValidationPrepare {
    /// The folder of its code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<CodeRef>,
    /// What runs in that folder, in bash: it reads `$DATA` and writes into the folder `$PREPARED`.
    pub command: String,
}

/// What a model was trained on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrainingData {
    /// The data, as `azureml:NAME:VERSION`; what the lineage of the model names of the same name where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// The table in it, after it was prepared; that of the data where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
}

/// A scoring script, as a deployment has it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ValidationScoring {
    /// The folder of its code.
    pub code: Option<CodeRef>,
    /// The script in it: `init()` and `run(data)`.
    pub scoring_script: String,
    /// The field of its answer that holds a prediction a row; the answer itself where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
}

/// Between which values a metric must lie.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bandwidth {
    /// Not less than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// Not more than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// Not worse than the champion by more than this, on the same rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub champion: Option<f64>,
    /// Of several folds: not more than this between the best and the worst.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spread: Option<f64>,
}

/// How a model is cross-validated.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CrossValidation {
    /// Into how many parts the data is cut; 5 where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folds: Option<u32>,
    /// The most rows that are used, drawn by lot; 20,000 where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u32>,
    /// The bandwidth of each metric: of its mean over the folds, and of its spread.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub metrics: IndexMap<String, Bandwidth>,
}

/// The data must be newer than what the model was trained on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewerThanTraining {
    /// The column that tells: a time or a number. Its greatest value must be greater than that of the training data.
    pub column: String,
}

/// How far a metric may differ between parts of the data.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SliceRule {
    /// The column whose values make the parts.
    pub column: String,
    /// The metric.
    pub metric: String,
    /// The most that the best part may be better than the worst; only shown where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_difference: Option<f64>,
    /// Parts with fewer rows do not count; 30 where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_rows: Option<u32>,
}

/// Tests of a model's behaviour.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BehaviourTests {
    /// The folder of the tests. They find the model at `AZUREML_MODEL_DIR`, the table as CSV at `VALIDATION_TABLE`, and the
    /// scoring script's folder on their path.
    pub tests: Option<CodeRef>,
}

/// What a model may cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ValidationLimits {
    /// The most bytes of its files, in MB (10⁶).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_mb: Option<f64>,
    /// The longest that it may take to load, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load_seconds: Option<f64>,
    /// The longest that 99 of 100 requests of one row may take, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_p99_ms: Option<f64>,
    /// The most memory that its process may have after it was loaded, in MB (10⁶).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_mb: Option<f64>,
}

/// How the importance of columns is measured: a column's values are shuffled, and the loss of quality is what it is worth.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Importance {
    /// On how many rows; 1,000 where nothing is said, 0 for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u32>,
    /// How often each column is shuffled; 3 where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeats: Option<u32>,
}
