//! Names of assets, jobs, inputs and outputs.

use crate::error::{FieldPath, Problem};
use crate::value::{NAME_RULE, is_safe_name};

/// Names that a path cannot carry.
fn check_name(name: &str, path: FieldPath, problems: &mut Vec<Problem>) {
    if !is_safe_name(name) {
        let shown: String = name.chars().take(60).collect();
        problems.push(
            Problem::new(format!("`{shown}` is not a name that can be used"))
                .at(path)
                .hint(NAME_RULE),
        );
    }
}

pub(super) fn check_optional(name: Option<&str>, at: &FieldPath, problems: &mut Vec<Problem>) {
    if let Some(name) = name {
        check_name(name, at.key("name"), problems);
    }
}

pub(super) fn check_needed(name: Option<&str>, what: &str, problems: &mut Vec<Problem>) {
    match name {
        Some(name) => check_name(name, FieldPath::field("name"), problems),
        None => problems.push(
            Problem::new(format!("{what} needs a name"))
                .hint("write `name: <name>`, or give `--name` on the command line"),
        ),
    }
}

/// A version is a part of paths too.
pub(super) fn check_version(version: Option<&str>, at: &FieldPath, problems: &mut Vec<Problem>) {
    if let Some(version) = version
        && !is_safe_name(version)
    {
        let problem = Problem::new(format!("`{version}` is not a version that can be used"));
        problems.push(
            problem
                .at(at.key("version"))
                .hint("a version follows the rule of names, as in `1` or `2024-05-01`"),
        );
    }
}

/// Names of inputs and outputs become parts of expressions and of paths.
pub(super) fn check_port_names<'a>(
    names: impl IntoIterator<Item = &'a String>,
    at: &FieldPath,
    problems: &mut Vec<Problem>,
) {
    for name in names {
        let good = !name.is_empty()
            && name.len() <= 255
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
            && !name.starts_with('.');
        if !good {
            problems.push(
                Problem::new(format!(
                    "`{name}` is not a name that an input or an output can have"
                ))
                .at(at.key(name))
                .hint("use letters, digits, `_` and `-`"),
            );
        }
    }
}
