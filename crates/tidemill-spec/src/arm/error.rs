//! What is wrong with a template: where in it, and what.

/// What is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}{}", place(.path, *.line))]
pub struct ArmError {
    /// Where in the template, such as `resources[2].properties.size`; empty for the whole of it.
    pub path: String,
    /// The line, where it is known.
    pub line: Option<u32>,
    /// What is wrong.
    pub message: String,
}

fn place(path: &str, line: Option<u32>) -> String {
    match (path, line) {
        ("", None) => String::new(),
        ("", Some(line)) => format!(" (line {line})"),
        (path, None) => format!(" (at {path})"),
        (path, Some(line)) => format!(" (at {path}, line {line})"),
    }
}

/// A result of reading or evaluating a template.
pub type Result<T, E = ArmError> = std::result::Result<T, E>;

impl ArmError {
    /// An error of which the place is not known yet.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            path: String::new(),
            line: None,
            message: message.into(),
        }
    }

    /// The same, within something.
    #[must_use]
    pub fn within(mut self, outer: &str) -> Self {
        self.path = match self.path.as_str() {
            "" => outer.to_owned(),
            inner if inner.starts_with('[') => format!("{outer}{inner}"),
            inner => format!("{outer}.{inner}"),
        };
        self
    }
}
