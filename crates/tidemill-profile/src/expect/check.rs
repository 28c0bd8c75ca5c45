//! A profile against expectations.

use serde_json::Value;

use super::{
    Bound, Categories, ColumnExpectations, DriftExpectation, Expectations, Level, Outcome, Validation,
    WINDOWS,
};
use crate::drift::{Drift, Verdict};
use crate::profile::{ColumnProfile, Likelihood, Profile};
use crate::report::number;

/// Checks a profile, and the distance to a baseline where there is one.
pub fn check(expectations: &Expectations, profile: &Profile, drift: Option<Drift>) -> Validation {
    let mut outcomes = Vec::new();
    if let Some(bound) = &expectations.rows {
        outcomes.push(bounded(None, "rows", Some(profile.rows as f64), bound));
    }
    if let Some(bound) = &expectations.duplicate_share {
        let share = profile.duplicate_rows.value / (profile.rows as f64).max(1.0);
        outcomes.push(bounded(None, "duplicate_share", Some(share), bound));
    }
    if expectations.only_these_columns {
        let more = profile
            .columns
            .iter()
            .map(|column| column.name.as_str())
            .filter(|name| !expectations.columns.contains_key(*name));
        let more: Vec<&str> = more.collect();
        outcomes.push(Outcome {
            column: None,
            expected: "no other columns".to_owned(),
            found: if more.is_empty() {
                "none".to_owned()
            } else {
                more.join(", ")
            },
            met: more.is_empty(),
            level: Level::Error,
        });
    }
    for (name, expected) in &expectations.columns {
        match profile.column(name) {
            Some(column) => self::column(expected, column, &mut outcomes),
            None if expected.optional => {}
            None => outcomes.push(outcome(
                name,
                "the column is there",
                "it is not",
                false,
                Level::Error,
            )),
        }
    }
    let asked = expectations.drift.clone().unwrap_or_default();
    let drifted = drift
        .as_ref()
        .map(|drift| names(&asked, drift))
        .unwrap_or_default();
    if let (Some(expected), Some(_)) = (&expectations.drift, &drift) {
        outcomes.push(few_drifted(expected, &drifted));
    }
    Validation {
        path: expectations.path.clone(),
        drifted,
        windows: asked.windows.unwrap_or(WINDOWS).max(1),
        ..Validation::of(outcomes, drift)
    }
}

impl Validation {
    /// What came of expectations.
    pub fn of(mut outcomes: Vec<Outcome>, drift: Option<Drift>) -> Self {
        outcomes.sort_by_key(|outcome| (outcome.met, outcome.level));
        let count = |level| {
            outcomes
                .iter()
                .filter(|outcome| !outcome.met && outcome.level == level)
                .count()
        };
        let (errors, warnings) = (count(Level::Error), count(Level::Warning));
        Self {
            passed: errors == 0,
            errors,
            warnings,
            outcomes,
            drift,
            path: None,
            drifted: Vec::new(),
            windows: WINDOWS,
        }
    }

    /// With more outcomes, such as those of rules.
    #[must_use]
    pub fn with(self, more: Vec<Outcome>) -> Self {
        let Self {
            mut outcomes,
            drift,
            path,
            drifted,
            windows,
            ..
        } = self;
        outcomes.extend(more);
        Self {
            path,
            drifted,
            windows,
            ..Self::of(outcomes, drift)
        }
    }
}

fn outcome(column: &str, expected: &str, found: &str, met: bool, level: Level) -> Outcome {
    Outcome {
        column: Some(column.to_owned()),
        expected: expected.to_owned(),
        found: found.to_owned(),
        met,
        level,
    }
}

fn column(expected: &ColumnExpectations, column: &ColumnProfile, outcomes: &mut Vec<Outcome>) {
    let name = column.name.as_str();
    if let Some(kind) = &expected.kind {
        let is_number = ["integer", "float", "decimal"].contains(&column.kind.as_str());
        let met = *kind == column.kind || (kind == "number" && is_number);
        outcomes.push(outcome(
            name,
            &format!("type is {kind}"),
            &column.kind,
            met,
            Level::Error,
        ));
    }
    if expected.unique {
        let met = column.key.is_some();
        let found = match column.key {
            Some(Likelihood::Certain) => "no value comes twice".to_owned(),
            Some(Likelihood::Likely) => "none was seen twice".to_owned(),
            None => format!(
                "{} distinct of {}",
                number(column.distinct.value),
                number((column.count + column.missing) as f64)
            ),
        };
        outcomes.push(outcome(
            name,
            "no value comes twice, none is missing",
            &found,
            met,
            Level::Error,
        ));
    }
    if let Some(categories) = &expected.values {
        outcomes.push(only(categories, column));
    }
    for (statistic, bound) in &expected.statistics {
        outcomes.push(bounded(
            Some(name),
            statistic,
            self::statistic(column, statistic),
            bound,
        ));
    }
}

fn only(categories: &Categories, column: &ColumnProfile) -> Outcome {
    let shown: Vec<String> = categories.only.iter().take(8).map(plain).collect();
    let more = if categories.only.len() > 8 { ", …" } else { "" };
    let expected = format!("only {}{more}", shown.join(", "));
    let others: Vec<String> = match &column.categories {
        Some(values) => values
            .iter()
            .filter(|value| !categories.only.contains(value))
            .map(plain)
            .collect(),
        None => vec![format!("{} distinct values", number(column.distinct.value))],
    };
    let found = if others.is_empty() {
        "no other".to_owned()
    } else {
        others.iter().take(8).cloned().collect::<Vec<_>>().join(", ")
    };
    outcome(
        &column.name,
        &expected,
        &found,
        others.is_empty(),
        categories.level,
    )
}

/// The columns that have drifted, without those that nobody is to look at.
fn names(expected: &DriftExpectation, drift: &Drift) -> Vec<String> {
    let columns = drift
        .columns
        .iter()
        .filter(|column| column.verdict == Verdict::Drifted);
    columns
        .map(|column| column.column.clone())
        .filter(|name| !expected.but.contains(name))
        .filter(|name| expected.only.is_empty() || expected.only.contains(name))
        .collect()
}

fn few_drifted(expected: &DriftExpectation, names: &[String]) -> Outcome {
    Outcome {
        column: None,
        expected: match expected.max_columns {
            0 => "no column has drifted from the baseline".to_owned(),
            most => format!("up to {most} columns have drifted from the baseline"),
        },
        found: if names.is_empty() {
            "none".to_owned()
        } else {
            names.join(", ")
        },
        met: names.len() <= expected.max_columns,
        level: expected.level,
    }
}

/// What came of a rule whose number is to lie in an interval.
pub fn bounded(column: Option<&str>, statistic: &str, found: Option<f64>, bound: &Bound) -> Outcome {
    let interval = match (bound.min, bound.max) {
        (Some(min), Some(max)) if min == max => format!("is {}", number(min)),
        (Some(min), Some(max)) => format!("is from {} to {}", number(min), number(max)),
        (Some(min), None) => format!("is at least {}", number(min)),
        (None, Some(max)) => format!("is at most {}", number(max)),
        (None, None) => "is known".to_owned(),
    };
    let inside =
        |value: f64| bound.min.is_none_or(|min| value >= min) && bound.max.is_none_or(|max| value <= max);
    Outcome {
        column: column.map(str::to_owned),
        expected: format!("{statistic} {interval}"),
        found: found.map_or_else(|| "the column has no such statistic".to_owned(), number),
        met: found.is_some_and(inside),
        level: bound.level,
    }
}

/// The statistic of a name, as [`ColumnExpectations::statistics`] lists them.
fn statistic(column: &ColumnProfile, name: &str) -> Option<f64> {
    let numbers = column.numbers.as_ref();
    let values = numbers.filter(|_| column.text.is_none());
    let lengths = numbers.filter(|_| column.text.is_some());
    let text = column.text.as_ref();
    let count = (column.count as f64).max(1.0);
    let end = |value: &Option<Value>| value.as_ref().and_then(Value::as_f64);
    if let Some(share) = name.strip_prefix("quantile ") {
        return numbers?.quantiles.get(share).copied();
    }
    if let Some(language) = name.strip_prefix("language ") {
        return text.map(|text| text.languages.get(language).copied().unwrap_or(0.0));
    }
    if let Some(pattern) = name.strip_prefix("pattern ") {
        return text.map(|text| text.patterns.get(pattern).copied().unwrap_or(0.0));
    }
    if let Some(value) = name.strip_prefix("share of ") {
        let top = column.top.iter().find(|top| plain(&top.value) == value);
        return Some(top.map_or(0.0, |top| top.count as f64 / count));
    }
    match name {
        "missing_share" => Some(column.missing_share()),
        "distinct" => Some(column.distinct.value),
        "min" => end(&column.min),
        "max" => end(&column.max),
        "mean" => values?.mean,
        "standard_deviation" => values?.standard_deviation,
        "skewness" => values?.skewness,
        "kurtosis" => values?.kurtosis,
        "zero_share" => Some(values?.zeros as f64 / count),
        "negative_share" => Some(values?.negative as f64 / count),
        "nan" => Some(values?.nan as f64),
        "infinite" => Some(values?.infinite as f64),
        "length_mean" => lengths?.mean,
        "length_max" => column
            .histogram
            .as_ref()
            .and_then(|histogram| histogram.edges.last().copied())
            .filter(|_| lengths.is_some()),
        "empty_share" => Some((text?.empty + text?.blank) as f64 / count),
        "words" => Some(text?.words),
        "word_length" => Some(text?.word_length),
        "stop_words" => Some(text?.stop_words),
        "sentiment" => text?.sentiment,
        _ => None,
    }
}

/// Types that a column may be expected to have, as profiles name them, and `number` for any of the three.
const KINDS: [&str; 13] = [
    "boolean",
    "integer",
    "decimal",
    "float",
    "number",
    "date",
    "timestamp",
    "time",
    "text",
    "binary",
    "list",
    "empty",
    "other",
];

/// Names that [`statistic`] knows.
const NAMES: [&str; 19] = [
    "missing_share",
    "distinct",
    "min",
    "max",
    "mean",
    "standard_deviation",
    "skewness",
    "kurtosis",
    "zero_share",
    "negative_share",
    "nan",
    "infinite",
    "length_mean",
    "length_max",
    "empty_share",
    "words",
    "word_length",
    "stop_words",
    "sentiment",
];
/// Beginnings of names that go on with a value.
const PREFIXES: [&str; 4] = ["quantile ", "language ", "pattern ", "share of "];

impl Expectations {
    /// What is written here and means nothing, as sentences: a slip would pass for an expectation that is never met.
    pub fn mistakes(&self) -> Vec<String> {
        let mut found = Vec::new();
        let says_nothing = Self {
            path: self.path.clone(),
            tables: self.tables.clone(),
            ..Self::default()
        };
        if *self == says_nothing {
            found.push("nothing is expected in it".to_owned());
        }
        let paths = self.path.iter().chain(self.tables.values());
        let climbs = |path: &str| path.starts_with('/') || path.split('/').any(|part| part == "..");
        found.extend(
            paths
                .filter(|path| climbs(path))
                .map(|path| format!("the path `{path}` does not lie in the data")),
        );
        for (name, rule) in &self.rules {
            if rule.sql.trim().is_empty() {
                found.push(format!("rule `{name}` has no `sql`"));
            }
        }
        for (column, expected) in &self.columns {
            if let Some(kind) = expected.kind.as_deref().filter(|kind| !KINDS.contains(kind)) {
                found.push(format!(
                    "column `{column}`: there is no type `{kind}`; there are {}",
                    KINDS.join(", ")
                ));
            }
            for (name, bound) in &expected.statistics {
                if !NAMES.contains(&name.as_str()) && !PREFIXES.iter().any(|prefix| name.starts_with(prefix))
                {
                    found.push(format!(
                        "column `{column}`: there is no statistic `{name}`; there are {}",
                        NAMES.join(", ")
                    ));
                }
                if bound.min.zip(bound.max).is_some_and(|(min, max)| min > max) {
                    found.push(format!(
                        "column `{column}`: the least `{name}` is greater than the greatest"
                    ));
                }
            }
        }
        found
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
