//! Which names are good ones.

use crate::{Error, Result};

/// The rule for the names of jobs, assets, datastores and compute, in words.
pub const NAME_RULE: &str = "a name starts with a letter or a digit and goes on with letters, digits, `-`, `_` and `.`, at most 255 in all";

/// Checks the name of a job, an asset, a datastore or a compute.
///
/// # Errors
/// Invalid, with the rule.
pub fn check(noun: &str, name: &str) -> Result<()> {
    let mut chars = name.chars();
    let starts = chars.next().is_some_and(|first| first.is_ascii_alphanumeric());
    let goes_on = chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if starts && goes_on && name.len() <= 255 {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "failed to use {name:?} as the name of a {noun}: {NAME_RULE}"
    )))
}

/// The name under which a workspace is known, of the name by which a request calls it.
pub(crate) fn same_workspace(given: &str) -> std::borrow::Cow<'_, str> {
    match given
        .bytes()
        .any(|byte| byte.is_ascii_uppercase() || byte == b'_')
    {
        true => given.to_ascii_lowercase().replace('_', "-").into(),
        false => given.into(),
    }
}

/// Makes the workspace name of a name as Azure has it: lower case, `-` for `_`.
///
/// # Errors
/// Invalid, when what comes out does not follow the rule of workspace names.
pub fn workspace(given: &str) -> Result<String> {
    let name = given.to_ascii_lowercase().replace('_', "-");
    let inner = name
        .chars()
        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    let reserved = ["workspaces", "api", "ajax-api", "static-files"].contains(&name.as_str());
    if inner && !reserved && (2..=63).contains(&name.len()) && !name.starts_with('-') && !name.ends_with('-')
    {
        return Ok(name);
    }
    Err(Error::invalid(format!(
        "failed to use {given:?} as a workspace name: 2 to 63 small letters, digits and `-`, with no `-` at an end, \
         and not one of workspaces, api, ajax-api, static-files"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_odd_characters_are_refused() {
        for good in ["a", "train-7", "a.b_c", "0x"] {
            assert!(check("job", good).is_ok(), "{good}");
        }
        for bad in ["", "-a", ".a", "a/b", "a b", "ä", "a\0", "..", &"a".repeat(256)] {
            assert!(check("job", bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn azure_workspace_names_are_lowercased() {
        assert_eq!(workspace("My_Team").expect("good"), "my-team");
        for bad in ["a", "-ab", "ab-", "api", "a b", "ä-ä"] {
            assert!(workspace(bad).is_err(), "{bad:?}");
        }
    }
}
