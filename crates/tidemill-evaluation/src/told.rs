//! What the process that scored a model wrote down beside its arrays.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// What was written down. Fields that a validation does not ask for are empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// The version of this format: 1.
    pub format: u32,
    /// Rows of the table.
    pub rows: u64,
    /// Of those, rows that were left out since nobody knows their target.
    pub rows_without_target: u64,
    /// The columns that the model saw, in order.
    pub features: Vec<String>,
    /// The classes, in the order of their codes.
    #[serde(default)]
    pub classes: Vec<String>,
    /// Seconds that loading took, imports included.
    pub load_seconds: f64,
    /// Resident memory of the process once the model was loaded, in bytes.
    pub memory_bytes: u64,
    /// Milliseconds of each request of one row.
    #[serde(default)]
    pub latency_ms: Vec<f64>,
    /// How many answers were NaN or infinite.
    #[serde(default)]
    pub not_numbers: u64,
    /// How columns were shuffled.
    #[serde(default)]
    pub permuted: Option<Permuted>,
    /// The names of the parts of each sliced column, in the order of their codes.
    #[serde(default)]
    pub slices: IndexMap<String, Vec<String>>,
    /// How many folds there were.
    #[serde(default)]
    pub folds: Option<u32>,
    /// Why there were none.
    #[serde(default)]
    pub folds_failed: Option<String>,
    /// Why the champion was not scored.
    #[serde(default)]
    pub champion_failed: Option<String>,
    /// The greatest values of the column of time.
    #[serde(default)]
    pub newest: Option<Newest>,
    /// The file of the table that was scored.
    pub table: String,
    /// The file of what the model was trained on.
    #[serde(default)]
    pub training_table: Option<String>,
    /// What became of the behaviour tests.
    #[serde(default)]
    pub tests: Option<Tests>,
    /// The version of Python.
    pub python: String,
    /// What was installed.
    #[serde(default)]
    pub packages: IndexMap<String, String>,
    /// The parameters of the model.
    #[serde(default)]
    pub parameters: IndexMap<String, String>,
    /// Where each array lies: its first double, and how many.
    #[serde(default)]
    pub arrays: IndexMap<String, (u64, u64)>,
}

/// How columns were shuffled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permuted {
    /// How often each.
    pub repeats: u32,
    /// On how many rows.
    pub rows: u64,
}

/// The greatest values of the column of time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Newest {
    /// In the data.
    pub data: Option<Greatest>,
    /// In what the model was trained on; none where nobody knows.
    pub training: Option<Greatest>,
}

/// A greatest value.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Greatest {
    /// As a number: a time in seconds since 1970.
    pub number: f64,
    /// As people read it.
    pub shown: String,
}

/// What became of the behaviour tests.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Tests {
    /// Why they could not be run, or not all of them.
    pub failed: Option<String>,
    /// Each test.
    pub cases: Vec<Case>,
}

/// One test.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// `passed`, `failed` or `skipped`.
    pub outcome: String,
    /// Why.
    pub says: String,
    /// How long it took, in seconds.
    pub seconds: f64,
}
