//! A validation as a page: what was not met first, then the rest, then the profile with its pictures.

use std::fmt::Write;

use super::page::{escaped, page};
use crate::expect::{Level, Validation};
use crate::profile::Profile;

/// The page; `title` says what was validated.
pub fn validation(title: &str, validation: &Validation, profile: &Profile) -> String {
    let verdict = if validation.passed {
        "<b class=ok>passed</b>"
    } else {
        "<b class=warn>failed</b>"
    };
    let mut body = format!(
        "<p class=\"lead\">{verdict}: {} errors, {} warnings, {} expectations</p><table><tr><th>Column<th>Expected<th>Found<th></tr>",
        validation.errors,
        validation.warnings,
        validation.outcomes.len()
    );
    for outcome in &validation.outcomes {
        let word = match (outcome.met, outcome.level) {
            (true, _) => "<span class=ok>met</span>",
            (false, Level::Error) => "<b class=warn>error</b>",
            (false, Level::Warning) => "<span class=warn>warning</span>",
        };
        let _ = write!(
            body,
            "<tr><td>{}<td>{}<td>{}<td>{word}</tr>",
            escaped(outcome.column.as_deref().unwrap_or("(table)")),
            escaped(&outcome.expected),
            escaped(&outcome.found)
        );
    }
    body += "</table>";
    if let Some(drift) = &validation.drift {
        body += "<h2>Against the baseline</h2>";
        body += &super::drift::body(drift);
    }
    body += "<h2>The table</h2>";
    body += &super::profile::body(profile);
    page(title, &body)
}
