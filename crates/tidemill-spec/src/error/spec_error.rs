//! Errors with their place, rendered the way a good compiler does.

use std::fmt;
use std::path::PathBuf;

use super::problem::Problem;
use crate::yaml::{SourceMap, Span};

/// One error in something that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecError {
    /// The file, as it was named.
    pub file: PathBuf,
    /// Line, from 1; 0 where the value came from the command line.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// The field, such as `jobs.train.inputs.x`; empty for the whole document.
    pub field: String,
    /// What was found, what was expected.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
    /// The line as it was written, and how many characters of it are meant.
    pub excerpt: Option<(String, u32)>,
}

impl SpecError {
    /// Puts a problem at its place.
    pub fn place(problem: Problem, span: Span, sources: &SourceMap) -> Self {
        Self {
            file: sources
                .get(span.file)
                .map(|source| source.path.clone())
                .unwrap_or_default(),
            line: span.line,
            column: span.column,
            field: problem.path.to_string(),
            message: problem.message,
            hint: problem.hint,
            excerpt: sources.line(span).map(|line| (line.to_owned(), span.length)),
        }
    }
}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "error: {}", self.message)?;
        let margin = " ".repeat(self.line.to_string().len());
        if self.line == 0 {
            writeln!(f, "{margin}--> {}", self.file.display())?;
        } else {
            writeln!(
                f,
                "{margin}--> {}:{}:{}",
                self.file.display(),
                self.line,
                self.column
            )?;
        }
        if let Some((line, length)) = &self.excerpt {
            let shown: String = line
                .chars()
                .take(200)
                .map(|c| if c.is_control() { ' ' } else { c })
                .collect();
            let room = u32::try_from(shown.chars().count()).unwrap_or(0);
            writeln!(f, "{margin} |")?;
            writeln!(f, "{} | {}", self.line, shown.trim_end())?;
            if self.column <= room + 1 {
                let carets = (*length).min(room + 1 - self.column).max(1) as usize;
                let indent = " ".repeat(self.column.saturating_sub(1) as usize);
                writeln!(f, "{margin} | {indent}{}", "^".repeat(carets))?;
            }
        }
        if !self.field.is_empty() {
            writeln!(f, "{margin} = field: {}", self.field)?;
        }
        if let Some(hint) = &self.hint {
            writeln!(f, "{margin} = help: {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for SpecError {}

/// All errors that one pass has found; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecErrors(pub Vec<SpecError>);

impl SpecErrors {
    /// The first error.
    pub fn first(&self) -> Option<&SpecError> {
        self.0.first()
    }
}

impl From<SpecError> for SpecErrors {
    fn from(error: SpecError) -> Self {
        Self(vec![error])
    }
}

impl fmt::Display for SpecErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, error) in self.0.iter().enumerate() {
            if place > 0 {
                writeln!(f)?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for SpecErrors {}
