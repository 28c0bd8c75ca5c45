//! What a specification means as a whole, checked as the command line checks it.

use tidemill_spec::kinds::Spec;
use tidemill_spec::validate;

use crate::{Error, Result};

/// Checks a specification that came as JSON.
///
/// # Errors
/// Invalid, with everything that is wrong and the first hint.
pub fn check(spec: &Spec) -> Result<()> {
    let problems = validate::check(spec);
    if problems.is_empty() {
        return Ok(());
    }
    let told: Vec<String> = problems
        .iter()
        .map(|problem| match problem.path.to_string() {
            path if path.is_empty() => problem.message.clone(),
            path => format!("{path}: {}", problem.message),
        })
        .collect();
    let error = Error::invalid(format!("failed to accept the specification: {}", told.join("; ")));
    Err(match problems.into_iter().find_map(|problem| problem.hint) {
        Some(hint) => error.hint(hint),
        None => error,
    })
}
