//! The rules for names.

/// The rule for names of jobs and assets, as it is told to people.
pub const NAME_RULE: &str = "a name starts with a letter or a digit, has only letters, digits, `.`, `_` and `-`, and at most 255 characters";

/// True for a name that is safe as a part of paths and URLs: `^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$`.
pub fn is_safe_name(name: &str) -> bool {
    name.len() <= 255
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
}

/// True for a name that Azure ML's SDK accepts for a component: `^[a-z][a-z0-9_]*$`.
pub fn is_component_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn safe_names_cannot_climb() {
        for good in ["a", "A1", "my-data_2.v1", "0"] {
            assert!(is_safe_name(good), "{good}");
        }
        for bad in ["", ".", "..", "-x", "a/b", "a b", "ä", "a\n", &"a".repeat(256)] {
            assert!(!is_safe_name(bad), "{bad}");
        }
        assert!(is_component_name("train_2") && !is_component_name("r-iris"));
    }
}
