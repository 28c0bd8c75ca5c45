//! A problem or a warning about a field, before it is known where in a file that field stands.

use serde::{Deserialize, Serialize};

use super::path::FieldPath;

/// Something wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The field.
    pub path: FieldPath,
    /// What was found and what was expected.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
    /// It is the field's name that is wrong, not its value.
    pub of_name: bool,
}

impl Problem {
    /// A problem of the whole document.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            path: FieldPath::default(),
            message: message.into(),
            hint: None,
            of_name: false,
        }
    }

    /// The same, about the field's name rather than its value.
    #[must_use]
    pub fn of_name(mut self) -> Self {
        self.of_name = true;
        self
    }

    /// The same, at a field.
    #[must_use]
    pub fn at(mut self, path: FieldPath) -> Self {
        self.path = path;
        self
    }

    /// The same, with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same, with a hint where there is one to give.
    #[must_use]
    pub fn maybe_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint.or(self.hint);
        self
    }

    /// The same, with a hint unless it has one.
    #[must_use]
    pub fn hint_if_none(mut self, hint: String) -> Self {
        self.hint.get_or_insert(hint);
        self
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.path.is_root() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

/// A field that was read, but does not do what its writer may expect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// The field's path, as in `jobs.train.resources.shm_size`.
    pub field: String,
    /// Why, in one sentence without a full stop.
    pub why: String,
}

impl Warning {
    /// A warning about a field.
    pub fn new(field: impl ToString, why: impl Into<String>) -> Self {
        Self {
            field: field.to_string(),
            why: why.into(),
        }
    }
}

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}`: {}", self.field, self.why)
    }
}
