//! Expectations: what a table has to be like, as people write it, and what came of it.
//!
//! A file of them is generated from a profile, edited by hand, and kept with the project. Each bound may be a warning
//! instead of an error.

mod check;
mod generate;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::drift::DriftOptions;

pub use check::{bounded, check};
pub use generate::generate;

/// What a table has to be like.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(
    default,
    deny_unknown_fields,
    expecting = "expectations by name, as in `columns: {…}`"
)]
pub struct Expectations {
    /// Where the table lies in the data, for data of several tables.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Further tables of the data, by the names that rules give them: paths in it.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub tables: IndexMap<String, String>,
    /// Rules in SQL, by name.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub rules: IndexMap<String, Rule>,
    /// Rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<Bound>,
    /// The share of rows that are there already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicate_share: Option<Bound>,
    /// Columns that are not named here are errors.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub only_these_columns: bool,
    /// The columns.
    pub columns: IndexMap<String, ColumnExpectations>,
    /// Drift against a baseline, where one is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift: Option<DriftExpectation>,
}

/// A rule in SQL, over the tables `data`, `baseline` (where one is given) and those of [`Expectations::tables`]. Without an
/// interval it selects rows that must not be there; with one, a single number that must lie in it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a rule, as in {sql: select …}")]
pub struct Rule {
    /// The query.
    pub sql: String,
    /// Its number is not less than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// Its number is not more than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// How grave it is.
    #[serde(skip_serializing_if = "Level::is_error")]
    pub level: Level,
}

impl Rule {
    /// The interval of its number, where it has one.
    pub fn bound(&self) -> Option<Bound> {
        (self.min.is_some() || self.max.is_some()).then_some(Bound {
            min: self.min,
            max: self.max,
            level: self.level,
        })
    }
}

/// How grave it is when an expectation is not met.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The table is not to be used.
    #[default]
    Error,
    /// Somebody should look.
    Warning,
}

impl Level {
    fn is_error(&self) -> bool {
        *self == Self::Error
    }
}

/// An interval of a number, with both ends in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(
    default,
    deny_unknown_fields,
    expecting = "an interval, as in {min: 0, max: 10}"
)]
pub struct Bound {
    /// Not less than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// Not more than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// How grave it is.
    #[serde(skip_serializing_if = "Level::is_error")]
    pub level: Level,
}

/// What a column has to be like.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ColumnExpectations {
    /// `integer`, `float`, `text`, …; `number` for any number.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The column may be absent.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
    /// No value comes twice.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unique: bool,
    /// The only values there may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<Categories>,
    /// Statistics in their intervals: `missing_share`, `distinct`, `min`, `max`, `mean`, `standard_deviation`, `skewness`,
    /// `kurtosis`, `zero_share`, `nan`, `infinite`, `quantile 0.95`, `length_mean`, `length_max`, `empty_share`, `words`,
    /// `word_length`, `stop_words`, `sentiment`, `language eng`, `pattern email`, `share of VALUE`.
    #[serde(flatten)]
    pub statistics: IndexMap<String, Bound>,
}

/// The only values that there may be.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "values, as in {only: [a, b]}")]
pub struct Categories {
    /// The values.
    pub only: Vec<Value>,
    /// How grave it is.
    #[serde(skip_serializing_if = "Level::is_error")]
    pub level: Level,
}

/// What is expected of the distance to a baseline.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(
    default,
    deny_unknown_fields,
    expecting = "what is expected of drift, as in {max_columns: 0}"
)]
pub struct DriftExpectation {
    /// So many columns may have drifted.
    pub max_columns: usize,
    /// These are not looked at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub but: Vec<String>,
    /// These alone are looked at; all of them where none is named.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<String>,
    /// How grave it is.
    #[serde(skip_serializing_if = "Level::is_error")]
    pub level: Level,
    /// How columns are compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub options: Option<DriftOptions>,
    /// A column alarms when it has drifted in so many versions in a row: [`WINDOWS`] where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub windows: Option<usize>,
}

/// Versions in a row in which a column has to drift before it alarms, where nothing else is said: what comes once and goes is no
/// change of the world.
pub const WINDOWS: usize = 2;

/// What came of an expectation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The column; `None` for the table.
    pub column: Option<String>,
    /// What was expected, as in `mean is from 5 to 20`.
    pub expected: String,
    /// What was found.
    pub found: String,
    /// It is met.
    pub met: bool,
    /// How grave it is where it is not.
    pub level: Level,
}

/// What came of all expectations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Validation {
    /// No error; there may be warnings.
    pub passed: bool,
    /// Expectations that are not met and are errors.
    pub errors: usize,
    /// Expectations that are not met and are warnings.
    pub warnings: usize,
    /// Every expectation, those that are not met first.
    pub outcomes: Vec<Outcome>,
    /// The distance to the baseline, where there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub drift: Option<crate::drift::Drift>,
    /// The table that was looked at, in data of several.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub path: Option<String>,
    /// Columns that have drifted, without those that nobody is to look at.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub drifted: Vec<String>,
    /// A column alarms when it has drifted in so many versions in a row.
    #[serde(default = "windows")]
    pub windows: usize,
}

fn windows() -> usize {
    WINDOWS
}
