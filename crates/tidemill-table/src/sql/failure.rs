//! Why a query has no answer, in words for the one who wrote it.

use std::fmt;

use datafusion::error::DataFusionError;
use serde::{Deserialize, Serialize};

/// Why a query has no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The kind of it.
    pub reason: Reason,
    /// What happened.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
}

/// The kind of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The SQL cannot be read, names what is not there, or meets values that it does not fit.
    Invalid,
    /// It would do something else than read.
    Refused,
    /// A table cannot be read.
    Table,
    /// It needs more memory, disk or answer than it may have.
    Resources,
    /// It ran for too long.
    Time,
}

impl Failure {
    pub(crate) fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
            hint: None,
        }
    }

    pub(crate) fn invalid(message: impl fmt::Display) -> Self {
        Self::new(Reason::Invalid, format!("failed to run the query: {message}"))
    }

    pub(crate) fn refused(message: impl fmt::Display) -> Self {
        Self::new(Reason::Refused, format!("failed to run the query: {message}"))
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl From<crate::Error> for Failure {
    fn from(error: crate::Error) -> Self {
        Self {
            reason: Reason::Table,
            message: error.to_string(),
            hint: error.hint,
        }
    }
}

/// The error of a table that lies at the root of another one.
pub(super) fn of_table(error: &DataFusionError) -> Option<&crate::Error> {
    match error.find_root() {
        DataFusionError::External(inner) => inner.downcast_ref(),
        _ => None,
    }
}

impl From<DataFusionError> for Failure {
    fn from(error: DataFusionError) -> Self {
        if let Some(table) = of_table(&error) {
            return table.clone().into();
        }
        let root = error.find_root();
        if let DataFusionError::External(inner) = root
            && let Some(own) = inner.downcast_ref::<Failure>()
        {
            return own.clone();
        }
        let text = root.strip_backtrace();
        // The kind stands before the words; these say enough.
        let words = [
            "Error during planning: ",
            "Schema error: ",
            "SQL error: ",
            "Execution error: ",
            "Arrow error: ",
            "This feature is not implemented: ",
            "Resources exhausted: ",
            "Optimizer rule 'simplify_expressions' failed\ncaused by\n",
        ]
        .iter()
        .fold(text.as_str(), |text, kind| {
            text.strip_prefix(kind).unwrap_or(text)
        });
        let words = words
            .strip_prefix("ParserError(\"")
            .and_then(|words| words.strip_suffix("\")"))
            .unwrap_or(words)
            .replace("\\\"", "\"");
        match root {
            _ if is_exhausted(root) => Self::new(
                Reason::Resources,
                format!("failed to run the query: it needs more memory or disk than it may have: {}", first_line(&words)),
            )
            .with_hint("group by fewer values, join less, or select fewer columns; limits are settings of the server"),
            DataFusionError::Plan(_) if words.contains("not supported: ") => Self::refused(format!(
                "it would change something ({})",
                words.to_lowercase()
            ))
            .with_hint("queries read; make a new version with `tidemill data create`, or with a job"),
            _ => match missing_table(&words) {
                Some(table) => Self::invalid(format!("there is no table `{table}`")),
                None => Self::invalid(words),
            },
        }
    }
}

/// The table that DataFusion did not find, by the name that was written.
fn missing_table(words: &str) -> Option<&str> {
    let name = words.strip_prefix("table '")?.strip_suffix("' not found")?;
    Some(name.strip_prefix("datafusion.public.").unwrap_or(name))
}

/// Whether memory or disk ran out; the latter comes as an error of writing.
pub(super) fn is_exhausted(root: &DataFusionError) -> bool {
    matches!(root, DataFusionError::ResourcesExhausted(_))
        || root.to_string().contains("used disk space during the spilling")
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or(text)
}
